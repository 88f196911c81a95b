"""Many schedules on one product, told as they run; a product that broke a promise is thrown away for a new one."""

import json
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultlab.chart import svg
from faultlab.checker import check
from faultlab.journal import Journal
from faultlab.mutants import CONTROL, MUTANTS
from faultlab.product import Product
from faultlab.recovery import Recovery, recoveries, rows
from faultlab.running import Run
from faultlab.schedule import schedule

Say = Callable[[str], None]


@asynccontextmanager
async def product_running(nodes: int, **wishes: Any) -> AsyncGenerator[Product]:
    """A new product in a directory that goes with it. `wishes` are those of `Product`."""
    with tempfile.TemporaryDirectory(prefix="palaver-faults-") as directory:
        product = Product(Path(directory), nodes=nodes, **wishes)
        try:
            await product.start()
            yield product
        finally:
            await product.stop()


@dataclass(slots=True)
class Campaign:
    """`reports`: where the journals of failed runs are left. `ends_at`: no schedule begins later, monotonic seconds."""

    say: Say
    reports: Path
    ends_at: float = float("inf")
    passed: int = 0
    failed: list[str] = field(default_factory=list[str])
    left_out: int = 0
    waits: list[Recovery] = field(default_factory=list[Recovery])

    async def run(self, seeds: Sequence[int], *, nodes: int) -> None:
        """Run these schedules, one after the other."""
        left = list(seeds)
        while left and time.monotonic() < self.ends_at:
            async with product_running(nodes) as product:
                while left and time.monotonic() < self.ends_at:
                    if not await self._passes(product, left.pop(0), nodes):
                        break
        self.left_out += len(left)

    async def _passes(self, product: Product, seed: int, nodes: int) -> bool:
        plan = schedule(seed, cluster=nodes > 1)
        self.say("\n".join(plan.lines()))
        journal = await Run(product, plan).run()
        violations = check(journal)
        waits = recoveries(journal)
        self.waits += waits
        felt = ", ".join(f"{wait.kind} {wait.seconds:.2f} s" for wait in waits)
        self.say(
            f"  {'failed' if violations else 'passed'} in {journal.seconds:.1f} s{'; waits: ' if felt else ''}{felt}"
        )
        if not violations:
            self.passed += 1
            return True
        for violation in violations:
            self.say(f"    {violation}")
        self.failed.append(f"SEED={seed} NODES={nodes}")
        self.say(f"    journal: {self._keep(journal, product, f'{nodes}-{seed}')}")
        return False

    async def run_mutants(self, names: Sequence[str] = ()) -> None:
        """Each protection switched off once: the checker must notice. And one fault alone, which it must not."""
        async with product_running(1) as product:
            for mutant in (*MUTANTS, CONTROL):
                if names and mutant.name not in names:
                    continue
                violations = await mutant.run(product)
                noticed = {violation.rule for violation in violations}
                good = bool(noticed & mutant.noticed_by) if mutant.noticed_by else not noticed
                self.say(f"mutant {mutant.name}: {', '.join(sorted(noticed)) or 'nothing noticed'}")
                if good:
                    self.passed += 1
                else:
                    self.failed.append(f"mutant {mutant.name}")
                    self.say("\n".join(f"    {violation}" for violation in violations))

    def draw(self, title: str) -> None:
        """The waits as a picture among the reports."""
        self.reports.mkdir(parents=True, exist_ok=True)
        (self.reports / "waits.svg").write_text(svg(title, rows(self.waits)), encoding="utf-8")

    def _keep(self, journal: Journal, product: Product, name: str) -> Path:
        """For whoever looks into it: what was recorded, and what the processes said."""
        directory = self.reports / name
        directory.mkdir(parents=True, exist_ok=True)
        plain = json.dumps(journal.plain(), ensure_ascii=False, indent=1)
        (directory / "journal.json").write_text(plain, encoding="utf-8")
        for log in product.home.logs.glob("*.log"):
            (directory / log.name).write_bytes(log.read_bytes())
        return directory
