"""The web page: built with Node when its sources changed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from certificates import trust
from installer import uv_command, uv_environment
from progress import StepFailedError, run, step
from stamps import digest, is_current, mark

PINS = Path(__file__).with_name("node.txt")
MADE_DIRECTORIES = {"node_modules", "dist", "coverage"}
PROBE_TIMEOUT_SECONDS = 20.0


def prepare_page(root: Path) -> None:
    """Build `web/dist` if its sources changed. Raises StepFailedError."""
    web = root / "web"
    wanted = digest(_sources(web))
    stamp = web / "dist" / ".bootstrap-stamp"
    if is_current(stamp, wanted):
        return
    environment = prepare_packages(root)
    with step("Building the web page"):
        run(["npm", "run", "build"], cwd=web, environment=environment)
    mark(stamp, wanted)


def what_remains(root: Path) -> str:
    """What is served although the page could not be built."""
    built = (root / "web" / "dist" / "index.html").is_file()
    return "the page as it was built before is served" if built else "Palaver runs without it"


def prepare_packages(root: Path) -> dict[str, str]:
    """Install what `package-lock.json` says, if it changed. Returns the environment in which npm works."""
    web = root / "web"
    environment = _with_node(root)
    wanted = digest([web / "package.json", web / "package-lock.json"])
    stamp = web / "node_modules" / ".bootstrap-stamp"
    if not is_current(stamp, wanted):
        with step("Installing the page's packages"):
            run(["npm", "ci", "--no-audit", "--no-fund"], cwd=web, environment=environment)
        mark(stamp, wanted)
    return environment


def _sources(web: Path) -> Iterator[Path]:
    if not (web / "package-lock.json").is_file():
        raise StepFailedError(f"{web} holds no page.")
    for directory, subdirectories, files in os.walk(web):
        subdirectories[:] = sorted(set(subdirectories) - MADE_DIRECTORIES)
        yield from (Path(directory, name) for name in files)


def _with_node(root: Path) -> dict[str, str]:
    """The environment with a fitting Node first on PATH: the machine's own, else the one from PyPI."""
    own = shutil.which("node")
    if own and shutil.which("npm") and fits(_said(own)):
        return trust() | dict(os.environ)
    home = root / ".tools" / "node"
    node = home / "bin" / "node"
    if not (node.exists() and fits(_said(str(node)))):
        uv, environment = uv_command(root), uv_environment()
        with step("Fetching Node, as none that fits was found"):
            run(
                [uv, "venv", "--clear", "--python", root / ".venv" / "bin" / "python", home],
                cwd=root,
                environment=environment,
            )
            run(
                [uv, "pip", "install", "--python", home / "bin" / "python", "--require-hashes", "-r", PINS],
                cwd=root,
                environment=environment,
            )
    return trust() | dict(os.environ) | {"PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def fits(version: str) -> bool:
    """Whether the page can be built with this Node: ^20.19 or at least 22.12, the build tool's own condition."""
    number = re.match(r"v(\d+)\.(\d+)", version)
    if number is None:
        return False
    major, minor = int(number[1]), int(number[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)  # noqa: PLR2004 - see above


def _said(node: str) -> str:
    try:
        return subprocess.run(  # noqa: S603 - asks a candidate for its version
            [node, "--version"], capture_output=True, text=True, timeout=PROBE_TIMEOUT_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
