"""`python -m faultlab`: run schedules by their numbers, say what they do and what came of them."""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import structlog
import uvloop

from faultlab.campaign import Campaign
from faultlab.recovery import rows, table
from faultlab.schedule import FIRST

CLUSTERED = 4
"""Every so many schedules of a campaign run on three nats-servers, the others on one."""
LATER = range(FIRST + 1, FIRST + 41)
"""Belong to a whole campaign, too, on one nats-server."""
REPORTS = Path("build/faults")


def main(arguments: Sequence[str]) -> int:
    """Returns the exit status."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asked = _parser().parse_args(arguments)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="faultlab", description="Break Palaver on purpose and check what is promised."
    )
    parser.add_argument("--seed", type=int, help="the first schedule; alone, only this one")
    parser.add_argument("--schedules", type=int, help="how many, from the first on")
    parser.add_argument("--nodes", type=int, choices=(1, 3), help="nats-servers; without it most run on one, some on 3")
    parser.add_argument("--minutes", type=float, default=180.0, help="no schedule begins later")
    parser.add_argument("--mutants", nargs="*", help="only these mutants, or all of them")
    return parser


async def _run(asked: argparse.Namespace) -> int:
    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    campaign = Campaign(say, REPORTS, ends_at=time.monotonic() + asked.minutes * 60)
    if asked.mutants is not None:
        await campaign.run_mutants(asked.mutants)
    else:
        first = asked.seed if asked.seed is not None else 1
        whole = asked.seed is None and asked.schedules is None
        count = asked.schedules or (1 if asked.seed is not None else FIRST)
        clustered = count // CLUSTERED if asked.nodes is None else count if asked.nodes == 3 else 0
        seeds = range(first, first + count)
        await campaign.run(seeds[: count - clustered], nodes=1)
        await campaign.run(seeds[count - clustered :], nodes=3)
        await campaign.run(LATER if whole else (), nodes=1)
        if asked.seed is None:
            await campaign.run_mutants()
    found = rows(campaign.waits)
    for line in (
        *table(found),
        f"{campaign.passed} passed, {len(campaign.failed)} failed, {campaign.left_out} left out",
    ):
        say(line)
    for failed in campaign.failed:
        say(f"failed: {failed}")
    campaign.draw(f"Waits after faults, {campaign.passed} runs")
    return 1 if campaign.failed or campaign.left_out else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
