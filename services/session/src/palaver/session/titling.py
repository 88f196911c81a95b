"""Rooms without a title get one: a model that has just answered writes it, as a side job that nobody waits for."""

import structlog

from palaver.contracts.failures import Failure
from palaver.contracts.ids import CompletionId, new_id
from palaver.contracts.model_router import (
    RUN_COMPLETION,
    CompletionCompleted,
    CompletionFailed,
    CompletionOutcome,
    RunCompletion,
    WindowMessage,
)
from palaver.contracts.session_log import SessionUpdated
from palaver.servicekit.broker import Broker
from palaver.session.domain import Round, storable
from palaver.session.room import Room, Rooms
from palaver.session.store import messages
from palaver.session.titles import INSTRUCTIONS, MAX_OUTPUT_TOKENS, question, title_of

LAST_ROUND = 3
"""Rounds after which a room without a title is given up: each may cost a call."""

_log = structlog.get_logger()


class Titling:
    """Asks for titles after a room's first rounds, and takes them."""

    def __init__(self, rooms: Rooms, *, enabled: bool) -> None:
        self._rooms = rooms
        self._enabled = enabled

    async def ask(self, room: Room, ended: Round) -> None:
        """A round was answered; its first answerer is asked, unless the room has a title or is about to get one."""
        session = room.session
        if not self._enabled or session.title or session.title_job or ended.number > LAST_ROUND:
            return
        model = await _first_to_answer(room, ended)
        text = None if ended.message_id is None else await messages.text_of(room.conn, ended.message_id)
        asked = question(text or "")
        if model is None or not asked:
            return
        order = RunCompletion(
            completion_id=CompletionId(new_id()),
            asker="session",
            payer=session.owner_id,
            purpose="title",
            model_id=model,
            system=INSTRUCTIONS,
            messages=(WindowMessage(role="user", text=asked),),
            max_output_tokens=MAX_OUTPUT_TOKENS,
            session_id=room.id,
        )
        room.change(title_job=order.completion_id)
        room.post_letter(Broker.outgoing(RUN_COMPLETION, order, order.completion_id, message_id=order.completion_id))

    async def completed(self, outcome: CompletionCompleted) -> None:
        """A model wrote one. A person's comes first."""
        await self._take(outcome, storable(title_of(outcome.text)))

    async def failed(self, outcome: CompletionFailed) -> None:
        """There is none; the next round may ask again."""
        _log.info("room_stays_untitled", session=outcome.session_id, code=outcome.code)
        await self._take(outcome, "")

    async def _take(self, outcome: CompletionOutcome, title: str) -> None:
        if outcome.purpose != "title" or outcome.session_id is None:
            return
        try:
            async with self._rooms.open(outcome.session_id) as room:
                if room.session.title_job != outcome.completion_id or room.session.deleted_at is not None:
                    return  # told twice, or of no use any more
                room.change(title_job=None)
                if title and not room.session.title:
                    room.change(title=title)
                    await room.record_session(SessionUpdated)
        except Failure as gone:
            _log.info("title_for_no_room", session=outcome.session_id, code=gone.code)


async def _first_to_answer(room: Room, ended: Round) -> str | None:
    scene = await room.scene()
    answered = [turn for turn in scene.of_round(ended.number) if turn.ending == "replied"]
    models = {seat.id: seat.model_id for seat in scene.seats}
    ranked = sorted(answered, key=lambda turn: (turn.step, turn.rank or 0))
    return next((models[turn.participant_id] for turn in ranked if turn.participant_id in models), None)
