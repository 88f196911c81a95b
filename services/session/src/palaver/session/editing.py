"""Other words for what a person said: the conversation goes on from there on a branch, and each can be shown again."""

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, new_id
from palaver.contracts.session import Done, EditedMessage, EditMessage, SelectBranch
from palaver.contracts.session_log import (
    BranchCreated,
    Branching,
    PathChange,
    PathChanged,
    UserMessage,
)
from palaver.servicekit.database import Database
from palaver.session.domain import path_to, rewording, storable
from palaver.session.posting import check_words, say
from palaver.session.room import Room, Rooms
from palaver.session.rounds import Rounds
from palaver.session.store import messages, sessions


class Editing:
    """Makes branches and shows them."""

    def __init__(self, database: Database, rooms: Rooms, rounds_: Rounds) -> None:
        self._database = database
        self._rooms = rooms
        self._rounds = rounds_

    async def edit(self, request: EditMessage) -> EditedMessage:
        """Say it in other words. Repeating it gives the same answer. Raises Failure: NOT_FOUND; CONFLICT while answers
        are written, or for too many branches; SESSION_ARCHIVED; what no room would take.
        """
        check_words(request.content)
        async with self._database.read() as conn:
            session_id = await messages.session_of(conn, request.message_id)
        async with self._rooms.open_of(session_id, request.actor, _not_found(), with_payer=True) as room:
            author = request.actor.user_id
            if await room.has_heard(author, request.client_message_id):
                return await _said_before(room, author, request.client_message_id)
            original = await messages.of_person(room.conn, request.message_id)
            if original is None:
                raise _not_found()
            await _check_free(room)
            known = await sessions.branches_of(room.conn, room.id)
            if len(known) >= limits.MAX_BRANCHES:
                sentence = f"This room has {limits.MAX_BRANCHES} branches already."
                raise Failure(ErrorCode.CONFLICT, sentence, maximum=limits.MAX_BRANCHES)
            message_id = MessageId(new_id())
            branch = rewording(original, known[original.branch], new=new_id(), message_id=message_id)
            await sessions.add_branch(room.conn, room.id, branch, room.now)
            room.record(BranchCreated, Branching(branch=branch))
            _show(room, path_to(branch, known))
            message = original.model_copy(
                update={
                    "id": message_id,
                    "client_message_id": request.client_message_id,
                    "content": storable(request.content),
                    "branch": branch.id,
                    "round": room.session.last_round + 1,
                    "created_at": room.now,
                }
            )
            await say(room, message, self._rounds)
        return EditedMessage(message_id=message_id, branch=branch.id)

    async def select(self, request: SelectBranch) -> Done:
        """Show a branch, and go on with it; what runs elsewhere goes on, too. Raises Failure(NOT_FOUND)."""
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            known = await sessions.branches_of(room.conn, room.id)
            branch = known.get(request.branch)
            if branch is None:
                raise Failure(ErrorCode.NOT_FOUND, "There is no such branch.")
            path = path_to(branch, known)
            if path != room.session.path:
                _show(room, path)
        return Done()


def _show(room: Room, path: tuple[str, ...]) -> None:
    room.change(path=path, updated_at=room.now)
    room.record(PathChanged, PathChange(path=path))


async def _check_free(room: Room) -> None:
    if room.session.archived:
        raise Failure(ErrorCode.SESSION_ARCHIVED, "This session is archived.")
    scene = await room.scene()
    if room.session.current_round is not None or any(turn.ending is None for turn in scene.turns):
        raise Failure(ErrorCode.CONFLICT, "Answers are still being written; stop them first.")


async def _said_before(room: Room, author: str, client_message_id: str) -> EditedMessage:
    said: UserMessage = await messages.posted(room.conn, room.id, author, client_message_id)
    return EditedMessage(message_id=said.id, branch=said.branch)


def _not_found() -> Failure:
    return Failure(ErrorCode.NOT_FOUND, "There is no such message.")
