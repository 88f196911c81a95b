"""What a token costs: the product beside everything that it is compared with, each under a load that it bears.

The product and the bare pipelines bear a hundred streams on two cores, the naive ones forty, one worker of LiteLLM's
proxy twenty. What many streams share gets cheaper by their number, so the product is measured at each of these loads.
"""

from dataclasses import dataclass

from palaver.cli.bench import meter
from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.measuring import measure
from palaver.cli.bench.peers.environment import PeerMissing
from palaver.cli.bench.peers.litellm_proxy import litellm_proxy
from palaver.cli.bench.provider import MODEL
from palaver.cli.bench.results import Finding, Measured
from palaver.cli.bench.roles.parts import FloorPart
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.contracts.limits import FLUSH_WINDOW_SECONDS

MIB = 1024**2
WARM_UP = Load(2, 40, 50.0, 0.1)
"""A first request loads what a server loads late; nobody pays for that per token."""
FASTSTREAM = "naive on FastStream"
LITELLM = "LiteLLM proxy, one worker"


@dataclass(frozen=True, slots=True)
class Size:
    """`rounds`: how often the product and the bare pipelines take turns at `load`.

    `naive`: the naive pipelines to run, the one on FastStream where that can be installed, at `naive_load` or `load`.
    """

    load: Load
    rounds: int = 1
    naive: tuple[str, ...] = ("naive", FASTSTREAM)
    naive_load: Load | None = None
    litellm: Load | None = None


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """Floor, bare pipelines and product by turns, naive pipelines, LiteLLM."""
    finding.rows.append(await stage.pipelines.floor(size.load))
    bare, windowed, ours = list[Measured](), list[Measured](), list[Measured]()
    for number in range(size.rounds):  # by turns, so that what else the machine does meets all of them
        again = f", round {number + 1}" if number else ""
        bare.append(await stage.pipelines.through("bare", size.load, name=f"bare{again}"))
        windowed.append(
            await stage.pipelines.through(
                "bare", size.load, name=f"bare, window{again}", window_seconds=FLUSH_WINDOW_SECONDS
            )
        )
        ours.append(await stage.product.streams(f"product{again}", size.load))
        finding.rows += [bare[-1], windowed[-1], ours[-1]]
    finding.say("product / bare", _cost(ours) / _cost(bare), note="the bare pipeline sends each token by itself")
    finding.say("product / bare with the product's window", _cost(ours) / _cost(windowed))
    if size.naive:
        await _naive(stage, size, finding, ours)
    if size.litellm is not None:
        await _litellm(stage, size.litellm, finding, ours)


async def _naive(stage: Stage, size: Size, finding: Finding, ours: list[Measured]) -> None:
    """The product is compared at their load."""
    load = size.load if size.naive_load is None else size.naive_load
    if "naive" in size.naive:
        finding.rows.append(await stage.pipelines.through("naive", load))
    if FASTSTREAM in size.naive:
        await _faststream(stage, load, finding)
    measured = [row for row in finding.rows if row.name in size.naive]
    beside = _cost(ours) if load == size.load else await _product_at(stage, load, finding)
    for row in measured:
        finding.say(f"product / {row.name}", beside / row.path_us_per_token, note=f"both at {load}")


async def _product_at(stage: Stage, load: Load, finding: Finding) -> float:
    """The product's CPU per token under the load of others."""
    finding.rows.append(await stage.product.streams(f"product, {load.streams} streams", load))
    return finding.rows[-1].path_us_per_token


async def _faststream(stage: Stage, load: Load, finding: Finding) -> None:
    try:
        python = await stage.peers.python("faststream")
    except PeerMissing as why:
        finding.remarks.append(f"{FASTSTREAM}: not measured, {why}")
        return
    finding.rows.append(await stage.pipelines.through("faststream", load, name=FASTSTREAM, python=python))


async def _litellm(stage: Stage, load: Load, finding: Finding, ours: list[Measured]) -> None:
    """A streaming client through the proxy, compared with the product at its own load and at this one.

    The client is the floor's.
    """
    stage.say(f"  LiteLLM's proxy: {load}")
    try:
        async with litellm_proxy(stage.peers, stage.peers_work, stage.provider.openai_url, MODEL) as proxy:
            await stage.provider.play(WARM_UP)
            async with acting("floor", FloorPart(proxy.openai_url, MODEL, WARM_UP)) as client:
                await measure("warm-up", WARM_UP, [client], client, {"edge": proxy.pid})
            await stage.provider.play(load)
            async with acting("floor", FloorPart(proxy.openai_url, MODEL, load)) as client:
                pids = {"edge": proxy.pid, "client": client.pid}
                measured, _ = await measure(LITELLM, load, [client], client, pids)
            memory = meter.held_bytes([proxy.pid])
    except PeerMissing as why:
        finding.remarks.append(f"LiteLLM: not measured, {why}")
        return
    finding.rows.append(measured)
    if not measured.observed.tokens_measured:
        finding.remarks.append("LiteLLM: not measured, nothing came while all streams should have run")
        return
    theirs, cores = measured.path_us_per_token, measured.cpu_seconds["edge"] / measured.measured_seconds
    note = f"product at {ours[0].load}, LiteLLM's one worker at {load}, which keeps {cores:.2f} of a core busy"
    finding.say("product / LiteLLM proxy", _cost(ours) / theirs, note=note)
    same = await _product_at(stage, load, finding)
    finding.say("product / LiteLLM proxy, few streams", same / theirs, note=f"both at {load}")
    finding.say("LiteLLM proxy, memory", memory / MIB, "MiB")


def _cost(rows: list[Measured]) -> float:
    """CPU per token over all rounds."""
    return sum(row.path_us_per_token for row in rows) / max(1, len(rows))


SCENARIO = Scenario(
    "what a token costs, beside pipelines without the product",
    {
        "tiny": Size(Load(4, 60, 50.0, 0.2), naive=()),
        "short": Size(Load(40, 350, 50.0, 3.0), naive=(FASTSTREAM,)),
        "full": Size(
            Load(100, 750, 50.0, 10.0), rounds=3, naive_load=Load(40, 500, 50.0, 4.0), litellm=Load(20, 500, 50.0, 2.0)
        ),
    },
    play,
    order=20,
    max_seconds=600.0,
)
