# ruff: noqa: RUF001 - Chinese punctuation is meant
"""Who said what, read back from a request as a model would: roles, and the speaker headers inside user text. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

HEADER = re.compile(
    r"""^[ \t]*(?:
        [\[【⟦] (?:from:?\ |speaker:?\ )? (?P<bracket>[^\]】⟧\n]{1,80}) [\]】⟧] [:：]?   # [Ada]  【Ada】:
      | <(?:message|speaker|from)\b[^>\n]*?"(?P<tag>[^"\n]{1,80})"[^>\n]*>               # <speaker name="Ada">
      | ={2,}\ ?(?P<rule>[^=\n]{1,80}?)\ ?={2,}                                         # === Ada ===
      | \#{2,}\ (?P<heading>[^#\n]{1,80}?)[ \t]*$                                       # ### Ada
    )""",
    re.MULTILINE | re.VERBOSE,
)
"""The shapes of a speaker header that the simulated models understand, at the start of a line."""

_CLOSING_TAG = re.compile(r"^[ \t]*</(?:message|speaker|from)>[ \t]*$", re.MULTILINE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a request: the wire's role and its plain text."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing said. `speaker` is None where the text names nobody; `own` marks the model's own words."""

    speaker: str | None
    text: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said, oldest first, without system prompts."""

    utterances: tuple[Utterance, ...]

    @property
    def question(self) -> Utterance:
        """What is to be answered: the newest words of whoever opened the conversation."""
        heard = [u for u in self.utterances if not u.own]
        if not heard:
            return Utterance(None, "")
        host = heard[0].speaker
        return next(u for u in reversed(heard) if u.speaker == host)

    @property
    def own_last(self) -> Utterance | None:
        """The model's own previous words."""
        return next((u for u in reversed(self.utterances) if u.own), None)

    @property
    def others(self) -> tuple[Utterance, ...]:
        """The newest words of each other named speaker who is not the host, in the order in which they came."""
        host = self.question.speaker
        newest = {u.speaker: u for u in self.utterances if not u.own and u.speaker not in {None, host}}
        return tuple(sorted(newest.values(), key=self.utterances.index))


def read(messages: Iterable[Said]) -> Conversation:
    """The conversation inside a request's messages."""
    utterances: list[Utterance] = []
    for message in messages:
        if message.role == "assistant":
            utterances.append(Utterance(None, message.text.strip(), own=True))
        elif message.role == "user":
            utterances.extend(_split(message.text))
    return Conversation(tuple(utterances))


def is_cjk(text: str) -> bool:
    """Whether at least a fifth of the text is Chinese, Japanese or Korean: then it is answered in Chinese."""
    return 5 * cjk_characters(text) >= max(1, len(text.strip()))


def cjk_characters(text: str) -> int:
    """How many characters are Chinese, Japanese or Korean."""
    return len(_CJK.findall(text))


def _split(text: str) -> list[Utterance]:
    found: list[Utterance] = []
    speaker: str | None = None
    start = 0
    for header in HEADER.finditer(text):
        _append(found, speaker, text[start : header.start()])
        speaker = next(name for name in header.groups() if name is not None).strip()
        start = header.end()
    _append(found, speaker, text[start:])
    return found


def _append(found: list[Utterance], speaker: str | None, text: str) -> None:
    words = _CLOSING_TAG.sub("", text).strip()
    if words:
        found.append(Utterance(speaker, words))
