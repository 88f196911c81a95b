"""What the documents name is there: files, functions, links."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    p.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "libs/*/*.md", "services/*/*.md", "tools/*/*.md", "web/*.md")
    for p in ROOT.glob(pattern)
)
STEP = re.compile(r"^\| \d+ \| `(?P<file>[^`]+)` `(?P<name>[^`]+)` \|", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)(?P<target>[^)#\s]+)")
PATH = re.compile(r"`(?P<path>(?:libs|services|tools|tests|web|docs|deploy|scripts)/[\w./-]+)`")


def test_every_function_on_the_way_of_a_message_exists():
    steps = list(STEP.finditer((ROOT / "ARCHITECTURE.md").read_text()))
    assert len(steps) >= 15
    missing = [m["name"] for m in steps if not defined(ROOT / m["file"], m["name"])]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_and_paths_lead_somewhere(document: Path):
    text = (ROOT / document).read_text()
    beside = ROOT / document.parent  # a member's README speaks of its own tests
    links = [m["target"] for m in LINK.finditer(text) if not (beside / m["target"]).exists()]
    paths = [m["path"] for m in PATH.finditer(text) if not any((at / m["path"]).exists() for at in (ROOT, beside))]
    assert (links, paths) == ([], [])


def defined(file: Path, name: str) -> bool:
    """Whether `Class.method` stands in the file."""
    if not file.is_file():
        return False
    scope: list[ast.stmt] = ast.parse(file.read_text()).body
    for part in name.split("."):
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = [node for node in scope if isinstance(node, kinds) and node.name == part]
        if not found:
            return False
        scope = found[0].body
    return True
