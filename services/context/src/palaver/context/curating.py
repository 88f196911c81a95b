"""What a room's owner does with its summaries: read them, put other words in their place, delete them."""

from palaver.context.counting import TokenCounter
from palaver.context.errors import room_not_found
from palaver.context.families import SESSION_ENCODING
from palaver.context.news import SummaryNews
from palaver.context.rooms import Rooms
from palaver.context.summary import Summary, most_tokens
from palaver.context.summary_store import SummaryStore
from palaver.context.views import RoomView
from palaver.contracts.actors import Actor
from palaver.contracts.context import (
    Covered,
    DeleteSummary,
    EditSummary,
    ListSummaries,
    SummaryDeleted,
    SummaryList,
    SummaryView,
)
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId


class Curation:
    """Every method raises Failure(SESSION_NOT_FOUND) to anybody but the owner, and Unavailable."""

    def __init__(self, rooms: Rooms, store: SummaryStore, counter: TokenCounter, news: SummaryNews) -> None:
        self._rooms = rooms
        self._store = store
        self._counter = counter
        self._news = news

    async def list(self, request: ListSummaries) -> SummaryList:
        """All versions, newest first."""
        view = await self._owned(request.actor, request.session_id)
        found = await self._store.of(request.session_id)
        return SummaryList(summaries=tuple(_shown(summary, view) for summary in found))

    async def edit(self, request: EditSummary) -> SummaryView:
        """A new version by the actor. Raises Failure(NOT_FOUND, CONFLICT, MESSAGE_TOO_LONG)."""
        view = await self._owned(request.actor, request.session_id)
        known = {summary.id: summary for summary in await self._store.of(request.session_id)}
        (count,) = await self._counter.count(SESSION_ENCODING, [request.text])
        if (old := known.get(request.summary_id)) is not None and count.total > most_tokens(old.window):
            raise Failure(
                ErrorCode.MESSAGE_TOO_LONG,
                f"This summary takes {count.total} tokens; the windows that it is for have room for "
                f"{most_tokens(old.window)}. Shorten it.",
                tokens=count.total,
                max_tokens=most_tokens(old.window),
            )
        summary = await self._store.edit(
            request.session_id,
            request.summary_id,
            author=request.actor.user_id,
            text=request.text,
            tokens=count.total,
        )
        await self._news.tell("edited", [summary])
        return _shown(summary, view)

    async def delete(self, request: DeleteSummary) -> SummaryDeleted:
        """Delete a version and what models made from it. Raises Failure(NOT_FOUND)."""
        await self._owned(request.actor, request.session_id)
        gone = await self._store.delete(request.session_id, request.summary_id)
        await self._news.tell("deleted", gone)
        return SummaryDeleted(versions=tuple(summary.version for summary in gone))

    async def _owned(self, actor: Actor, session_id: SessionId) -> RoomView:
        view = await self._rooms.newest(session_id)
        if view.room.setting is None or view.room.setting.owner_id != actor.user_id:
            raise room_not_found()
        return view


def _shown(summary: Summary, view: RoomView) -> SummaryView:
    path = view.room.setting.path if view.room.setting else ()
    coverage = summary.coverage
    return SummaryView(
        id=summary.id,
        session_id=summary.session_id,
        branch=coverage.leaf,
        through=Covered(branch=coverage.last, round=coverage.through.round, step=max(0, coverage.through.step)),
        entries=coverage.entries,
        version=summary.version,
        text=summary.text,
        tokens=summary.tokens,
        tokenizer=SESSION_ENCODING,
        model_id=summary.model_id,
        author=summary.author,
        made_from=summary.made_from,
        applies=coverage.holds(view.transcript(path[-1] if path else "").lines),
        created_at=summary.created_at,
    )
