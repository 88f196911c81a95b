"""Where worker and gateway spend their time under load, sampled from outside by py-spy."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from palaver.cli.bench.load import Load
from palaver.cli.bench.peers.environment import PeerMissing
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import Reader
from palaver.cli.bench.scenario import Scenario, Stage

SAMPLED = {"worker": "model-router", "edge": "gateway"}
SAMPLES_A_SECOND = 500
LINES = 25


async def play(stage: Stage, load: Load, finding: Finding) -> None:
    """Both at once; what their observers cost would only mislead as a row."""
    program = await stage.peers.program("py-spy", "py-spy")
    begin, end = load.measured
    seconds = int(end - begin)
    with tempfile.TemporaryDirectory() as directory:
        files = {role: Path(directory) / role for role in SAMPLED}

        async def sample(role: str) -> None:
            process = await asyncio.create_subprocess_exec(
                *(str(program), "record", "--pid", str(stage.product.pids[role]), "--duration", str(seconds)),
                *("--gil", "--rate", str(SAMPLES_A_SECOND), "--format", "raw", "--output", str(files[role])),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            _, said = await process.communicate()
            if process.returncode:
                raise PeerMissing(f"py-spy could not look: {said.decode(errors='replace').strip()[-200:]}")

        async def sample_all() -> None:
            await asyncio.gather(*map(sample, SAMPLED))

        readers = [Reader(room) for room in await stage.product.rooms(load.streams, 1)]
        await stage.product.measured("product, watched by py-spy", load, readers, meanwhile=sample_all)
        for role, service in SAMPLED.items():
            finding.pages[f"profile-{service}.txt"] = summary(files[role].read_text().splitlines())


def summary(stacks: Iterable[str]) -> str:
    """The functions in which most samples were taken, and those beneath which most were.

    `stacks`: one `outermost;…;innermost count` a line. A sample counts once for each function on its stack.
    """
    inside, beneath = Counter[str](), Counter[str]()
    for stack in stacks:
        frames, _, count = stack.rpartition(" ")
        names = [_function(frame) for frame in frames.split(";")]
        inside[names[-1]] += int(count)
        for name in set(names):
            beneath[name] += int(count)
    total = max(1, inside.total())
    return "\n".join((*_block("in the function itself", inside, total), *_block("with all it calls", beneath, total)))


def _block(title: str, counted: Counter[str], total: int) -> list[str]:
    lines = [f"{100 * count / total:6.1f} %  {name}" for name, count in counted.most_common(LINES)]
    return [f"Share of {total} samples of running Python, {title}", *lines, ""]


def _function(frame: str) -> str:
    """`name (path/to/file.py:12)` → `name (to/file.py)`."""
    name, _, place = frame.partition(" (")
    path = place.rstrip(")").rpartition(":")[0]
    return f"{name} ({'/'.join(path.split('/')[-2:])})" if path else name


SCENARIO = Scenario(
    "where worker and gateway spend their time",
    {"full": Load(40, 750, 50.0)},
    play,
    order=80,
)
