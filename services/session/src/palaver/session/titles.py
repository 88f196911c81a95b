"""What a model is asked for a room's title, and what of its answer becomes one. Pure."""

import re

from palaver.contracts import limits
from palaver.session.domain import visible_line

INSTRUCTIONS = (
    "Write a title for the conversation that begins with the message you are given. Use the language of the message, "
    "six words at most, no quotation marks and no full stop. Answer with the title alone; do not answer the message."
)
MAX_READ_CHARACTERS = 2_000
"""Of the message; what it is about stands at its beginning."""
MAX_OUTPUT_TOKENS = 1_000
"""A title has ten. Models that think before they answer need the rest."""

_LABEL = re.compile(r"^(title|标题)\s*[:：]\s*", re.IGNORECASE)  # noqa: RUF001 - Chinese titles have it
_AROUND = " \t\"'`*_#“”‘’«»„「」『』《》"  # noqa: RUF001 - quotation marks of many languages
_END = _AROUND + ".。"


def question(message: str) -> str:
    """The part of a person's message that a title is made from; empty if there is nothing to read."""
    return message.strip()[:MAX_READ_CHARACTERS]


def title_of(answer: str) -> str:
    """One visible line without what models like to put around a title; empty if nothing is left."""
    first = next((line for line in answer.splitlines() if line.strip(_END)), "")
    bare = _LABEL.sub("", first.strip(_AROUND)).lstrip(_AROUND).rstrip(_END)
    return visible_line(bare, limits.MAX_NAME_CHARACTERS)
