"""Prepares a checkout with nothing but a Python. Steps: `environment`; `page`, whose failure is only said; `npm …`.

Uses the standard library only, as it runs before anything is installed.
"""

import fcntl
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from environment import prepare_environment
from page import prepare_packages, prepare_page, what_remains
from progress import StepFailedError

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Do the named steps in order; everything after `npm` is given to npm, in `web/`."""
    try:
        with _alone():
            npm = _prepare(arguments)
    except StepFailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if npm is None:
        return 0
    os.chdir(ROOT / "web")
    os.execvpe("npm", ["npm", *arguments[arguments.index("npm") + 1 :]], npm)  # noqa: S606, S607 - npm as prepared
    return 1


def _prepare(arguments: list[str]) -> Mapping[str, str] | None:
    for name in arguments:
        if name == "environment":
            prepare_environment(ROOT)
        elif name == "page":
            _page_if_possible()
        elif name == "npm":
            return prepare_packages(ROOT)
        else:
            raise StepFailedError(f"There is no step named {name}.")
    return None


def _page_if_possible() -> None:
    """The API does not need the page."""
    try:
        prepare_page(ROOT)
    except StepFailedError as error:
        sys.stderr.write(f"{error}\n  The web page could not be built; {what_remains(ROOT)}.\n")


@contextmanager
def _alone() -> Generator[None]:
    """Two terminals may start at the same time in one checkout."""
    stamps = ROOT / ".stamps"
    stamps.mkdir(exist_ok=True)
    with (stamps / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
