"""What a warm window costs: CPU from the bytes of a `window.build` to the bytes of its answer, over 1,000 messages.

All that the service does but the broker's part. Prints percentiles, and below them what its asker pays to read the
answer. Run it alone on the machine: `.venv/bin/python services/context/scripts/window_cost.py`.
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
from palaver.contracts.context import BuildWindow, Window
from palaver.contracts.ids import SessionId
from palaver.contracts.session import LogPage
from palaver.servicekit.encoding import encoded

ROUNDS, REPLIES, BUILDS = 250, 3, 300
WINDOWS = (400_000, 64_000, 12_000)
"""They hold all, half and a tenth of the conversation."""


class OneLog:
    """The log of one room."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    async def read(self, session_id: SessionId, after: int) -> LogPage:  # noqa: ARG002 - there is one room
        """See `SessionLog`."""
        scribe = self._scribe
        return LogPage(epoch=scribe.epoch, head_seq=scribe.head, entries=tuple(scribe.entries[after : after + 500]))


async def main() -> None:
    """Measure windows of three sizes: of the same state again and again, then with one new entry before each."""
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
    for tokens in WINDOWS:
        answer = await built(builder, asked(scribe, tokens))
        spent: list[float] = []
        for _ in range(BUILDS):
            request = asked(scribe, tokens)
            began = time.process_time()
            await built(builder, request)
            spent.append((time.process_time() - began) * 1e3)
        report(f"same state, window {tokens}", answer, spent)
        spent = []
        for _ in range(BUILDS // 10):
            scribe.say("And now?")
            request = asked(scribe, tokens)
            began = time.process_time()
            answer = await built(builder, request)
            spent.append((time.process_time() - began) * 1e3)
        report(f"after a new entry, window {tokens}", answer, spent)
        spent = []
        for _ in range(BUILDS):
            began = time.process_time()
            Window.model_validate_json(answer)
            spent.append((time.process_time() - began) * 1e3)
        report(f"reading the answer, window {tokens}", answer, spent)


def asked(scribe: Scribe, tokens: int) -> bytes:
    """The request as a worker sends it."""
    order = BuildWindow(
        session_id=scribe.session_id,
        participant_id=scribe.id("Ada"),
        min_seq=scribe.head,
        before=scribe.cut(),
        profile=profile(window=tokens),
    )
    return encoded(order)


async def built(builder: WindowBuilder, request: bytes) -> bytes:
    """The answer as it goes out."""
    return encoded(await builder.build(BuildWindow.model_validate_json(request)))


def report(what: str, answer: bytes, spent: list[float]) -> None:
    """One line of the table."""
    cuts, entries = quantiles(spent, n=100), Window.model_validate_json(answer).entries
    size = f"{entries:5} entries {len(answer) / 1e3:5.0f} kB"
    sys.stdout.write(f"{what:36} {size}   p50 {cuts[49]:6.2f} ms   p99 {cuts[98]:6.2f} ms\n")


asyncio.run(main())
