"""What prepares a checkout copes with machines as they are found. Needs no network."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHELL = "/bin/sh"


def _find_python(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SHELL, ROOT / "scripts" / "python.sh"],
        env={"PATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!{SHELL}\n{script}\n")
    path.chmod(0o755)


def test_a_shim_that_fails_when_run_is_passed_over(tmp_path: Path) -> None:
    _program(tmp_path / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    _program(tmp_path / "python3", f'exec {sys.executable} "$@"')
    found = _find_python(tmp_path)
    assert Path(found.stdout.strip()).samefile(sys.executable)


def test_a_python_that_is_too_old_is_one_sentence(tmp_path: Path) -> None:
    _program(tmp_path / "python3", "exit 1")
    found = _find_python(tmp_path)
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.startswith("Palaver needs Python 3.11 or newer")


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v18.20.0", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("", False),
    ],
)
def test_node_is_used_only_where_the_page_can_be_built_with_it(version: str, fits: bool) -> None:  # noqa: FBT001 - a table
    script = f"import sys; sys.path.insert(0, 'scripts/bootstrap'); import page; print(page.fits({version!r}))"
    said = subprocess.run([sys.executable, "-B", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(fits)


def test_a_page_that_cannot_be_built_is_said_and_stops_nothing(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    said = subprocess.run(
        [sys.executable, "-B", tmp_path / "scripts" / "bootstrap", "page"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0
    assert said.stderr.endswith("The web page could not be built; Palaver runs without it.\n")


def test_a_page_that_was_built_before_is_said_to_be_served(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "web" / "dist").mkdir(parents=True)
    (tmp_path / "web" / "dist" / "index.html").write_text("")
    said = subprocess.run(
        [sys.executable, "-B", tmp_path / "scripts" / "bootstrap", "page"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0
    assert said.stderr.endswith("could not be built; the page as it was built before is served.\n")


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("up", "test", "check", "fmt", "lock", "generate", "e2e", "doctor"):
        assert f"\n  {target} " in f"\n{listed}"
