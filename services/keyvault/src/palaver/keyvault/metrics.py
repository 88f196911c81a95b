"""What this service shows of itself beyond what servicekit counts of messages and answers."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge


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
        self.unusual = Counter(
            "palaver_keyvault_unusual", "Days on which a key was used unusually.", ("rule",), registry=registry
        )
        self.tampered = Counter(
            "palaver_keyvault_tampered", "Stored keys that do not open: somebody changed the table.", registry=registry
        )
        self.rewrapped = Counter(
            "palaver_keyvault_rewrapped", "Data keys wrapped by a newer key-encryption key.", registry=registry
        )
        self._envelopes = Gauge(
            "palaver_keyvault_envelopes",
            "Stored keys by the version of the key-encryption key that they need.",
            ("kek_version",),
            registry=registry,
        )

    def show_envelopes(self, by_version: Mapping[int, int]) -> None:
        """As they are now; a version that is not there any more is needed no longer."""
        self._envelopes.clear()
        for version, count in by_version.items():
            self._envelopes.labels(str(version)).set(count)
