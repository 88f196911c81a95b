"""A room of ten models with a thousand messages: what it holds of all services' memory, and what its windows cost."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from palaver.cli.bench import meter
from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.provider import MODEL
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import Filled, FillerPart
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.cli.bench.statistics import p50_p99
from palaver.cli.up.secret_store import load_or_make
from palaver.contracts.context import WINDOW_BUILD, BuildWindow, Cut
from palaver.contracts.ids import SessionId
from palaver.servicekit.broker import Broker
from palaver.servicekit.settings import BrokerSettings

QUESTION = "fill"
ASKING_SERVICE = "model-router"
"""Who asks for windows; its permissions on the broker are used."""
MIB = 1024**2
PATIENCE_SECONDS = 200.0
SETTLED_SECONDS = 3.0
BETWEEN_BUILDS_SECONDS = 0.01
WARM_BUILDS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """Rounds of one question and as many answers as there are models, each so many tokens; then windows built."""

    models: int
    rounds: int
    tokens: int
    builds: int


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """Memory is PSS over every process of the product, servers included, without the simulated provider."""
    product = stage.product
    await stage.provider.play(Load(1, size.tokens, 500.0), about=QUESTION)
    (room,) = await product.rooms(1, size.models)
    ours = [pid for name, pid in product.pids.items() if name != "simulator"]
    before = meter.held_bytes(ours)
    by_service = {name: meter.held_bytes([pid]) for name, pid in product.pids.items()}
    used = meter.read(product.pids)
    part = FillerPart(product.url, await product.token(), room, size.models, QUESTION, size.rounds)
    async with acting("filler", part) as filler:
        await filler.begin(0.0)
        filled = await filler.result(Filled, patience_seconds=PATIENCE_SECONDS)
        turns = meter.read(product.pids).since(used)
        await asyncio.sleep(SETTLED_SECONDS)
        after = meter.held_bytes(ours)
        grown = {name: (meter.held_bytes([pid]) - by_service[name]) / MIB for name, pid in product.pids.items()}
    messages = size.rounds * (size.models + 1)
    most = ", ".join(f"{name} {mib:.0f}" for name, mib in sorted(grown.items(), key=lambda i: -i[1])[:4] if mib >= 1)
    finding.say("memory of the room over all services", (after - before) / MIB, "MiB", f"{messages} messages; {most}")
    finding.say("memory of all services", after / MIB, "MiB", "no target")
    each = {
        name: 1_000 * seconds / (size.rounds * size.models) for name, seconds in turns.items() if name != "simulator"
    }
    dearest = ", ".join(f"{name} {ms:.1f}" for name, ms in sorted(each.items(), key=lambda i: -i[1])[:6])
    finding.say("CPU of a whole short turn, all services", sum(each.values()), "ms", dearest)
    await _windows(stage, room, filled, size, finding)


async def _windows(stage: Stage, room: str, filled: Filled, size: Size, finding: Finding) -> None:
    """What context spends on windows: those of a whole round at once, as a room asks for them, and one now and then."""
    card = next(card for card in await stage.product.palaver.rest.models() if card.id == MODEL)
    seats = (await stage.product.palaver.rest.session(room)).participants
    orders = [
        BuildWindow(
            session_id=SessionId(room),
            participant_id=seat.id,
            min_seq=filled.head_seq,
            before=Cut(branch=filled.branch, round=filled.next_round, step=0),
            profile=card.profile,
        )
        for seat in seats
    ]
    instance = stage.product.instance
    seed = load_or_make(instance.home.secrets).nkey_seeds[ASKING_SERVICE]
    settings = BrokerSettings(url=instance.nats_url, nkey_seed=seed)
    broker = await Broker.connect(settings, service=ASKING_SERVICE, label="bench")
    builds = Builds(broker, stage.product.pids["context"])
    try:
        for _ in range(WARM_BUILDS):
            await builds.measured(orders)
        rounds = [await builds.measured(orders) for _ in range(size.builds // 4)]
        single = [await builds.measured(orders[:1]) for _ in range(size.builds)]
    finally:
        await broker.close()
    held = f"{builds.entries} entries in the window"
    for what, asked, values in (("of a round", len(orders), rounds), ("alone", 1, single)):
        note = f"{held}, {len(values)} times {asked}"
        for unit, each in (
            ("CPU of context", [cpu for cpu, _ in values]),
            ("as a request", [took for _, took in values]),
        ):
            p50, p99 = p50_p99(each)
            finding.say(f"window build, {what}, {unit}, p50", p50, "ms", note)
            finding.say(f"window build, {what}, {unit}, p99", p99, "ms", note)


@dataclass(slots=True)
class Builds:
    """Asks for windows, and measures what context spends on each."""

    broker: Broker
    context: int
    entries: int = 0

    async def measured(self, orders: Sequence[BuildWindow]) -> tuple[float, float]:
        """CPU of context for each of these, which are asked for at once; and until the last was there. Milliseconds."""
        used, begin = meter.cpu_seconds(self.context), time.monotonic()
        windows = await asyncio.gather(*(self.broker.ask(WINDOW_BUILD, order) for order in orders))
        end = time.monotonic()
        await asyncio.sleep(BETWEEN_BUILDS_SECONDS)  # what it does after its answers counts, too
        spent = meter.cpu_seconds(self.context) - used
        self.entries = windows[0].entries
        return spent * 1_000 / len(orders), (end - begin) * 1_000


SCENARIO = Scenario(
    "a room of ten models and a thousand messages",
    {"tiny": Size(2, 3, 10, 5), "full": Size(10, 91, 20, 200)},
    play,
    order=15,
    max_seconds=240.0,
)
