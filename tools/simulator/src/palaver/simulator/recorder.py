"""What was asked and what became of it, for tests to read. Bounded by count and by bytes; never holds a key."""

import hashlib
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

_CREDENTIAL_HEADERS = frozenset({"authorization", "x-api-key", "x-goog-api-key", "cookie", "proxy-authorization"})


class KeyTrace(msgspec.Struct, frozen=True):
    """Enough of a key to recognise it: the first 16 hex digits of its SHA-256, and its last four characters."""

    sha256: str
    last4: str

    @classmethod
    def of(cls, key: str) -> "KeyTrace":
        """The trace of a key."""
        return cls(hashlib.sha256(key.encode()).hexdigest()[:16], key[-4:])


class Record(msgspec.Struct):
    """One request. Times are seconds since the epoch; `text` is what was sent of the answer, to the character.

    `asked_seconds`: how long a `rate_limit` told its client to wait. `completed`: the whole answer went out.
    `client_closed_at`: when the client hung up before that.
    """

    number: int
    at: float
    protocol: str
    path: str
    headers: dict[str, str]
    key: KeyTrace | None
    body: Any
    model: str | None = None
    fault: str | None = None
    asked_seconds: float | None = None
    status: int | None = None
    text: str = ""
    tokens_input: int = 0
    tokens_cached: int = 0
    tokens_sent: int = 0
    first_token_at: float | None = None
    finished_at: float | None = None
    completed: bool = False
    client_closed_at: float | None = None
    size: int = 0

    def said(self, text: str, tokens: int) -> None:
        """More of the answer went out."""
        if self.first_token_at is None:
            self.first_token_at = time.time()
        self.text += text
        self.tokens_sent += tokens

    def finished(self, *, completed: bool) -> None:
        """It is over."""
        self.finished_at = time.time()
        self.completed = completed

    def client_left(self) -> None:
        """The client hung up before the answer was complete."""
        self.client_closed_at = self.finished_at = time.time()


class Recorder:
    """The newest requests, oldest first."""

    def __init__(self, max_records: int, max_bytes: int) -> None:
        self._records: deque[Record] = deque()
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._bytes = 0
        self._number = 0

    def open(
        self, protocol: str, path: str, headers: Mapping[str, str], *, key: str | None, body: Any, size: int
    ) -> Record:
        """Record a request; what becomes of it is written on the record. `size` is the body's bytes."""
        self._number += 1
        kept = {name: value for name, value in headers.items() if name not in _CREDENTIAL_HEADERS}
        trace = None if key is None else KeyTrace.of(key)
        record = Record(self._number, time.time(), protocol, path, kept, trace, body, size=size)
        self._records.append(record)
        self._bytes += size
        while len(self._records) > self._max_records or (self._bytes > self._max_bytes and len(self._records) > 1):
            self._bytes -= self._records.popleft().size
        return record

    def records(self, model: str | None = None) -> list[Record]:
        """What was recorded, oldest first; of one model if given."""
        return [r for r in self._records if model is None or r.model == model]

    def clear(self) -> None:
        """Forget everything; numbers go on counting."""
        self._records.clear()
        self._bytes = 0
