"""How far a client has read a session, as one word: the `id` of a stream's events, and the cursor of polls. Pure.

`epoch:seq` is a place in the log; `~turn:attempt:length` after it, once per running answer, says how much of its text
the client has, so that polling costs each piece of text once and not the whole answer each time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from palaver.contracts.failures import ErrorCode, Failure

MAX_TEXTS = 64
"""Running answers that one cursor tells of; the text of further ones is given whole."""
MAX_CURSOR_CHARACTERS = 4_096
_TEXT = r"~[0-9a-f-]{36}:\d{1,4}:\d{1,9}"
_CURSOR = re.compile(
    rf"(?:(?P<epoch>[\w-]{{1,64}}):)?(?P<seq>\d{{1,18}})(?P<texts>(?:{_TEXT}){{0,{MAX_TEXTS}}})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Heard:
    """So many code points of one attempt's text."""

    attempt: int
    length: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """`seq` is the last log entry seen, `texts` the running answers by turn. Without `epoch`, any log will do."""

    seq: int
    epoch: str | None = None
    texts: Mapping[str, Heard] = field(default_factory=dict[str, Heard])

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Also a plain `seq`. Raises Failure(VALIDATION_FAILED)."""
        found = _CURSOR.fullmatch(text) if len(text) <= MAX_CURSOR_CHARACTERS else None
        if found is None:
            raise Failure(ErrorCode.VALIDATION_FAILED, "This is no place in a session's log.")
        parts = (item.split(":") for item in found["texts"].split("~")[1:])
        texts = {turn: Heard(int(attempt), int(length)) for turn, attempt, length in parts}
        return cls(int(found["seq"]), found["epoch"], texts)

    def __str__(self) -> str:
        place = str(self.seq) if self.epoch is None else f"{self.epoch}:{self.seq}"
        texts = list(self.texts.items())[:MAX_TEXTS]
        return place + "".join(f"~{turn}:{heard.attempt}:{heard.length}" for turn, heard in texts)
