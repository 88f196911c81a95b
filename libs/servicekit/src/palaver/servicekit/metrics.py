"""The numbers that every service shows about its messages; one set per registry, for services may share a process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

HANDLE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; the chain of one post is budgeted at 15 ms (p50) and 50 ms (p99) over several of these steps."""


class MessageMetrics:
    """Counters of handled messages, answered queries, dead letters and restarted loops."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.handled = Counter(
            "palaver_messages_handled",
            "Messages that a handler finished, by what became of them.",
            ("subject", "outcome"),
            registry=registry,
        )
        self.seconds = Histogram(
            "palaver_handle_seconds",
            "Time in a handler, one attempt.",
            ("subject",),
            buckets=HANDLE_BUCKETS,
            registry=registry,
        )
        self.held = Gauge(
            "palaver_messages_held",
            "Messages held in progress because a dependency is down.",
            ("durable",),
            registry=registry,
        )
        self.dead_letters = Counter(
            "palaver_dead_letters", "Messages given up.", ("durable", "subject"), registry=registry
        )
        self.broker_up = Gauge("palaver_broker_up", "Whether the broker is connected.", registry=registry)
        self.task_failures = Counter(
            "palaver_task_failures", "Supervised loops that raised and were run again.", ("task",), registry=registry
        )
