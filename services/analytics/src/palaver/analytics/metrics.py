"""What this service shows of itself beyond what servicekit counts of messages and answers."""

from prometheus_client import CollectorRegistry, Counter


class AnalyticsMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.facts = Counter(
            "palaver_analytics_facts", "Provider calls booked.", ("model", "outcome"), registry=registry
        )
        self.repeated = Counter(
            "palaver_analytics_repeated_facts", "Facts that were booked already.", registry=registry
        )
        self.cost = Counter("palaver_analytics_cost_usd", "Money booked.", ("model",), registry=registry)
        self.refused = Counter(
            "palaver_analytics_refused_reservations", "Reservations beyond the daily limit.", registry=registry
        )
        self.swept = Counter(
            "palaver_analytics_swept_reservations", "Reservations of what never said its end.", registry=registry
        )
