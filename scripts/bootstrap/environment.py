"""The virtual environment: exactly what `requirements.lock` says, and every member of the workspace, editable."""

import sys
from pathlib import Path

from installer import uv_command, uv_environment
from progress import run, step
from stamps import digest, is_current, mark


def members(root: Path) -> list[Path]:
    """The directories that hold one distribution each."""
    return sorted(
        path.parent for group in ("libs", "services", "tools") for path in root.glob(f"{group}/*/pyproject.toml")
    )


def prepare_environment(root: Path) -> None:
    """Make `.venv` current. Does nothing, in milliseconds, when it is. Raises StepFailedError."""
    venv, lock = root / ".venv", root / "requirements.lock"
    projects = [member / "pyproject.toml" for member in members(root)]
    wanted = digest([lock, root / "pyproject.toml", *projects], sys.executable, str(root))
    stamp = venv / ".bootstrap-stamp"
    if is_current(stamp, wanted):
        return
    uv, environment = uv_command(root), uv_environment()
    python = venv / "bin" / "python"
    if not _is_of_this_interpreter(venv):
        with step(f"Making .venv with Python {sys.version_info.major}.{sys.version_info.minor}"):
            run([uv, "venv", "--clear", "--python", sys.executable, venv], cwd=root, environment=environment)
    with step(f"Installing {_pins(lock)} pinned packages"):
        run([uv, "pip", "sync", "--python", python, "--require-hashes", lock], cwd=root, environment=environment)
    with step(f"Installing the {len(projects)} members of the workspace"):
        editables = [part for project in projects for part in ("--editable", str(project.parent))]
        run([uv, "pip", "install", "--python", python, "--no-deps", *editables], cwd=root, environment=environment)
    mark(stamp, wanted)


def _is_of_this_interpreter(venv: Path) -> bool:
    python = venv / "bin" / "python"
    return python.exists() and python.resolve() == Path(sys.executable).resolve()


def _pins(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text().splitlines())
