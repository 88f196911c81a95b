"""How a round goes: the director says who speaks, turns are requested, each ends once, the next step or round follows.

Everything here happens inside one locked room.
"""

from collections.abc import Sequence
from datetime import timedelta

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import MessageId, TurnId, new_id
from palaver.contracts.session_log import (
    Participant,
    Reply,
    ReplyAppended,
    ReplyEnd,
    RoundEnd,
    RoundEnded,
    RoundFinish,
    RoundStart,
    RoundStarted,
    TurnEnd,
    TurnFailed,
    TurnRef,
    TurnRequested,
    TurnStopped,
)
from palaver.session.directors import (
    Director,
    DirectorEvent,
    Directors,
    EndRound,
    RoundOpened,
    Speak,
    Speaker,
    StepEnded,
    TurnResult,
)
from palaver.session.domain import Ending, Replied, Round, Silent, Turn, TurnEnding, seed_of
from palaver.session.lifecycle import Trigger
from palaver.session.metrics import SessionMetrics
from palaver.session.room import Room
from palaver.session.store import claims
from palaver.session.titling import Titling


class Rounds:
    """Runs rounds by the room's director. Whatever its mode, one has `max_steps` steps and `max_seconds` at most."""

    def __init__(
        self, directors: Directors, titling: Titling, metrics: SessionMetrics, *, max_steps: int, max_seconds: float
    ) -> None:
        self._directors = directors
        self._titling = titling
        self._metrics = metrics
        self._max_steps = max_steps
        self._max_time = timedelta(seconds=max_seconds)

    # ---- beginning -----------------------------------------------------------------------------------------------
    async def begin(self, room: Room, opened: Round) -> None:
        """Run a round whose row exists; no other runs."""
        room.move(Trigger.ROUND_STARTED)
        room.change(current_round=opened.number)
        start = RoundStart(branch=opened.branch, round=opened.number, message_id=opened.message_id)
        room.record(RoundStarted, start)
        speakers = opened.speakers(await room.seats())
        if not speakers:  # everyone addressed was muted or removed while the message waited
            await self._end(room, opened, "failed")
            return
        event = RoundOpened(opened.number, room.now, seed_of(room.id, opened.number, 0), _speakers(speakers))
        await self._direct(room, opened, event)

    async def _direct(self, room: Room, running: Round, event: DirectorEvent) -> None:
        director = self._directors.named(room.session.mode)
        direction = director.direct(_memory(room, director), event)
        room.change(mode_state=dict(direction.state), mode_version=director.version)
        match direction.step:
            case Speak(participants=wanted):
                seats = {seat.id: seat for seat in running.speakers(await room.seats())}
                chosen = [seats[participant] for participant in dict.fromkeys(wanted) if participant in seats]
                await self._speak(room, running, chosen)
            case EndRound(reason=reason):
                await self._end(room, running, reason or await self._reason(room, running))

    async def _speak(self, room: Room, running: Round, chosen: Sequence[Participant]) -> None:
        if not chosen:
            await self._end(room, running, await self._reason(room, running))
        elif running.step >= self._max_steps or await self._out_of_time(room, running):
            await self._end(room, running, "limit")
        else:
            step = await room.change_round(running.number, state="running", step=running.step + 1)
            await self._request(room, step, chosen)

    async def _out_of_time(self, room: Room, running: Round) -> bool:
        asked = (await room.scene()).of_round(running.number)
        return bool(asked) and room.now - asked[0].asked_at >= self._max_time

    async def _request(self, room: Room, running: Round, chosen: Sequence[Participant]) -> None:
        override = running.model_id if len(chosen) == 1 else None
        min_seq = room.session.head_seq
        new = [_new_turn(room, running, seat, override or seat.model_id, min_seq) for seat in chosen]
        await room.ask(new)
        for turn in new:
            room.record(TurnRequested, turn.ref)

    # ---- ending ----------------------------------------------------------------------------------------------------
    async def end_turn(self, room: Room, turn: Turn, ending: Ending) -> None:
        """End an open turn with its one log entry, and go on with its round where it was the last of a step."""
        rank = turn.rank
        if rank is None and isinstance(ending, Replied):
            rank = (await room.scene()).next_rank(turn.ref.round)
        await room.end_turn(turn, ending, rank)
        match ending:
            case Replied():
                reply = _reply(room, turn, ending, rank or 1)
                await room.keep_reply(turn, reply)
                room.record(ReplyAppended, ReplyEnd(**turn.ref.model_dump(), reply=reply))
                self._metrics.turns_ended.labels(ending.finish_reason).inc()
            case Silent(code=code, message=message, retryable=retryable):
                end = TurnEnd(**turn.ref.model_dump(), code=code, message=message, retryable=retryable)
                room.record(TurnStopped if ending.ending == "stopped" else TurnFailed, end)
                self._metrics.turns_ended.labels(code.value).inc()
        await self._after_turn(room, turn.ref)

    async def end_stopped(self, room: Room, turn: Turn) -> None:
        """End a turn that nobody runs and that a person stopped: with the text that it got to."""
        text = await claims.longest_text(room.conn, turn.ref.turn_id)
        stopped = Silent(ErrorCode.STOPPED, "It was stopped.", retryable=False)
        await self.end_turn(room, turn, Replied(text, "stopped") if text else stopped)

    async def _after_turn(self, room: Room, ref: TurnRef) -> None:
        if room.session.current_round != ref.round or ref.version > 1:
            return
        scene = await room.scene()
        all_turns = scene.of_round(ref.round)
        results = [(turn.step, TurnResult(turn.participant_id, turn.ending)) for turn in all_turns if turn.ending]
        if len(results) < len(all_turns):
            return
        running = scene.rounds[ref.round]
        if running.stopped:
            await self._end(room, running, "stopped")
            return
        event = StepEnded(
            round=running.number,
            step=running.step,
            at=room.now,
            seed=seed_of(room.id, running.number, running.step),
            speakers=_speakers(running.speakers(scene.seats)),
            results=tuple(result for step, result in results if step == running.step),
        )
        await self._direct(room, running, event)

    async def _reason(self, room: Room, running: Round) -> RoundEnd:
        scene = await room.scene()
        endings: set[TurnEnding | None] = {turn.ending for turn in scene.of_round(running.number)}
        if "replied" in endings:
            return "completed"
        return "stopped" if "stopped" in endings else "failed"

    async def _end(self, room: Room, running: Round, reason: RoundEnd) -> None:
        await room.change_round(running.number, state="ended", reason=reason, ended_at=room.now)
        room.change(current_round=None)
        if reason == "completed":
            await self._titling.ask(room, running)
        following = next(iter((await room.scene()).queued), None)
        finish = RoundFinish(branch=running.branch, round=running.number, reason=reason, last=following is None)
        room.record(RoundEnded, finish)
        if following is not None:
            await self.begin(room, following)
        else:
            room.move(Trigger.ALL_STOPPED if running.stopped else Trigger.ROUNDS_DONE)

    async def drop_queued(self, room: Room) -> None:
        """End the rounds that have not begun."""
        for waiting in (await room.scene()).queued:
            await room.change_round(waiting.number, state="ended", reason="stopped", ended_at=room.now)
            finish = RoundFinish(branch=waiting.branch, round=waiting.number, reason="stopped", last=False)
            room.record(RoundEnded, finish)


def _memory(room: Room, director: Director) -> dict[str, object]:
    """What the director remembered; a newer version of it starts afresh."""
    return dict(room.session.mode_state) if room.session.mode_version == director.version else {}


def _speakers(seats: Sequence[Participant]) -> tuple[Speaker, ...]:
    return tuple(Speaker(seat.id, seat.name, seat.model_id) for seat in seats)


def _new_turn(room: Room, running: Round, seat: Participant, model: str, min_seq: int) -> Turn:
    ref = TurnRef(
        turn_id=TurnId(new_id()),
        reply_id=MessageId(new_id()),
        participant_id=seat.id,
        model=model,
        branch=running.branch,
        round=running.number,
        step=running.step,
        speaker=seat.name,
    )
    return Turn.requested(room.id, ref, payer=room.session.owner_id, min_seq=min_seq, settings=seat.settings)


def _reply(room: Room, turn: Turn, ending: Replied, rank: int) -> Reply:
    return Reply(
        id=turn.ref.reply_id,
        turn_id=turn.ref.turn_id,
        participant_id=turn.ref.participant_id,
        model=ending.model or turn.ref.model,
        text=ending.text,
        finish_reason=ending.finish_reason,
        usage=ending.usage,
        cost=ending.cost,
        context=ending.context,
        rank=rank,
        version=turn.ref.version,
        first_token_at=ending.first_token_at,
        created_at=room.now,
    )
