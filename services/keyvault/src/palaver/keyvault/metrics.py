"""What this service shows of itself beyond what servicekit counts of messages and answers."""

from prometheus_client import CollectorRegistry, Counter


class KeyvaultMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leases = Counter(
            "palaver_keyvault_leases",
            "Leases asked for, by purpose and by what became of them.",
            ("purpose", "outcome"),  # turn | completion | check; done, or an error code
            registry=registry,
        )
        self.keys = Counter("palaver_keyvault_keys", "Keys stored and deleted.", ("action",), registry=registry)
        self.checks = Counter(
            "palaver_keyvault_checks",
            "Providers' verdicts on keys, by the status they led to.",
            ("status",),
            registry=registry,
        )
        self.calls = Counter("palaver_keyvault_calls", "Provider calls counted for their keys.", registry=registry)
        self.tampered = Counter(
            "palaver_keyvault_tampered", "Stored keys that do not open: somebody changed the table.", registry=registry
        )
