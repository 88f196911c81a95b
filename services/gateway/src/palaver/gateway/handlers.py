"""The inbound edge from the broker: what other services broadcast. What clients send is in `realtime/handlers.py`."""

import time

from palaver.contracts.operations import DependencyChanged
from palaver.gateway.outages import Outages


class News:
    """Broadcasts about the health of the whole."""

    def __init__(self, outages: Outages) -> None:
        self._outages = outages

    async def on_dependency_changed(self, news: DependencyChanged) -> None:
        """A service lost or found one of its dependencies."""
        reporter = f"{news.service}:{news.instance}"
        self._outages.report(reporter, news.dependency, up=news.up, now=time.monotonic())
