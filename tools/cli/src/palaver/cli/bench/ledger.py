"""Every token accounted for: its number and the time when the provider sent it are in its text."""

import time
from array import array

LONGEST_OVERTAKEN_US = 1_000_000
"""An answer's last event overtakes the deltas that still wait, and these are dropped: so the protocol says. What was
sent longer before than this was not waiting but lost."""


def now_us() -> int:
    """Microseconds of the monotonic clock, which all processes of a machine share."""
    return time.monotonic_ns() // 1_000


class Ledger:
    """The tokens of one answer as its reader gets them. Tokens may arrive in any split: `;` ends each.

    `from_snapshot` and `overtaken` tokens came in the two ways that the protocol has beside deltas; `healed` ones were
    lost on the way and seen again only in the final text, which is a fault.
    """

    def __init__(self, tokens: int) -> None:
        self.first_at_us: int | None = None
        self.repeated = 0
        self.disordered = 0
        self.foreign = 0
        self.from_snapshot = 0
        self.overtaken = 0
        self.healed = 0
        self.arrivals = array("q")
        self.delays = array("q")
        self._seen = bytearray(tokens)
        self._last = -1
        self._tail = ""

    def feed(self, text: str, at_us: int) -> None:
        """More of the answer arrived."""
        *whole, self._tail = (self._tail + text).split(";")
        for token in whole:
            self._note(*_read(token), at_us)

    def catch_up(self, text: str, at_us: int) -> None:
        """The whole text so far arrived, after a reconnect or after deltas were dropped for a slow reader."""
        *whole, self._tail = text.split(";")
        for token in whole:
            number, _ = _read(token)
            if number >= len(self._seen):
                self.foreign += 1
                continue
            self.from_snapshot += not self._seen[number]
            self._seen[number] = 1
            self._last = max(self._last, number)
        if whole and self.first_at_us is None:
            self.first_at_us = at_us

    def close(self, final_text: str, at_us: int) -> None:
        """The answer's own record of itself arrived."""
        for token in final_text.split(";")[:-1]:
            number, sent_us = _read(token)
            if number >= len(self._seen) or self._seen[number]:
                continue
            self._seen[number] = 1
            if number > self._last and at_us - sent_us <= LONGEST_OVERTAKEN_US:
                self.overtaken += 1
            else:
                self.healed += 1

    @property
    def lost(self) -> int:
        """Tokens that never came."""
        return self._seen.count(0)

    @property
    def complete(self) -> bool:
        """All are there."""
        return not self.lost

    def _note(self, number: int, sent_us: int, at_us: int) -> None:
        if number >= len(self._seen):
            self.foreign += 1
            return
        if self.first_at_us is None:
            self.first_at_us = at_us
        self.repeated += self._seen[number]
        self.disordered += number < self._last
        self._last = number
        self._seen[number] = 1
        self.arrivals.append(at_us)
        self.delays.append(at_us - sent_us)


def _read(token: str) -> tuple[int, int]:
    """Its number and when it was sent. What stands before the number is padding, see `Load.script_text`."""
    number, _, sent_us = token.partition("@")
    return int(number[-7:]), int(sent_us)
