"""`docs/attacks.md` names every file whose tests bear the mark `attack`, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKED = re.compile(r"^pytestmark = [^=]*pytest\.mark\.attack\b", re.MULTILINE)
NAMED = re.compile(r"^\|.*$", re.MULTILINE)
TEST = re.compile(r"`([\w/-]+/test_\w+\.py)`")


def test_the_page_names_every_attack():
    tests = [path for top in ("tests", "services", "libs", "tools") for path in (ROOT / top).rglob("test_*.py")]
    marked = {str(path.relative_to(ROOT)) for path in tests if MARKED.search(path.read_text())}
    rows = "\n".join(NAMED.findall((ROOT / "docs" / "attacks.md").read_text()))
    assert set(TEST.findall(rows)) == marked
    assert len(marked) > 20
