"""How the simulated providers cut and count text: by a rule of their own, which nobody else knows. Pure."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from palaver.simulator.conversation import Said, cjk_characters

_PIECE = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]{1,2}"  # one or two Chinese characters
    r"|\s*[^\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]{1,7}"  # up to seven others, with the space before
    r"|\s+"
)
_CHARACTERS_PER_TOKEN = 4.0


@dataclass(frozen=True, slots=True)
class Counting:
    """How one model counts its prompt. Differs between models as real tokenizers do."""

    factor: float = 1.0
    per_message: int = 3
    per_cjk_character: float = 0.7


def split(text: str) -> list[str]:
    """The text as the pieces in which it is streamed; joined they are the text again. One piece is one output token."""
    return _PIECE.findall(text)


def count_prompt(messages: Iterable[Said], counting: Counting) -> int:
    """Input tokens of a request."""
    total = 3.0
    for message in messages:
        total += counting.per_message + tokens_of(message.text, counting)
    return math.ceil(total)


def tokens_of(text: str, counting: Counting) -> float:
    """What a piece of a message adds to the count of its request."""
    cjk = cjk_characters(text)
    plain = (len(text) - cjk) / _CHARACTERS_PER_TOKEN
    return counting.factor * (plain + cjk * counting.per_cjk_character)
