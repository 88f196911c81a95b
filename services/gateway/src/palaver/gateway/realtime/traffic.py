"""Plain counters of the token path. A Prometheus counter takes a lock; these are read when metrics are scraped."""


class Traffic:
    """Totals since the start of the process."""

    __slots__ = (
        "batches_sent",
        "bytes_dropped",
        "bytes_sent",
        "deltas_received",
        "events_received",
        "frames_received",
        "frames_sent",
        "heals",
        "lagging",
        "too_slow",
    )

    def __init__(self) -> None:
        self.batches_sent = 0
        self.bytes_dropped = 0
        self.bytes_sent = 0
        self.deltas_received = 0
        self.events_received = 0
        self.frames_received = 0
        self.frames_sent = 0
        self.heals = 0
        self.lagging = 0
        self.too_slow = 0
