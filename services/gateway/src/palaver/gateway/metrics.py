"""The gateway's own numbers. The token path counts in plain integers, which are read when somebody scrapes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram

from palaver.servicekit.figures import Buckets, Figure, Figures, Sample

if TYPE_CHECKING:  # what is measured has metrics of its own to count in
    from palaver.gateway.realtime.hub import Hub
    from palaver.gateway.realtime.relay import Relay
    from palaver.gateway.realtime.traffic import Traffic

REQUEST_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
BATCH_BOUNDS = 11
"""1, 2, 4 to 1,024 objects."""
POST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class RestMetrics:
    """Requests by route template, so that ids never become labels."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seconds = Histogram(
            "palaver_http_request_seconds",
            "Time to answer a REST request.",
            ("method", "route"),
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self.answers = Counter(
            "palaver_http_requests", "REST requests by status.", ("method", "route", "status"), registry=registry
        )


class EdgeMetrics:
    """What clients ask, over whatever they are connected by."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.post_seconds = Histogram(
            "palaver_post_seconds",
            "From a message's frame or request to the broker's promise to keep it.",
            buckets=POST_BUCKETS,
            registry=registry,
        )
        self.posts_failed = Counter(
            "palaver_posts_failed",
            "Messages that did not get to the broker through a fault of ours; their senders try again.",
            registry=registry,
        )
        self.rate_limited = Counter(
            "palaver_rate_limited", "Refusals of what came too often, by limit.", ("limit",), registry=registry
        )


# ---- read when somebody scrapes --------------------------------------------------------------------------------------
CONNECTIONS = Figure("palaver_ws_connections", "Authenticated clients: WebSockets, event streams and long polls.")
PEOPLE = Figure("palaver_ws_people", "Different people connected.")
SESSIONS = Figure("palaver_ws_attached_sessions", "Sessions that somebody connected here follows.")
QUEUED = Figure("palaver_ws_queued_bytes", "Bytes that wait for clients' sockets, as of the last second.")
LAGGING = Figure("palaver_ws_lagging_clients", "Clients that get no deltas until they have read what waits.")
REFUSALS = Figure("palaver_ws_refusals", "Errors told to connected clients, by code.", "counter", ("code",))
ATTACHED = Figure(
    "palaver_ws_attachments",
    "Sessions attached: new, resumed where the client was, or reset because that was too long ago.",
    "counter",
    ("outcome",),
)
BATCHES = Figure("palaver_ws_batch_frames", "Objects in one array or chunk sent to a client.", "histogram")
TOTALS = {
    "frames_received": Figure("palaver_ws_received_frames", "Frames from clients.", "counter"),
    "bytes_received": Figure("palaver_ws_received_bytes", "Bytes of text from clients.", "counter"),
    "frames_sent": Figure("palaver_ws_sent_frames", "Objects sent to connected clients.", "counter"),
    "bytes_sent": Figure("palaver_ws_sent_bytes", "Bytes of text sent to connected clients.", "counter"),
    "bytes_dropped": Figure("palaver_ws_dropped_bytes", "Bytes of deltas dropped for slow clients.", "counter"),
    "lagging": Figure("palaver_ws_lags", "Times that a client read too slowly for its deltas.", "counter"),
    "too_slow": Figure("palaver_ws_too_slow", "Clients closed because they did not read.", "counter"),
    "events_received": Figure("palaver_relay_events", "Log entries heard.", "counter"),
    "deltas_received": Figure("palaver_relay_deltas", "Deltas heard.", "counter"),
    "heals": Figure("palaver_relay_heals", "Reads of a log to fill a gap.", "counter"),
}
"""By the name of the plain integer in `Traffic`."""
FIGURES = (CONNECTIONS, PEOPLE, SESSIONS, QUEUED, LAGGING, REFUSALS, ATTACHED, BATCHES, *TOTALS.values())


class RealtimeFigures:
    """Connections and the relay."""

    def __init__(self, hub: "Hub", relay: "Relay", traffic: "Traffic") -> None:
        self._hub = hub
        self._relay = relay
        self._traffic = traffic

    def show(self, figures: Figures) -> None:
        """See `Measured`."""
        hub, relay, traffic, read = self._hub, self._relay, self._traffic, figures.read
        read(CONNECTIONS, lambda: [Sample(len(hub))])
        read(PEOPLE, lambda: [Sample(hub.people)])
        read(QUEUED, lambda: [Sample(hub.queued_bytes)])
        read(LAGGING, lambda: [Sample(hub.lagging)])
        read(SESSIONS, lambda: [Sample(relay.sessions)])
        read(REFUSALS, lambda: [Sample(count, (code,)) for code, count in traffic.refusals.items()])
        read(ATTACHED, lambda: [Sample(count, (outcome,)) for outcome, count in traffic.attached.items()])
        read(BATCHES, lambda: batches(traffic))
        for name, figure in TOTALS.items():
            read(figure, lambda name=name: [Sample(getattr(traffic, name))])


def batches(traffic: "Traffic") -> Iterable[Sample]:
    """Their sizes as a histogram."""
    buckets = Buckets([2**power for power in range(BATCH_BOUNDS)])
    sizes = traffic.batches_sent
    buckets.counts = [*sizes[:BATCH_BOUNDS], sum(sizes[BATCH_BOUNDS:])]
    buckets.total = traffic.frames_sent
    return [Sample(buckets)]
