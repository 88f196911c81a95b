"""The numbers that this service shows, apart from those of servicekit."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from palaver.contracts.model_router import Metered

FIRST_TOKEN_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Seconds; providers' first tokens come between a tenth of a second and minutes of reasoning."""


class RouterMetrics:
    """One set per registry: several services may share a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.turns_running = Gauge("palaver_turns_running", "Turns that this worker runs.", registry=registry)
        self.turns_ended = Counter(
            "palaver_turns_ended",
            "Turns that this worker ran, by how they ended.",
            ("outcome", "code"),
            registry=registry,
        )
        self.completions_running = Gauge(
            "palaver_side_jobs_running", "Side jobs that this worker runs.", registry=registry
        )
        self.completions_ended = Counter(
            "palaver_side_jobs_ended",
            "Deliveries of side jobs that this worker ran, by how they ended.",
            ("purpose", "outcome", "code"),
            registry=registry,
        )
        self.calls = Counter(
            "palaver_provider_calls", "Provider calls, by how they ended.", ("provider", "outcome"), registry=registry
        )
        self.first_token_seconds = Histogram(
            "palaver_provider_first_token_seconds",
            "From the request to the provider's first token.",
            ("provider",),
            buckets=FIRST_TOKEN_BUCKETS,
            registry=registry,
        )
        self.tokens = Counter(
            "palaver_tokens", "Tokens read and written by models.", ("provider", "direction"), registry=registry
        )
        self.deltas = Counter("palaver_deltas", "Deltas published.", registry=registry)
        self.deltas_dropped = Counter(
            "palaver_deltas_dropped", "Deltas not published because the broker was away.", registry=registry
        )

    def count(self, call: Metered) -> None:
        """A provider call is over."""
        self.calls.labels(call.provider, call.outcome).inc()
        self.tokens.labels(call.provider, "input").inc(call.usage.tokens_input)
        self.tokens.labels(call.provider, "output").inc(call.usage.tokens_output)
        if call.first_token_seconds is not None:
            self.first_token_seconds.labels(call.provider).observe(call.first_token_seconds)
