"""Ten schedules of faults on real processes, and two mistakes that the checker must notice. All: `make fault`."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from faultlab.campaign import product_running
from faultlab.checker import check
from faultlab.mutants import MUTANTS, Mutant
from faultlab.product import Product
from faultlab.running import Run
from faultlab.schedule import brief, schedule

pytestmark = [pytest.mark.fault, pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

SEEDS = (4, 5, 7, 12, 17, 19, 33, 35, 222, 225)
"""Chosen to hold most kinds of death and of silence, and a full disk."""
QUICK_MUTANTS = [mutant for mutant in MUTANTS if mutant.quick]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product() -> AsyncGenerator[Product]:
    """Two gateways, two workers, two session replicas, one of each other service, over links that can be broken."""
    async with product_running(nodes=1) as running:
        yield running


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_breaks_each_token_is_shown_once_and_each_call_is_paid_once(product: Product, seed: int):
    plan = brief(schedule(seed))
    journal = await Run(product, plan).run()
    violations = [str(violation) for violation in check(journal)]
    assert violations == [], "\n".join([*plan.lines(), *violations])
    assert {turn for reader in journal.readers for turn in reader.turns}, "nobody was shown anything"


@pytest.mark.parametrize("mutant", QUICK_MUTANTS, ids=lambda mutant: mutant.name)
async def test_a_protection_that_is_switched_off_is_noticed(product: Product, mutant: Mutant):
    noticed = {violation.rule for violation in await mutant.run(product)}
    assert noticed & mutant.noticed_by
