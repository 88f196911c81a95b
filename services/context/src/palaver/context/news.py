"""Tell everybody that a room's summaries changed: this replica's windows and meters, the others', and who watches."""

from collections.abc import Sequence
from typing import Literal

import structlog

from palaver.context.metering import Meters
from palaver.context.ports import Notices
from palaver.context.shelf import Shelf
from palaver.context.summary import Summary
from palaver.contracts.client_protocol import ContextSummaryNotice, SummaryChange
from palaver.servicekit.errors import Unavailable

_log = structlog.get_logger()


class SummaryNews:
    """Tell it after the commit."""

    def __init__(self, shelf: Shelf, meters: Meters, notices: Notices) -> None:
        self._shelf = shelf
        self._meters = meters
        self._notices = notices

    async def tell(self, change: Literal["written", "edited", "deleted"], summaries: Sequence[Summary]) -> None:
        """These summaries of one room changed. A notice may get lost: other replicas look again before long."""
        for summary in summaries:
            data = SummaryChange(
                change=change, id=summary.id, version=summary.version, entries=summary.coverage.entries
            )
            self._shelf.forget(summary.session_id)
            self._meters.mark(summary.session_id, 0)
            try:
                await self._notices.summary_changed(ContextSummaryNotice(session_id=summary.session_id, data=data))
            except Unavailable:
                _log.info("summary_not_announced", session_id=summary.session_id)

    def heard(self, notice: ContextSummaryNotice) -> None:
        """Another replica, or this one, told it."""
        self._shelf.forget(notice.session_id)
