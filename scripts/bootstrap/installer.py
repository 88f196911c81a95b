"""uv, from PATH if it is recent enough, else from PyPI into `.tools`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from certificates import trust
from progress import StepFailedError, run, step

OLDEST_UV = (0, 9)
PINS = Path(__file__).with_name("uv.txt")
PROBE_TIMEOUT_SECONDS = 10.0


def uv_command(root: Path) -> Path:
    """A uv that runs. Raises StepFailedError with what to do when there is no way to have one."""
    tools = root / ".tools"
    for candidate in (tools / "bin" / "uv", tools / "site" / "bin" / "uv", shutil.which("uv")):
        if candidate and _version(Path(candidate)) >= OLDEST_UV:
            return Path(candidate)
    with step("Fetching uv"):
        return _from_venv(root, tools) or _from_target(root, tools)


def uv_environment() -> dict[str, str]:
    """The environment for uv: it may not fetch an interpreter of its own unless the person allows it."""
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return trust() | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"} | inherited


def _version(uv: Path) -> tuple[int, ...]:
    try:
        said = subprocess.run(  # noqa: S603 - asks a candidate for its version
            [uv, "--version"], capture_output=True, text=True, timeout=PROBE_TIMEOUT_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    number = re.search(r"(\d+)\.(\d+)", said)
    return tuple(map(int, number.groups())) if number else ()


def _from_venv(root: Path, tools: Path) -> Path | None:
    """The ordinary way; a distribution's Python may lack venv or ensurepip."""
    try:
        run([sys.executable, "-m", "venv", "--clear", tools], cwd=root)
    except StepFailedError:
        return None
    run([tools / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", PINS], cwd=root)
    return tools / "bin" / "uv"


def _from_target(root: Path, tools: Path) -> Path:
    site = tools / "site"
    try:
        run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--target", site, "-r", PINS],
            cwd=root,
        )
    except StepFailedError as error:
        raise StepFailedError(
            f"uv could not be fetched, because {sys.executable} has neither venv nor a working pip "
            f"(on Debian or Ubuntu: apt-get install python3-venv). {error}"
        ) from None
    return site / "bin" / "uv"
