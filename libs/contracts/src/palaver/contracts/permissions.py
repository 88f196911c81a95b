"""What each service's broker credential may publish and subscribe to, derived from the catalogue and nothing else."""

from dataclasses import dataclass

from palaver.contracts.catalogue import COMMANDS_TAKEN, DURABLES, GRANTS, QUERIES, SUBJECTS
from palaver.contracts.subjects import Command

REPLY_SECONDS = 60
"""How long a service may answer a request that it received."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subject patterns; what is not listed is denied. Answers go to the asker's inbox by `allow_responses`."""

    service: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def inbox_prefix(service: str) -> str:
    """The prefix of a service's own inboxes; nobody else may read there."""
    return f"_INBOX_{service}"


def permissions_of(service: str) -> Permissions:
    """All that `service` may do on the broker. Raises KeyError for an unknown one."""
    grants = GRANTS[service]
    own = [s for s in SUBJECTS if s.address.owner == service]
    durables = [d for d in DURABLES.values() if d.service == service]
    publish = [
        *(s.address.wildcard for s in own if not isinstance(s, Command)),
        *(c.address.wildcard for c in grants.orders),
        *(q.address.wildcard for q in grants.asks),
    ]
    for durable in durables:
        stream = durable.stream.name
        publish += [
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable.name}",
            f"$JS.API.CONSUMER.INFO.{stream}.{durable.name}",
            f"$JS.ACK.{stream}.{durable.name}.>",
            f"dlq.{durable.name}.>",
        ]
    subscribe = [
        f"{inbox_prefix(service)}.>",
        *(q.address.wildcard for q in QUERIES if q.address.owner == service),
        *grants.hears,
    ]
    return Permissions(service, tuple(publish), tuple(subscribe))


def check_consistency() -> None:
    """Raise ValueError where the catalogue contradicts itself."""
    known = {c.address for c in COMMANDS_TAKEN}
    for service, grants in GRANTS.items():
        for order in grants.orders:
            if order.address not in known:
                raise ValueError(f"{service} orders {order.address.stem}, which nobody takes")
        for asked in grants.asks:
            if asked not in QUERIES:
                raise ValueError(f"{service} asks {asked.address.stem}, which nobody answers")
