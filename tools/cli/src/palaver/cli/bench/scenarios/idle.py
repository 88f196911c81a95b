"""Connections that are attached and silent: what each holds of the gateway, and what they cost those that are not."""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass

from palaver.cli.bench import meter
from palaver.cli.bench.cast import Actor, acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import HolderPart
from palaver.cli.bench.scenario import Scenario, Stage

ROOMS = 50
SETTLED_SECONDS = 2.0
KIB = 1024


@dataclass(frozen=True, slots=True)
class Size:
    """Connections in steps: memory is that of the last step. Then `active` streams beside all of them."""

    steps: tuple[int, ...]
    active: Load | None = None


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """Each step is a process of its own, with an address of its own where the system has many on its loopback."""
    product = stage.product
    rooms = await product.rooms(ROOMS, 1)
    gateway = product.pids["edge"]
    async with AsyncExitStack() as stack:
        holders = list[Actor]()
        held = meter.held_bytes([gateway])
        for number, connections in enumerate(size.steps):
            source = f"127.0.1.{number + 1}" if sys.platform == "linux" else None
            part = HolderPart(product.url, await product.token(), rooms, connections, source)
            holders.append(await stack.enter_async_context(acting("holder", part)))
            await holders[-1].begin(0.0)
            await asyncio.sleep(SETTLED_SECONDS)
            before, held = held, meter.held_bytes([gateway])
            finding.say(
                f"idle connection, step {number + 1}", (held - before) / connections / KIB, "KiB", f"{connections} more"
            )
        finding.say(
            "idle connection", finding.figures[-1].value, "KiB", f"the last {size.steps[-1]} of {sum(size.steps)}"
        )
        if size.active is not None:
            name = f"product, {size.active.streams} streams beside {sum(size.steps)} idle"
            finding.rows.append(await product.streams(name, size.active))
        open_still = [await _left(holder) for holder in holders]
    finding.say("idle connections held", float(sum(open_still)), "", f"of {sum(size.steps)}")
    if sum(open_still) < sum(size.steps):
        finding.failed = f"only {sum(open_still)} of {sum(size.steps)} connections were still open"


async def _left(holder: Actor) -> int:
    holder.dismiss()
    return await holder.result(int, patience_seconds=SETTLED_SECONDS * 5)


SCENARIO = Scenario(
    "attached connections that do nothing",
    {
        "tiny": Size((10, 10)),
        "short": Size((500, 1_000)),
        "full": Size((2_000, 4_000, 4_000), Load(50, 400, 25.0)),
    },
    play,
    order=10,
    max_seconds=300.0,
)
