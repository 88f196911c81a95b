"""Who may hear a session, and what is left of it when connections come and go in the middle of attaching."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, cast

import pytest
import pytest_asyncio

from palaver.contracts.actors import Role
from palaver.contracts.client_protocol import Attach
from palaver.contracts.context import USAGE_CHANGED
from palaver.contracts.deltas import encode_delta
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.gateway import session_log_at
from palaver.contracts.ids import SessionId, SignInId, TurnId, UserId, WorkerId, new_id
from palaver.contracts.model_router import TURN_DELTA, TURN_SNAPSHOT, ReadSnapshots, Snapshot, Snapshots
from palaver.contracts.session import ATTACH_READ, AttachState, RunningTurn
from palaver.contracts.session_log import SessionStateChanged, StateChange
from palaver.contracts.streams import MAX_PAYLOAD_BYTES
from palaver.contracts.testing import NOW, session_view, turn_ref
from palaver.gateway.people import Person
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.traffic import Traffic
from palaver.gateway.settings import RealtimeSettings
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable

SESSION = new_id()
SETTINGS = RealtimeSettings.model_validate({})
Heard = Callable[[bytes], None]
Answer = Callable[[Any], Awaitable[Any]]


class Hearing:
    """A subscription."""

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self.open = True

    async def unsubscribe(self) -> None:
        self.open = False


class Wires:
    """Stands where the broker stands: subjects that are heard, questions answered as the test wants."""

    def __init__(self) -> None:
        self.nc = self
        self.subscriptions: list[tuple[str, Hearing]] = []
        self.answers: dict[str, Answer] = {}
        self.reachable = asyncio.Event()
        self.reachable.set()
        self.asked = 0

    async def subscribe_directly(self, subject: str, heard: Heard) -> Hearing:
        hearing = Hearing(heard)
        self.subscriptions.append((subject, hearing))
        return hearing

    async def ping(self) -> None:
        await self.reachable.wait()

    async def ask(self, query: Any, request: Any, *_keys: str) -> Any:
        self.asked += 1
        return await self.answers[query.address.stem](request)

    async def say(self, subject: str, data: bytes) -> None:
        for heard, hearing in list(self.subscriptions):
            if heard == subject and hearing.open:
                hearing.heard(data)

    @property
    def open(self) -> list[str]:
        return [subject for subject, hearing in self.subscriptions if hearing.open]


class Socket:
    """A client's end that takes everything at once."""

    on_writable: Callable[[], None] | None = None
    is_writable = True
    buffered_bytes = 0

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_frames(self, frames: Sequence[bytes]) -> None:
        self.sent.extend(frames)

    def close(self, code: int, reason: str = "") -> None: ...

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(frame) for frame in self.sent]


class Client:
    """A connection and what came out of it."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.socket = Socket()
        person = Person(UserId(new_id()), SignInId(new_id()), Role.MEMBER, "Ada", 2e9)
        self.connection = Connection(
            new_id(), person, self.socket, settings=SETTINGS, traffic=Traffic(), on_drained=relay.refresh
        )

    def attach(self, request_id: str) -> "asyncio.Task[None]":
        return asyncio.ensure_future(self.relay.attach(self.connection, Attach(id=request_id, session_id=SESSION)))

    async def heard(self) -> list[dict[str, Any]]:
        await settled()
        return self.socket.frames


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def state(*running: RunningTurn) -> AttachState:
    view = session_view(id=SessionId(SESSION))
    return AttachState(session=view, epoch="e", head_seq=3, recovered=False, running=running)


def turn(worker: str) -> RunningTurn:
    ref = turn_ref(turn_id=TurnId(new_id()))
    return RunningTurn(
        session_id=SessionId(SESSION), turn=ref, attempt=1, rank=None, worker=WorkerId(worker), checkpoint="so f"
    )


async def granted(_request: Any) -> AttachState:
    return state()


def gated(gate: asyncio.Event, outcome: AttachState | Exception) -> Answer:
    async def answer(_request: Any) -> AttachState:
        await gate.wait()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return answer


NOT_FOUND = Failure(ErrorCode.SESSION_NOT_FOUND, "There is no such session.")
ENTRY = json.dumps({"type": "event", "epoch": "e", "seq": 4, "name": "title.set", "data": {}}).encode()
NOTICE = json.dumps({"type": "notice", "name": "context.usage", "session_id": SESSION}).encode()


@pytest.fixture
def wires() -> Wires:
    made = Wires()
    made.answers[ATTACH_READ.address.stem] = granted
    return made


@pytest_asyncio.fixture
async def relay(wires: Wires) -> AsyncIterator[Relay]:
    made = Relay(cast("Broker", wires), SETTINGS, Traffic())
    yield made
    await made.stop()


# ---- who may hear ----------------------------------------------------------------------------------------------------
async def say_something(wires: Wires) -> None:
    await wires.say(session_log_at(SESSION), ENTRY)
    await wires.say(TURN_DELTA.at(SESSION), encode_delta(new_id(), 1, 0, "secret"))
    await wires.say(USAGE_CHANGED.at(SESSION), NOTICE)


async def test_a_stranger_hears_nothing_while_session_has_not_said_whose_room_it_is(relay: Relay, wires: Wires) -> None:
    owner, stranger, gate = Client(relay), Client(relay), asyncio.Event()
    await owner.attach("a")
    wires.answers[ATTACH_READ.address.stem] = gated(gate, NOT_FOUND)
    attaching = stranger.attach("s")
    await settled()
    await say_something(wires)
    gate.set()
    with pytest.raises(Failure):
        await attaching
    assert await stranger.heard() == []
    assert {frame["type"] for frame in await owner.heard()} == {"attached", "event", "notice"}


async def test_a_stranger_who_asks_twice_during_an_outage_hears_nothing(relay: Relay, wires: Wires) -> None:
    owner, stranger, gate = Client(relay), Client(relay), asyncio.Event()
    await owner.attach("a")
    wires.answers[ATTACH_READ.address.stem] = gated(gate, Unavailable("session"))
    attaching = [stranger.attach("s1"), stranger.attach("s2")]
    await settled()
    await say_something(wires)
    gate.set()
    for attempt in attaching:
        with pytest.raises(Failure):
            await attempt
    assert await stranger.heard() == []


async def test_who_was_let_in_before_an_outage_misses_nothing_of_it(relay: Relay, wires: Wires) -> None:
    owner, gate = Client(relay), asyncio.Event()
    await owner.attach("a")
    wires.answers[ATTACH_READ.address.stem] = gated(gate, Unavailable("session"))
    again = owner.attach("b")
    await settled()
    await wires.say(session_log_at(SESSION), ENTRY)
    gate.set()
    with pytest.raises(Failure):
        await again
    assert [frame.get("seq") for frame in await owner.heard()] == [None, 4]


# ---- coming and going in the middle ----------------------------------------------------------------------------------
async def test_nothing_is_left_of_a_client_that_goes_while_its_session_is_being_opened(
    relay: Relay, wires: Wires
) -> None:
    client = Client(relay)
    wires.reachable.clear()
    attaching = client.attach("a")
    await settled()
    client.connection.mark_closed()
    relay.leave(client.connection)
    await settled()
    wires.reachable.set()
    await asyncio.gather(attaching, return_exceptions=True)
    await settled()
    assert wires.open == []
    assert list(relay.rooms) == []


async def test_nothing_is_left_of_a_client_that_goes_before_its_attach_begins(relay: Relay, wires: Wires) -> None:
    client = Client(relay)
    attaching = client.attach("a")
    client.connection.mark_closed()
    relay.leave(client.connection)
    await asyncio.gather(attaching, return_exceptions=True)
    await settled()
    assert wires.open == []
    assert list(relay.rooms) == []


async def test_an_attach_is_answered_although_the_session_was_detached_meanwhile(relay: Relay, wires: Wires) -> None:
    client, gate = Client(relay), asyncio.Event()
    wires.answers[ATTACH_READ.address.stem] = gated(gate, state())
    attaching = client.attach("a")
    await settled()
    relay.detach(client.connection, SESSION)
    gate.set()
    with pytest.raises(Failure) as refusal:
        await attaching
    assert refusal.value.code is ErrorCode.NOT_ATTACHED


async def test_an_attach_that_fails_late_does_not_end_a_newer_one(relay: Relay, wires: Wires) -> None:
    client, gate = Client(relay), asyncio.Event()
    wires.answers[ATTACH_READ.address.stem] = gated(gate, NOT_FOUND)
    older = client.attach("a")
    await settled()
    relay.detach(client.connection, SESSION)
    wires.answers[ATTACH_READ.address.stem] = granted
    await client.attach("b")
    gate.set()
    with pytest.raises(Failure):
        await older
    await wires.say(session_log_at(SESSION), ENTRY)
    assert [frame["type"] for frame in await client.heard()] == ["attached", "event"]


async def test_who_joins_with_an_older_answer_than_somebody_else_gets_what_lies_between(
    relay: Relay, wires: Wires
) -> None:
    """Both ask at once; an entry falls between the two answers, and the newer one is back first."""
    early, late, gate = Client(relay), Client(relay), asyncio.Event()
    change = SessionStateChanged(
        session_id=SessionId(SESSION),
        epoch="e",
        seq=4,
        at=NOW,
        data=StateChange(state="running", previous="awaiting_input"),
    )
    wires.answers[ATTACH_READ.address.stem] = gated(gate, state())
    attaching = early.attach("a")
    await settled()
    wires.answers[ATTACH_READ.address.stem] = gated_open(state().model_copy(update={"head_seq": 4}))
    await late.attach("b")
    await wires.say(session_log_at(SESSION), change.model_dump_json().encode())
    missed = state().model_copy(update={"head_seq": 4, "recovered": True, "entries": (change,)})
    wires.answers[ATTACH_READ.address.stem] = gated_open(missed)
    gate.set()
    await attaching
    assert [(frame["type"], frame.get("seq")) for frame in await early.heard()] == [("attached", None), ("event", 4)]
    assert [frame["type"] for frame in await late.heard()] == ["attached"]


# ---- running texts ---------------------------------------------------------------------------------------------------
async def test_a_question_to_a_worker_that_breaks_leaves_the_checkpoint_and_nobody_waiting(
    relay: Relay, wires: Wires
) -> None:
    async def broken(_request: Any) -> Any:
        raise RuntimeError("a defect")

    wires.answers[ATTACH_READ.address.stem] = gated_open(state(turn("w1")))
    wires.answers[TURN_SNAPSHOT.address.stem] = broken
    client = Client(relay)
    async with asyncio.timeout(10):
        await client.attach("a")
    (attached,) = await client.heard()
    assert [live["text"] for live in attached["live"]] == ["so f"]


async def test_many_long_texts_of_one_worker_are_asked_for_in_answers_that_the_broker_takes(
    relay: Relay, wires: Wires
) -> None:
    text = "語" * 256 * 1024

    async def snapshots(request: ReadSnapshots) -> Snapshots:
        answer = Snapshots(turns=tuple(Snapshot(turn_id=turn_id, attempt=1, text=text) for turn_id in request.turns))
        if len(answer.model_dump_json().encode()) > MAX_PAYLOAD_BYTES:
            raise Failure(ErrorCode.MESSAGE_TOO_LONG, "This is too large to be sent.")
        return answer

    wires.answers[ATTACH_READ.address.stem] = gated_open(state(*(turn("w1") for _ in range(12))))
    wires.answers[TURN_SNAPSHOT.address.stem] = snapshots
    client = Client(relay)
    await client.attach("a")
    (attached,) = await client.heard()
    assert [live["text"] for live in attached["live"]] == [text] * 12


def gated_open(outcome: AttachState) -> Answer:
    opened = asyncio.Event()
    opened.set()
    return gated(opened, outcome)
