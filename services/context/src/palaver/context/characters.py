"""The characters of a text in two classes, because tokenizers differ most between them. Pure."""

import re
from typing import NamedTuple

_WIDE = re.compile(
    "[\u3000-\u30ff"  # punctuation, hiragana, katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
    "\uac00-\ud7af"  # hangul
    "\uff00-\uffef]+"  # full-width forms
)


class Characters(NamedTuple):
    """How many characters are wide (Chinese, Japanese and Korean), and how many are not."""

    plain: int
    wide: int


def wide_in(text: str) -> str:
    """All wide characters of a text, in a row."""
    return "" if text.isascii() else "".join(_WIDE.findall(text))


def characters_of(text: str) -> Characters:
    """What a text consists of."""
    wide = len(wide_in(text))
    return Characters(len(text) - wide, wide)
