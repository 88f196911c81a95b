"""The numbers that this service shows, apart from those of servicekit.

Labels are ids of providers and models of the catalogue, which administrators alone extend; what a person asks for and
the catalogue does not know is never a label.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from palaver.contracts.model_router import Metered
from palaver.servicekit.figures import Buckets, Figure, Figures, Sample

FIRST_TOKEN_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Seconds; providers' first tokens come between a tenth of a second and minutes of reasoning."""

CALL_BUCKETS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0)
GAP_BUCKETS = (0.021, 0.025, 0.03, 0.04, 0.06, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0, 30.0)
"""Seconds; deltas leave at most once per flush window, 20 ms by default."""

GAPS = Figure(
    "palaver_delta_gap_seconds",
    "Between two deltas of one answer, as they leave the worker; the flush window included.",
    "histogram",
    ("model",),
)
BREAKER_STATE = Figure(
    "palaver_breaker_state",
    "0 closed, 1 half open, 2 open: of a model at its provider, and of the provider's host where there is no model.",
    labels=("provider", "model"),
)
BREAKERS_OPEN = Figure(
    "palaver_breakers_open",
    "Breakers that are not closed, by what they protect: key, offer, endpoint or host.",
    labels=("part",),
)
BREAKER_OPENINGS = Figure(
    "palaver_breaker_openings", "Times that a breaker opened, here or at another worker.", "counter", ("part", "code")
)
PLACES_WAITING = Figure(
    "palaver_provider_waiting_calls", "Calls that wait because as many run as may at once.", labels=("provider",)
)
FIGURES = (GAPS, BREAKER_STATE, BREAKERS_OPEN, BREAKER_OPENINGS, PLACES_WAITING)


class Gaps:
    """Gaps between deltas by model, in plain numbers: they are noted for nearly every token."""

    def __init__(self) -> None:
        self._of: dict[str, Buckets] = {}

    def of(self, model_id: str) -> Buckets:
        """Where those of a known model are noted."""
        return self._of.setdefault(model_id, Buckets(GAP_BUCKETS))

    def samples(self) -> Iterable[Sample]:
        """As of now."""
        return [Sample(buckets, (model_id,)) for model_id, buckets in self._of.items()]


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
            "palaver_provider_calls",
            "Provider calls, by how they ended.",
            ("provider", "model", "outcome"),
            registry=registry,
        )
        self.first_token_seconds = Histogram(
            "palaver_provider_first_token_seconds",
            "From the request to the provider's first token.",
            ("provider", "model"),
            buckets=FIRST_TOKEN_BUCKETS,
            registry=registry,
        )
        self.tokens = Counter(
            "palaver_tokens",
            "Tokens read (input) and written (output) by models.",
            ("provider", "model", "direction"),
            registry=registry,
        )
        self.call_seconds = Histogram(
            "palaver_provider_call_seconds",
            "A whole provider call.",
            ("provider", "model"),
            buckets=CALL_BUCKETS,
            registry=registry,
        )
        self.turn_first_token_seconds = Histogram(
            "palaver_turn_first_token_seconds",
            "From a turn's request to its first text, whatever it waited for: workers, keys, windows, providers.",
            ("model",),
            buckets=FIRST_TOKEN_BUCKETS,
            registry=registry,
        )
        self.deltas = Counter("palaver_deltas", "Deltas published.", registry=registry)
        self.deltas_dropped = Counter(
            "palaver_deltas_dropped", "Deltas not published because the broker was away.", registry=registry
        )

        self.gaps = Gaps()

    def show(self, figures: Figures) -> None:
        """See `Measured`."""
        figures.read(GAPS, self.gaps.samples)

    def count(self, call: Metered) -> None:
        """A provider call is over."""
        provider, model = call.provider, call.model_id
        self.calls.labels(provider, model, call.outcome).inc()
        self.tokens.labels(provider, model, "input").inc(call.usage.tokens_input)
        self.tokens.labels(provider, model, "output").inc(call.usage.tokens_output)
        self.call_seconds.labels(provider, model).observe(call.duration_seconds)
        if call.first_token_seconds is not None:
            self.first_token_seconds.labels(provider, model).observe(call.first_token_seconds)
