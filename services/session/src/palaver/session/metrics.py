"""What the session service counts about rooms and turns; messages and queries are counted by servicekit."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class SessionMetrics:
    """One set per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.posts = Counter(
            "palaver_session_posts", "Messages posted, by what became of them.", ("outcome",), registry=registry
        )
        self.turns_ended = Counter(
            "palaver_session_turns_ended",
            "Turns ended, by finish reason, or by error code where there was no text.",
            ("reason",),
            registry=registry,
        )
        self.claims = Counter("palaver_session_claims", "Claims asked for.", ("verdict",), registry=registry)
        self.attempts_lost = Counter(
            "palaver_session_attempts_lost", "Attempts that died with their worker.", registry=registry
        )
        self.reissued = Counter(
            "palaver_session_turns_reissued",
            "Run commands repeated because nobody claimed the turn.",
            registry=registry,
        )
        self.may_expire = Gauge(
            "palaver_session_sweep_trusted",
            "1 while this replica's sweeps are regular enough to judge that a worker died.",
            registry=registry,
        )
