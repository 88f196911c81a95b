"""One schedule on a running product: arm the providers, let people talk, break things, wait for quiet, collect."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncpg

from faultlab import stores
from faultlab.checker import every_call_is_booked_once, sums_are_those_of_the_facts
from faultlab.injecting import Injector
from faultlab.journal import Journal, Posted, StopAsked, Stored
from faultlab.product import Product
from faultlab.reading import Device
from faultlab.schedule import READERS, Answer, Message, RoomPlan, Schedule, Stop
from palaver.contracts.client_protocol import Post
from palaver.contracts.client_protocol import Stop as StopFrame
from palaver.contracts.ids import SessionId, new_id
from palaver.contracts.session import NewParticipant
from palaver.contracts.session_log import TurnRef

SEND_AGAIN_SECONDS = 2.0
LOOK_SECONDS = 0.1
QUIET_LOOK_SECONDS = 0.3
PATIENCE_SECONDS = 90.0
"""From the end of the last fault until everything is quiet. What is not quiet by then hangs."""
BOOKING_SECONDS = 45.0
"""What was delivered to a process that was then killed comes again after the durable's `ack_wait`, thirty seconds."""


@dataclass(slots=True)
class _Room:
    plan: RoomPlan
    id: SessionId
    readers: list[Device]
    late: Device | None

    @property
    def devices(self) -> list[Device]:
        return [*self.readers, *([self.late] if self.late else [])]


class Run:
    """Runs one schedule; the journal is complete when `run` returns. `device` makes the clients."""

    def __init__(self, product: Product, schedule: Schedule, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._product = product
        self._patience_seconds = patience_seconds
        self._schedule = schedule
        self._injector = Injector(product)
        self._rooms: list[_Room] = []
        self._stops: list[tuple[_Room, Stop, TurnRef | None, float]] = []
        self.journal = Journal(f"schedule {schedule.seed}")

    async def run(self) -> Journal:
        """Whatever the product does wrong is in the journal. Raises Failure where it refuses a client for good."""
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            await self._prepare(stack)
            await self._act()
            await self._product.heal()
            await self._quiet()
            await self._collect()
        self.journal.seconds = time.monotonic() - began
        return self.journal

    # ---- before ------------------------------------------------------------------------------------------------------
    async def _prepare(self, stack: AsyncExitStack) -> None:
        await stores.forget_calls(self._product)
        for _, message in self._schedule.messages:
            for answer in message.answers:
                await self._arm(message, answer)
        opening = (self._open_room(stack, number, plan) for number, plan in enumerate(self._schedule.rooms))
        self._rooms = list(await asyncio.gather(*opening))
        self._injector.rooms = [room.id for room in self._rooms]

    async def _arm(self, message: Message, answer: Answer) -> None:
        for text in answer.texts:
            script = {
                "model": answer.model,
                "about": message.mark,
                "text": text,
                "first_token_seconds": answer.first_token_seconds,
                "tokens_per_second": answer.pieces_per_second,
            }
            (await self._product.control.post("/control/replies", json=script)).raise_for_status()
        if answer.fault is not None:
            fault = {
                "model": answer.model,
                "about": message.mark,
                "kind": answer.fault,
                "after_tokens": answer.fault_after,
                "seconds": answer.fault_seconds,
                "retry_after_seconds": answer.fault_seconds,
            }
            (await self._product.control.post("/control/faults", json=fault)).raise_for_status()

    async def _open_room(self, stack: AsyncExitStack, number: int, plan: RoomPlan) -> _Room:
        async def signed_in(gateway: int, name: str) -> Device:
            device = await stack.enter_async_context(Device(self._product.edge_url(gateway), name))
            await self._product.sign_in(device)
            return device

        wanted = [(gateway, f"reader {number}.{gateway}") for gateway in range(READERS)]
        if plan.late_at is not None:
            wanted.append((plan.late_gateway, f"late reader {number}"))
        readers = list(await asyncio.gather(*(signed_in(*device) for device in wanted)))
        late = readers.pop() if plan.late_at is not None else None
        seats = tuple(NewParticipant(model=model) for model in plan.models)
        session = await readers[0].rest.create_session(seats)
        await asyncio.gather(*(reader.follow(session.id) for reader in readers))
        return _Room(plan, session.id, readers, late)

    # ---- meanwhile ---------------------------------------------------------------------------------------------------
    async def _act(self) -> None:
        start = time.monotonic()
        last = max((f.at + f.seconds for f in self._schedule.faults), default=0.0)

        async def at(seconds: float) -> None:
            await asyncio.sleep(max(0.0, start + seconds - time.monotonic()))

        async def say(room: _Room, message: Message) -> None:
            await at(message.at)
            await self._say(room, message)

        async def join(device: Device, room: _Room, seconds: float) -> None:
            await at(seconds)
            await device.follow(room.id)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(last + self._patience_seconds), asyncio.TaskGroup() as group:
                breaking = [group.create_task(self._break(index, at)) for index in range(len(self._schedule.faults))]
                for room in self._rooms:
                    for message in room.plan.messages:
                        group.create_task(say(room, message))
                    if room.late is not None and room.plan.late_at is not None:
                        group.create_task(join(room.late, room, room.plan.late_at))
                await asyncio.gather(*breaking)

    async def _break(self, index: int, at: Callable[[float], Awaitable[None]]) -> None:
        fault = self._schedule.faults[index]
        await at(fault.at)
        self.journal.broken.append(await self._injector.inject(fault))

    async def _say(self, room: _Room, message: Message) -> None:
        posted = Posted(room.id, new_id(), message.text)
        self.journal.posts.append(posted)
        if message.stop is None:
            await self._post(room, message, posted)
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._post(room, message, posted))
            group.create_task(self._stop(room, message.stop, posted))

    async def _post(self, room: _Room, message: Message, posted: Posted) -> None:
        """As the SDK does it: sent until it is seen, here in several copies over several devices."""
        while posted.message_id is None:
            for device in itertools.islice(itertools.cycle(room.readers), message.copies):
                await device.send(
                    Post(
                        id=new_id(),
                        session_id=room.id,
                        client_message_id=posted.client_message_id,
                        content=posted.text,
                    )
                )
            again_at = time.monotonic() + SEND_AGAIN_SECONDS
            while posted.message_id is None and time.monotonic() < again_at:
                await asyncio.sleep(LOOK_SECONDS)
                self._look_for(room, posted)

    @staticmethod
    def _look_for(room: _Room, posted: Posted) -> None:
        for device in room.readers:
            posted.accepted |= posted.client_message_id in device.accepted
            for message in device.followed.transcript.messages.values():
                if message.client_message_id == posted.client_message_id:
                    posted.message_id = message.id

    async def _stop(self, room: _Room, stop: Stop, posted: Posted) -> None:
        device = room.readers[stop.reader]
        turns: list[TurnRef] = []
        while len(turns) < len(room.plan.models):
            await asyncio.sleep(LOOK_SECONDS)
            place = device.followed.transcript.round_of(posted.client_message_id)
            if place is not None:
                if place in device.followed.transcript.ended_rounds:
                    return  # dropped by the stop of an earlier one
                turns = [reply.turn for reply in device.followed.transcript.replies_in(*place)]
        await asyncio.sleep(stop.after_seconds)
        target = next(turn for turn in turns if turn.model == room.plan.models[0])
        while True:
            frame = StopFrame(
                id=new_id(),
                session_id=room.id,
                turn_id=target.turn_id if stop.scope == "turn" else None,
                participant_id=target.participant_id if stop.scope == "participant" else None,
            )
            await device.send(frame)
            again_at = time.monotonic() + SEND_AGAIN_SECONDS
            while time.monotonic() < again_at:
                await asyncio.sleep(LOOK_SECONDS)
                if frame.id in device.acknowledged:
                    self._stops.append((room, stop, target, time.monotonic()))
                    return

    # ---- after -------------------------------------------------------------------------------------------------------
    async def _quiet(self) -> None:
        """Wait until nothing moves any more and everybody has seen it, or until the patience is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_seconds):
                for room in self._rooms:
                    if room.late is not None and not room.late.follows:
                        await room.late.follow(room.id)
                while not self._everybody_is_up_to_date(await self._read()):  # noqa: ASYNC110 - asked of a database
                    await asyncio.sleep(QUIET_LOOK_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(BOOKING_SECONDS, self._patience_seconds / 2)):
                while not await self._is_booked():  # noqa: ASYNC110 - asked of a database
                    await asyncio.sleep(QUIET_LOOK_SECONDS)

    def _everybody_is_up_to_date(self, stored: Stored) -> bool:
        heads: dict[str, int] = {}
        for entry in stored.log:
            heads[entry.room] = max(entry.seq, heads.get(entry.room, 0))
        return (
            len(stored.messages) >= len(self.journal.posts)
            and stored.open_rounds == 0
            and all(turn.state == "ended" for turn in stored.turns)
            and all(entry.published for entry in stored.log)
            and all(d.followed.transcript.head_seq == heads.get(room.id) for room in self._rooms for d in room.devices)
        )

    async def _is_booked(self) -> bool:
        self.journal.stored, self.journal.calls = await self._read(), await stores.calls(self._product)
        return not any((*every_call_is_booked_once(self.journal), *sums_are_those_of_the_facts(self.journal)))

    async def _read(self) -> Stored:
        while True:
            try:
                return await stores.read(self._product, [room.id for room in self._rooms])
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(QUIET_LOOK_SECONDS)

    async def _collect(self) -> None:
        journal = self.journal
        journal.stored = await self._read()
        journal.calls = await stores.calls(self._product)
        journal.readers = [device.report() for room in self._rooms for device in room.devices if device.follows]
        for room, stop, target, at in self._stops:
            journal.stops.append(StopAsked(room.id, self._covered(room, stop, target), at))

    def _covered(self, room: _Room, stop: Stop, target: TurnRef | None) -> tuple[str, ...]:
        """Turns that the stop may have ended: later ones of the same scope, too, for it may have been sent twice."""
        own = [turn for turn in self.journal.stored.turns if turn.room == room.id]
        if stop.scope == "all" or target is None:
            return tuple(turn.id for turn in own)
        if stop.scope == "participant":
            return tuple(turn.id for turn in own if turn.model == target.model)
        return (target.turn_id,)
