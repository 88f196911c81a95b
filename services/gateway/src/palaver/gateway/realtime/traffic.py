"""Plain counters of the token path. A Prometheus counter takes a lock; these are read when metrics are scraped."""

from collections import Counter

BATCH_SIZES = 32
"""Powers of two, more of them than any queue can hold, so that nobody must look for the end of the list."""


class Traffic:
    """Totals since the start of the process."""

    __slots__ = (
        "attached",
        "batches_sent",
        "bytes_dropped",
        "bytes_received",
        "bytes_sent",
        "deltas_received",
        "events_received",
        "frames_received",
        "frames_sent",
        "heals",
        "lagging",
        "refusals",
        "too_slow",
    )

    def __init__(self) -> None:
        self.attached: Counter[str] = Counter()
        self.batches_sent = [0] * BATCH_SIZES
        """By size: 1, 2, up to 4, up to 8, ..."""
        self.bytes_dropped = 0
        self.bytes_received = 0
        self.bytes_sent = 0
        self.deltas_received = 0
        self.events_received = 0
        self.frames_received = 0
        self.frames_sent = 0
        self.heals = 0
        self.lagging = 0
        self.refusals: Counter[str] = Counter()
        self.too_slow = 0
