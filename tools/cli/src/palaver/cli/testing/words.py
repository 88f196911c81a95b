"""What the page says in each of its languages, read from the page's own files: a test names a text by its key."""

import json
from functools import cache
from typing import Any

import pytest

from palaver.cli.checkout import checkout_root

LANGUAGES = ("en", "zh")


class Words:
    """The texts of one language."""

    def __init__(self, language: str, texts: dict[str, Any]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key like `rooms.new`, with what belongs into it. A missing key fails the test."""
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        assert isinstance(found, str)
        for name, value in values.items():
            found = found.replace(f"{{{{{name}}}}}", str(value))
        return found


@cache
def words(language: str) -> Words:
    """By the page's short name of the language."""
    root = checkout_root()
    if root is None:
        pytest.fail("the page's texts are in the checkout only")
    path = root / f"web/src/app/locales/{language}.json"
    return Words(language, json.loads(path.read_text(encoding="utf-8")))
