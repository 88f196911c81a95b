"""What a warm window costs: CPU of `window.build` over 1,000 messages without the broker. Prints percentiles.

Run it alone on the machine: `.venv/bin/python services/context/scripts/window_cost.py`.
"""

import asyncio
import sys
import time
from statistics import quantiles

from prometheus_client import CollectorRegistry

from palaver.context.building import Fitter, WindowBuilder
from palaver.context.counting import TokenCounter
from palaver.context.metrics import ContextMetrics
from palaver.context.rooms import Rooms
from palaver.context.testing.scribe import Scribe
from palaver.context.testing.world import NothingStored, SupposedRates, profile
from palaver.contracts.context import BuildWindow
from palaver.contracts.ids import SessionId
from palaver.contracts.session import LogPage

ROUNDS, REPLIES, BUILDS = 250, 3, 300


class OneLog:
    """The log of one room."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    async def read(self, session_id: SessionId, after: int) -> LogPage:  # noqa: ARG002 - there is one room
        """See `SessionLog`."""
        return self._scribe.page(after)


async def main() -> None:
    """Measure windows that hold all, half and a tenth of the conversation; then with one new entry before each."""
    scribe = Scribe(("Ada", "Bob", "Cyd"))
    for _ in range(ROUNDS):
        scribe.say("Shall we go on with this question, please? " * 3)
        for rank, name in enumerate(("Ada", "Bob", "Cyd")):
            scribe.reply(name, f"{name} has something to say about it, and says so. " * 12, rank=rank)
    scribe.say("And now?")
    counter, metrics = TokenCounter(("o200k_base",)), ContextMetrics(CollectorRegistry())
    await counter.start()
    rooms = Rooms(
        NothingStored(),
        OneLog(scribe),
        counter,
        metrics,
        max_characters=32_000_000,
        recheck_seconds=3_600,
        clock=time.monotonic,
    )
    builder = WindowBuilder(rooms, Fitter(counter, NothingStored(), SupposedRates()), metrics)
    for tokens in (400_000, 64_000, 12_000):
        order = BuildWindow(
            session_id=scribe.session_id,
            participant_id=scribe.id("Ada"),
            min_seq=scribe.head,
            before=scribe.cut(),
            profile=profile(window=tokens),
        )
        window = await builder.build(order)
        spent: list[float] = []
        for _ in range(BUILDS):
            began = time.process_time()
            await builder.build(order)
            spent.append((time.process_time() - began) * 1e3)
        report(f"same state, window {tokens}", window.entries, spent)
        spent = []
        for _ in range(BUILDS // 10):
            scribe.say("And now?")
            fresh = order.model_copy(update={"min_seq": scribe.head, "before": scribe.cut()})
            began = time.process_time()
            await builder.build(fresh)
            spent.append((time.process_time() - began) * 1e3)
        report(f"after a new entry, window {tokens}", window.entries, spent)


def report(what: str, entries: int, spent: list[float]) -> None:
    """One line of the table."""
    cuts = quantiles(spent, n=100)
    sys.stdout.write(f"{what:36} {entries:5} entries   p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms\n")


asyncio.run(main())
