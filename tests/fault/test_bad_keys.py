"""Turns over three keys and two providers that misbehave in every way, while workers are killed.

Every turn ends in an answer or in one clear error; no key is called while it is known to be bad; what is well again is
used again; each call is booked once. Sixty turns here, five hundred by `make bad-keys`.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from faultlab.bad_keys_run import ROUTER, BadKeysRun, keyed_product
from faultlab.key_judge import Evidence, judge
from faultlab.key_report import report
from faultlab.product import Product
from palaver.client import Palaver

pytestmark = [pytest.mark.fault, pytest.mark.e2e, pytest.mark.timeout(1_200)]

REPORTS = Path("build/faults/bad-keys")
SEED = 5
FEW_TURNS = 60
PACE_SECONDS = 1.2


def keep(seen: Evidence, product: Product) -> None:
    """For whoever looks into it."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "evidence.json").write_text(json.dumps(asdict(seen), indent=1))
    for log in product.home.logs.glob("*.log"):
        shutil.copy(log, REPORTS)


async def test_bad_keys_and_bad_providers_stop_no_room(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    turns: int = request.config.getoption("--turns", default=None) or FEW_TURNS
    async with keyed_product(tmp_path, router=ROUTER) as product, Palaver(product.edge_url(0)) as person:
        await product.sign_in(person)
        seen = await BadKeysRun(product, person, turns, PACE_SECONDS, SEED).run()
        keep(seen, product)
    print(report(seen))  # noqa: T201 - what `make bad-keys` is for
    wrong = judge(seen)
    assert wrong == [], "\n".join(wrong)
