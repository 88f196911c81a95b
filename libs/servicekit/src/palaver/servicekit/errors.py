"""How something outside a service fails it, apart from a refusal (`palaver.contracts.failures.Failure`).

An error says who must act: the caller (`Failure`), time (`Unavailable`), or the operator (`BrokerDenied`,
`NotProvisioned`). Anything else is a bug of ours.
"""


class Unavailable(Exception):  # noqa: N818 - the field's word; it names a state, not a mistake
    """A dependency is down and time heals it: hold the work, try again, say `service.degraded`; never reject it.

    `dependency` is "postgres", "nats", "redis" or the name of a service. `reason` is for logs; it holds no payload.
    """

    def __init__(self, dependency: str, reason: str = "") -> None:
        super().__init__(f"{dependency} is unavailable: {reason}" if reason else f"{dependency} is unavailable")
        self.dependency = dependency
        self.reason = reason


class Contended(Unavailable):
    """A row or lock was held by somebody else for too long: the dependency itself is well, this piece of work is not.

    Edges treat it like any outage; the delivery policy does not stop a whole consumer for it.
    """


class BrokerDenied(Exception):  # noqa: N818 - as above
    """The broker's permissions refuse a subject that this service uses: the catalogue does not grant it."""


class NotProvisioned(Exception):  # noqa: N818 - as above
    """A stream or durable that this service needs was never declared; `palaver migrate` declares them."""
