"""The virtual environment: exactly what `requirements.lock` says, and every member of the workspace, editable."""

import subprocess
import sys
from pathlib import Path

from installer import uv_command, uv_environment
from progress import run, step
from stamps import digest, is_current, mark

PROBE_TIMEOUT_SECONDS = 20.0


def members(root: Path) -> list[Path]:
    """The directories that hold one distribution each."""
    return sorted(
        path.parent for group in ("libs", "services", "tools") for path in root.glob(f"{group}/*/pyproject.toml")
    )


def prepare_environment(root: Path) -> None:
    """Make `.venv` current. Does nothing, in milliseconds, when it is. Raises StepFailedError."""
    venv, lock = root / ".venv", root / "requirements.lock"
    projects = [member / "pyproject.toml" for member in members(root)]
    wanted = digest([lock, root / "pyproject.toml", *projects], str(root))
    stamp, python = venv / ".bootstrap-stamp", venv / "bin" / "python"
    if is_current(stamp, wanted) and python.exists():
        return
    uv, environment = uv_command(root), uv_environment()
    if not _runs(python):
        with step(f"Making .venv with Python {sys.version_info.major}.{sys.version_info.minor}"):
            run([uv, "venv", "--clear", "--python", sys.executable, venv], cwd=root, environment=environment)
    with step(f"Installing {_pins(lock)} pinned packages"):
        run([uv, "pip", "sync", "--python", python, "--require-hashes", lock], cwd=root, environment=environment)
    with step(f"Installing the {len(projects)} members of the workspace"):
        editables = [part for project in projects for part in ("--editable", str(project.parent))]
        run([uv, "pip", "install", "--python", python, "--no-deps", *editables], cwd=root, environment=environment)
    mark(stamp, wanted)


def _runs(python: Path) -> bool:
    """Whether it runs and is new enough. Whichever Python made it then stays: something may be running on it."""
    try:
        subprocess.run(  # noqa: S603 - the environment's own interpreter
            [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
            capture_output=True,
            timeout=PROBE_TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _pins(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text().splitlines())
