"""The gateway's own numbers. The token path counts in plain integers, which are read when somebody scrapes."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from palaver.gateway.realtime.hub import Hub
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.traffic import Traffic

REQUEST_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


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


class RealtimeMetrics(Collector):
    """Connections and the relay, read at scrape time."""

    def __init__(self, registry: CollectorRegistry, *, hub: Hub, relay: Relay, traffic: Traffic) -> None:
        self._hub = hub
        self._relay = relay
        self._traffic = traffic
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """One scrape."""
        yield GaugeMetricFamily(
            "palaver_ws_connections", "Authenticated clients: WebSockets, event streams and long polls.", len(self._hub)
        )
        yield GaugeMetricFamily("palaver_ws_people", "Different people connected.", self._hub.people)
        yield GaugeMetricFamily("palaver_ws_rooms", "Attached sessions.", len(list(self._relay.rooms)))
        traffic = self._traffic
        for name, text, value in (
            ("palaver_ws_frames_received", "WebSocket frames from clients.", traffic.frames_received),
            ("palaver_ws_frames_sent", "Objects sent to clients that are connected.", traffic.frames_sent),
            ("palaver_ws_batches_sent", "Arrays or chunks in which they were sent.", traffic.batches_sent),
            ("palaver_ws_bytes_sent", "Bytes of text sent to clients.", traffic.bytes_sent),
            ("palaver_relay_events", "Log entries heard.", traffic.events_received),
            ("palaver_relay_deltas", "Deltas heard.", traffic.deltas_received),
            ("palaver_relay_heals", "Reads of a log to fill a gap.", traffic.heals),
            ("palaver_ws_lagging", "Times that a client read too slowly for its deltas.", traffic.lagging),
            ("palaver_ws_bytes_dropped", "Bytes of deltas dropped for slow clients.", traffic.bytes_dropped),
            ("palaver_ws_too_slow", "Clients closed because they did not read.", traffic.too_slow),
        ):
            yield CounterMetricFamily(name, text, value)
