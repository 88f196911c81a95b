"""Who said what, read back from a request as a model would: roles, and the speaker headers inside user text. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

HEADER = re.compile(
    r"""^[ \t]*(?:
        <<<\ (?P<name>[^<>\n]{1,80}?)\ \((?P<kind>person|model)\)(?:,[^<>\n]*)?\ >>>   # <<< Ada (model), cut off >>>
      | \[ (?P<plain>[^\]\n]{1,80}) \] :?                                              # [Ada]:
    )[ \t]*$""",
    re.MULTILINE | re.VERBOSE,
)
"""The shapes of a speaker header that the simulated models understand: a line of its own above what was said."""

_TITLE = re.compile(r"\bwrite a title\b", re.IGNORECASE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a request: the wire's role and its plain text."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing said. `speaker` is None where the text names nobody; `own` marks the model's own words.

    `person` is None where the header does not say whether a person or a model spoke.
    """

    speaker: str | None
    text: str
    own: bool = False
    person: bool | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said, oldest first, without system prompts."""

    utterances: tuple[Utterance, ...]

    @property
    def question(self) -> Utterance:
        """What is to be answered: the newest words of a person, else of whoever opened the conversation."""
        heard = [u for u in self.utterances if not u.own]
        if not heard:
            return Utterance(None, "")
        people = [u for u in heard if u.person] or [u for u in heard if u.speaker == heard[0].speaker]
        return people[-1]

    @property
    def own_last(self) -> Utterance | None:
        """The model's own previous words."""
        return next((u for u in reversed(self.utterances) if u.own), None)

    @property
    def others(self) -> tuple[Utterance, ...]:
        """The newest words of each other named speaker who is not the host, in the order in which they came."""
        host = self.question.speaker
        newest = {u.speaker: u for u in self.utterances if not u.own and not u.person and u.speaker not in {None, host}}
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


def title_is_wanted(messages: Iterable[Said]) -> bool:
    """Whether the instructions ask for a title instead of an answer."""
    return any(m.role in {"system", "developer"} and _TITLE.search(m.text) is not None for m in messages)


def is_cjk(text: str) -> bool:
    """Whether at least a fifth of the text is Chinese, Japanese or Korean: then it is answered in Chinese."""
    return 5 * cjk_characters(text) >= max(1, len(text.strip()))


def cjk_characters(text: str) -> int:
    """How many characters are Chinese, Japanese or Korean."""
    return len(_CJK.findall(text))


def _split(text: str) -> list[Utterance]:
    found: list[Utterance] = []
    speaker: str | None = None
    person: bool | None = None
    start = 0
    for header in HEADER.finditer(text):
        _append(found, text[start : header.start()], speaker, person)
        speaker = (header["name"] or header["plain"]).strip()
        person = None if header["kind"] is None else header["kind"] == "person"
        start = header.end()
    _append(found, text[start:], speaker, person)
    return found


def _append(found: list[Utterance], text: str, speaker: str | None, person: bool | None) -> None:  # noqa: FBT001 - private
    words = text.strip()
    if words:
        found.append(Utterance(speaker, words, person=person))
