"""The inbound edge: what arrives goes to its use-case. Decides nothing."""

from palaver.context.building import WindowBuilder
from palaver.context.calibrating import Calibrations
from palaver.context.curating import Curation
from palaver.context.following import Follower
from palaver.context.metering import Meters
from palaver.context.news import SummaryNews
from palaver.context.ports import Projection
from palaver.context.projection import step_of
from palaver.context.rooms import Rooms
from palaver.context.summarising import Summarising
from palaver.contracts.client_protocol import ContextSummaryNotice, ContextUsage
from palaver.contracts.context import (
    BuildWindow,
    DeleteSummary,
    EditSummary,
    ListSummaries,
    ReadUsage,
    SummaryDeleted,
    SummaryList,
    SummaryView,
    Window,
)
from palaver.contracts.identity import UserDeleted
from palaver.contracts.model_router import CompletionCompleted, CompletionFailed, UsageMetered
from palaver.contracts.session import SessionPurged
from palaver.contracts.session_log import EventFrame
from palaver.servicekit.encoding import Encoded


class Handlers:
    """One method per subject, or per family of subjects."""

    def __init__(  # noqa: PLR0917 - all use-cases there are
        self,
        follower: Follower,
        rooms: Rooms,
        builder: WindowBuilder,
        meters: Meters,
        calibrations: Calibrations,
        summarising: Summarising,
        curation: Curation,
        news: SummaryNews,
        projection: Projection,
    ) -> None:
        self._follower = follower
        self._rooms = rooms
        self._builder = builder
        self._meters = meters
        self._calibrations = calibrations
        self._summarising = summarising
        self._curation = curation
        self._news = news
        self._projection = projection

    async def on_log_entry(self, event: EventFrame) -> None:
        """An entry of some session's log."""
        await self._rooms.heard(event)
        await self._follower.take(event)
        if step_of(event).changes:
            self._meters.mark(event.session_id, event.seq)

    async def on_user_deleted(self, event: UserDeleted) -> None:
        """Somebody's account is gone. Of rooms that are not projected yet the log tells the end."""
        await self._projection.forget_owner(event.user_id)

    async def on_session_purged(self, event: SessionPurged) -> None:
        """A room is removed for good."""
        await self._projection.forget(event.session_id)

    async def on_usage_metered(self, fact: UsageMetered) -> None:
        """A provider said what a request took."""
        await self._calibrations.take(fact)

    async def window_build(self, request: BuildWindow) -> Encoded[Window]:
        """Answer `window.build`."""
        return await self._builder.build(request)

    async def on_completion_completed(self, outcome: CompletionCompleted) -> None:
        """A model wrote a summary."""
        await self._summarising.completed(outcome)

    async def on_completion_failed(self, outcome: CompletionFailed) -> None:
        """A summary could not be written."""
        await self._summarising.failed(outcome)

    async def on_summary_changed(self, notice: ContextSummaryNotice) -> None:
        """A replica told that a summary changed."""
        self._news.heard(notice)

    async def summary_list(self, request: ListSummaries) -> SummaryList:
        """Answer `summary.list`."""
        return await self._curation.list(request)

    async def summary_edit(self, request: EditSummary) -> SummaryView:
        """Answer `summary.edit`."""
        return await self._curation.edit(request)

    async def summary_delete(self, request: DeleteSummary) -> SummaryDeleted:
        """Answer `summary.delete`."""
        return await self._curation.delete(request)

    async def usage_get(self, request: ReadUsage) -> ContextUsage:
        """Answer `usage.get`."""
        return await self._meters.read(request)
