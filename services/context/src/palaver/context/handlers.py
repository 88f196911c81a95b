"""The inbound edge: what arrives goes to its use-case. Decides nothing."""

from palaver.context.building import WindowBuilder
from palaver.context.calibrating import Calibrations
from palaver.context.following import Follower
from palaver.context.metering import Meters
from palaver.context.projection import step_of
from palaver.context.rooms import Rooms
from palaver.contracts.client_protocol import ContextUsage
from palaver.contracts.context import BuildWindow, ReadUsage, Window
from palaver.contracts.model_router import UsageMetered
from palaver.contracts.session_log import EventFrame
from palaver.servicekit.encoding import Encoded


class Handlers:
    """One method per subject, or per family of subjects."""

    def __init__(
        self, follower: Follower, rooms: Rooms, builder: WindowBuilder, meters: Meters, calibrations: Calibrations
    ) -> None:
        self._follower = follower
        self._rooms = rooms
        self._builder = builder
        self._meters = meters
        self._calibrations = calibrations

    async def on_log_entry(self, event: EventFrame) -> None:
        """An entry of some session's log."""
        await self._rooms.heard(event)
        await self._follower.take(event)
        if step_of(event).changes:
            self._meters.mark(event.session_id, event.seq)

    async def on_usage_metered(self, fact: UsageMetered) -> None:
        """A provider said what a request took."""
        await self._calibrations.take(fact)

    async def window_build(self, request: BuildWindow) -> Encoded[Window]:
        """Answer `window.build`."""
        return await self._builder.build(request)

    async def usage_get(self, request: ReadUsage) -> ContextUsage:
        """Answer `usage.get`."""
        return await self._meters.read(request)
