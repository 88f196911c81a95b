"""Where this command was installed from: a checkout of the project, or a package index."""

from pathlib import Path

LEVELS_TO_ROOT = 5  # tools/cli/src/palaver/cli/checkout.py


def checkout_root() -> Path | None:
    """The checkout that this file is part of; None when the package was installed from elsewhere."""
    root = Path(__file__).resolve().parents[LEVELS_TO_ROOT]
    return root if (root / "requirements.lock").is_file() else None


def default_home() -> Path:
    """`.palaver` in the checkout, else in the person's home."""
    return (checkout_root() or Path.home()) / ".palaver"


def built_page() -> Path | None:
    """The directory of the built web page, if there is one."""
    root = checkout_root()
    page = root / "web" / "dist" if root else None
    return page if page and (page / "index.html").is_file() else None
