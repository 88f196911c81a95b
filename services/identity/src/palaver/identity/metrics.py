"""What this service shows of itself beyond what servicekit counts of messages and answers."""

from prometheus_client import CollectorRegistry, Counter, Histogram

HASH_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class IdentityMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.sign_ins = Counter(
            "palaver_identity_sign_ins",
            "Sign-ins and attempts at it.",
            ("how", "outcome"),  # register | password | second-factor | link; done | refused
            registry=registry,
        )
        self.refreshes = Counter(
            "palaver_identity_refreshes",
            "Refresh tokens presented, by what became of them.",
            ("outcome",),  # done, or a `domain.Refusal`
            registry=registry,
        )
        self.ended_sign_ins = Counter(
            "palaver_identity_ended_sign_ins",
            "Sign-ins that ended before their time.",
            ("how",),  # a `domain.FamilyEnd`
            registry=registry,
        )
        self.mails = Counter(
            "palaver_identity_mails",
            "Mails, by what became of an attempt to send one.",
            ("outcome",),  # sent | postponed | given_up; nobody: no account, or enough links already
            registry=registry,
        )
        self.tickets = Counter(
            "palaver_identity_tickets", "WebSocket tickets.", ("outcome",), registry=registry
        )  # issued | redeemed | refused
        self.audit_entries = Counter(
            "palaver_identity_audit_entries",
            "Entries new in the audit trail.",
            ("service", "outcome"),
            registry=registry,
        )
        self.hash_seconds = Histogram(
            "palaver_identity_password_hash_seconds",
            "One argon2id computation; far below 20 ms means weak parameters, far above 500 ms an overloaded machine.",
            buckets=HASH_BUCKETS,
            registry=registry,
        )
