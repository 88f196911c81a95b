"""A person's message becomes a message, a round and its turns: once, in order, in one transaction."""

import structlog

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, new_id
from palaver.contracts.session import PostMessage
from palaver.contracts.session_log import MessagePosted, Posting, UserMessage
from palaver.session.domain import Round, speaking, storable
from palaver.session.metrics import SessionMetrics
from palaver.session.ports import Announcer
from palaver.session.room import Room, Rooms
from palaver.session.rounds import Rounds

_log = structlog.get_logger()


class Posts:
    """Takes posts. `max_queued_rounds` bounds what waits in one room."""

    def __init__(
        self, rooms: Rooms, rounds_: Rounds, announcer: Announcer, metrics: SessionMetrics, max_queued_rounds: int
    ) -> None:
        self._rooms = rooms
        self._rounds = rounds_
        self._announcer = announcer
        self._metrics = metrics
        self._max_queued_rounds = max_queued_rounds

    async def post(self, command: PostMessage) -> None:
        """Take a message, or tell its author why not. Taking it again changes nothing."""
        try:
            check(command)
            async with self._rooms.open(command.session_id, with_payer=True) as room:
                room.authorise(command.actor)
                outcome = await self._take(room, command)
        except Failure as refusal:
            self._metrics.posts.labels(refusal.code.value).inc()
            _log.info("post_refused", session=command.session_id, code=refusal.code)
            await self._refuse(command, refusal)
        else:
            self._metrics.posts.labels(outcome).inc()

    async def give_up(self, command: PostMessage | None, error: BaseException) -> None:
        """The delivery policy gave a post up: its author is told, for nothing else will come."""
        if command is not None:
            self._metrics.posts.labels("given_up").inc()
            refusal = Failure(ErrorCode.INTERNAL, "The message could not be stored.")
            await self._refuse(command, error if isinstance(error, Failure) else refusal)

    async def _refuse(self, command: PostMessage, refusal: Failure) -> None:
        author = command.actor.user_id
        await self._announcer.refuse(author, command.session_id, command.client_message_id, refusal.body)

    async def _take(self, room: Room, command: PostMessage) -> str:
        author = command.actor.user_id
        # What was taken while the room allowed it stays taken, however often it is resent.
        if await room.has_heard(author, command.client_message_id):
            return "repeated"
        await self._check(room, command)
        message = UserMessage(
            id=MessageId(new_id()),
            client_message_id=command.client_message_id,
            author=author,
            content=storable(command.content),
            branch=room.session.branch,
            round=room.session.last_round + 1,
            to=command.to,
            metadata={
                storable(name): storable(value) if isinstance(value, str) else value
                for name, value in command.metadata.items()
            },
            created_at=room.now,
        )
        await say(room, message, self._rounds, command.options.model_id)
        return "taken"

    async def _check(self, room: Room, command: PostMessage) -> None:
        """Raises Failure for what this room does not take now."""
        scene = await room.scene()
        if room.session.archived:
            raise Failure(ErrorCode.SESSION_ARCHIVED, "This session is archived.")
        if not speaking(scene.seats, command.to):
            raise Failure(ErrorCode.NO_ACTIVE_PARTICIPANT, "Nobody in the room can answer this message.")
        waiting = len(scene.queued)
        if room.session.current_round is not None and waiting >= self._max_queued_rounds:
            raise Failure(ErrorCode.RATE_LIMITED, "Too many messages wait in this room.", waiting=waiting)


async def say(room: Room, message: UserMessage, rounds_: Rounds, model_id: str | None = None) -> None:
    """Store and log a message, and begin its round where no other one runs."""
    room.keep_message(message)
    room.change(last_round=message.round, updated_at=room.now)
    room.record(MessagePosted, Posting(message=message))
    busy = room.session.current_round is not None
    opened = Round(
        session_id=room.id,
        number=message.round,
        branch=message.branch,
        state="queued" if busy else "running",
        step=0,
        message_id=message.id,
        addressed=message.to,
        model_id=model_id,
    )
    await room.open_round(opened)
    if not busy:
        await rounds_.begin(room, opened)


def check(command: PostMessage) -> None:
    """Raises Failure for what no room would take; the gateway checks the same, but does not own the rule."""
    check_words(command.content)
    if len(command.metadata) > limits.MAX_METADATA_ENTRIES:
        raise Failure(ErrorCode.VALIDATION_FAILED, "Too much metadata.", field="metadata")


def check_words(content: str) -> None:
    """Raises Failure for a text that is no message."""
    if not content.strip():
        raise Failure(ErrorCode.VALIDATION_FAILED, "The message is empty.", field="content")
    length = len(content)
    if length > limits.MAX_MESSAGE_CHARACTERS:
        raise Failure(
            ErrorCode.MESSAGE_TOO_LONG,
            f"The message is longer than {limits.MAX_MESSAGE_CHARACTERS} characters.",
            length=length,
            maximum=limits.MAX_MESSAGE_CHARACTERS,
        )
