"""What this service shows of itself beyond what servicekit counts of messages and answers."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ERROR_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
FILL_BUCKETS = (0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


class ContextMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.entries = Counter("palaver_context_log_entries", "Log entries taken from the broker.", registry=registry)
        self.gaps = Counter(
            "palaver_context_log_gaps", "Times that the log was read because an entry was missing.", registry=registry
        )
        self.log_reads = Counter(
            "palaver_context_fresh_reads", "Log pages read for a window or meter that needed more.", registry=registry
        )
        self.fill = Histogram(
            "palaver_context_window_fill",
            "Used share of the model's window, per window built; their count is that of the windows.",
            buckets=FILL_BUCKETS,
            registry=registry,
        )
        self.overflows = Counter(
            "palaver_context_overflows", "Windows refused because the newest message is too long.", registry=registry
        )
        self.summaries = Counter(
            "palaver_context_summaries", "Summaries begun, written and failed.", ["what"], registry=registry
        )
        self.cached_characters = Gauge(
            "palaver_context_cached_characters", "Characters of conversation held in memory.", registry=registry
        )
        self.estimate_error = Histogram(
            "palaver_context_estimate_error",
            "Share by which a request's estimate missed what the provider reported.",
            buckets=ERROR_BUCKETS,
            registry=registry,
        )
