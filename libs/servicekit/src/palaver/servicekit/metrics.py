"""The numbers that every service shows about its messages; one set per registry, for services may share a process."""

from nats.js.api import ConsumerInfo
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from palaver.servicekit.figures import Figure

HANDLE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; the chain of one post is budgeted at 15 ms (p50) and 50 ms (p99) over several of these steps."""
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Seconds; a token may be held up for some milliseconds without anybody noticing, not for tenths of a second."""


class MessageMetrics:
    """Counters of handled messages, answered queries, dead letters and restarted loops."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.handled = Counter(
            "palaver_messages_handled",
            "Messages that a handler finished, by what became of them: done, a verdict of the delivery policy, or the "
            "error code of an answer.",
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
        self.phase = Gauge(
            "palaver_service_ready", "Whether the service takes work; 0 while it starts or stops.", registry=registry
        )


class ConsumerMetrics:
    """What waits in the durables that this service pulls from, as the broker says; every replica shows the same."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pending = Gauge(
            "palaver_consumer_pending_messages",
            "Messages that wait to be delivered for the first time.",
            ("durable",),
            registry=registry,
        )
        self._unacknowledged = Gauge(
            "palaver_consumer_unacknowledged_messages",
            "Messages delivered to some replica and not acknowledged yet.",
            ("durable",),
            registry=registry,
        )
        self._redelivered = Gauge(
            "palaver_consumer_redelivered_messages",
            "Messages among them that were delivered more than once.",
            ("durable",),
            registry=registry,
        )

    def show(self, durable: str, info: ConsumerInfo) -> None:
        """As of now."""
        self._pending.labels(durable).set(info.num_pending or 0)
        self._unacknowledged.labels(durable).set(info.num_ack_pending or 0)
        self._redelivered.labels(durable).set(info.num_redelivered or 0)


class DependencyMetrics:
    """Who is down; see `dependencies.py`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._up = Gauge(
            "palaver_dependency_up", "Whether it answered the last check.", ("dependency",), registry=registry
        )

    def show(self, dependency: str, *, up: bool) -> None:
        """As of the last check."""
        self._up.labels(dependency).set(up)


class ProcessMetrics:
    """The process's own, once per process; CPU, memory and files are shown by prometheus_client itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.loop_lag = Histogram(
            "palaver_event_loop_lag_seconds",
            "How much later than asked for the event loop woke a sleeper; streams stutter by as much.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )


# ---- read when somebody scrapes --------------------------------------------------------------------------------------
BROKER = {
    "in_msgs": Figure("palaver_broker_received_messages", "Messages received from the broker.", "counter"),
    "out_msgs": Figure("palaver_broker_sent_messages", "Messages sent to the broker.", "counter"),
    "in_bytes": Figure("palaver_broker_received_bytes", "Payload received from the broker.", "counter"),
    "out_bytes": Figure("palaver_broker_sent_bytes", "Payload sent to the broker.", "counter"),
    "reconnects": Figure("palaver_broker_reconnects", "Times that the broker was lost and found again.", "counter"),
}
"""By the name of nats-py's own counter."""
DATABASE_CONNECTIONS = Figure(
    "palaver_database_connections", "Connections of a pool: in_use or idle.", labels=("pool", "state")
)
DATABASE_CONNECTIONS_MAX = Figure(
    "palaver_database_connections_max", "Connections that a pool may open; who needs one more waits.", labels=("pool",)
)
DATABASE_OUTAGES = Figure(
    "palaver_database_outages",
    "Statements and connections that failed because the database was away, too slow, or without a free connection.",
    "counter",
    ("pool",),
)
OUTBOX_PENDING = Figure(
    "palaver_outbox_pending_messages",
    "Committed messages that the last sweep found unpublished, up to the size of one round.",
    labels=("outbox",),
)
OUTBOX_LAG = Figure(
    "palaver_outbox_lag_seconds",
    "For how long committed messages have been waiting; 0 when none do.",
    labels=("outbox",),
)
NETWORK_RECEIVED = Figure(
    "process_network_receive_bytes", "Bytes received by the network that the process lives in.", "counter"
)
NETWORK_SENT = Figure(
    "process_network_transmit_bytes", "Bytes sent by the network that the process lives in.", "counter"
)
SERVICE_FIGURES = (
    *BROKER.values(),
    DATABASE_CONNECTIONS,
    DATABASE_CONNECTIONS_MAX,
    DATABASE_OUTAGES,
    OUTBOX_PENDING,
    OUTBOX_LAG,
)
PROCESS_FIGURES = (NETWORK_RECEIVED, NETWORK_SENT)
