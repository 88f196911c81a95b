"""Strips a model's own name from the beginning of its answer, delaying no text longer than the name needs. Pure."""

from collections.abc import Sequence


class EchoFilter:
    """Feed it an answer piece by piece; it gives back the answer without an echoed speaker prefix at its beginning.

    White space before and after an echoed prefix goes with it. Text is held only while all of it could still be the
    beginning of a prefix.
    """

    __slots__ = ("_held", "_prefixes", "_state")

    def __init__(self, prefixes: Sequence[str]) -> None:
        self._prefixes = tuple(prefix for prefix in prefixes if prefix)
        self._held = ""
        self._state = "looking" if self._prefixes else "passing"

    def feed(self, text: str) -> str:
        """The text that may be shown now."""
        if self._state == "passing":
            return text
        if self._state == "trimming":
            return self._trim(text)
        self._held += text
        start = self._held.lstrip()
        if any(len(prefix) > len(start) and prefix.startswith(start) for prefix in self._prefixes):
            return ""
        return self._decide(start)

    def end(self) -> str:
        """The answer is over: what is still held, unless it is a prefix."""
        if self._state != "looking":
            return ""
        return self._decide(self._held.lstrip())

    def _decide(self, start: str) -> str:
        held, self._held = self._held, ""
        echoed = max((p for p in self._prefixes if start.startswith(p)), key=len, default=None)
        if echoed is None:
            self._state = "passing"
            return held
        self._state = "trimming"
        return self._trim(start[len(echoed) :])

    def _trim(self, text: str) -> str:
        rest = text.lstrip()
        if rest:
            self._state = "passing"
        return rest
