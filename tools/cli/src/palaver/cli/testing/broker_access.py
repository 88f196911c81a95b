"""What a credential may do on a broker, by the server's own word: its permission errors, not anybody's silence."""

import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from palaver.contracts.permissions import inbox_prefix
from palaver.servicekit.nats_client import LastingClient

_REFUSAL = re.compile(r'permissions violation for (publish|subscription) to "([^"]+)"(?: using queue "([^"]+)")?')
_FLUSH_SECONDS = 10

Refused = frozenset[str]
"""Attempts, as written by `say`, `hear` and `share`."""


def say(subject: str) -> str:
    """An attempt to publish."""
    return f"say {subject}"


def hear(subject: str) -> str:
    """An attempt to subscribe."""
    return f"hear {subject}"


def share(subject: str, group: str) -> str:
    """An attempt to subscribe as one of a queue group, which takes messages away from its other members."""
    return f"share {subject} {group}"


@dataclass(frozen=True, slots=True)
class Access:
    """A connection of one user. It uses nats-py bare, so that nothing of ours stands between it and the server."""

    name: str
    client: LastingClient
    complaints: list[str]

    async def refused(self, attempts: Iterable[str]) -> Refused:
        """Which of these the server refused. Every refusal of one connection comes before the answer to its PING."""
        self.complaints.clear()
        tried = {attempt.lower(): attempt for attempt in attempts}  # nats-py writes errors in lower case
        for attempt in tried.values():
            await self._try(*attempt.split(" "))
        await self.client.flush(timeout=_FLUSH_SECONDS)
        return frozenset(tried[_attempted(complaint)] for complaint in self.complaints)

    async def _try(self, what: str, subject: str, group: str = "") -> None:
        if what == "say":
            await self.client.publish(subject, b"{}")
        else:
            await self.client.subscribe(subject, queue=group, cb=_nothing)


@asynccontextmanager
async def access(url: str, name: str, seed: SecretStr) -> AsyncGenerator[Access]:
    """Connect as the user with this nkey; `name` decides the inboxes of its requests."""
    client, complaints = LastingClient(), list[str]()

    async def complain(error: Exception) -> None:
        complaints.append(str(error))

    await client.connect(
        url, name=name, inbox_prefix=inbox_prefix(name), nkeys_seed_str=seed.get_secret_value(), error_cb=complain
    )
    try:
        yield Access(name, client, complaints)
    finally:
        await client.close()


def _attempted(complaint: str) -> str:
    found = _REFUSAL.search(complaint)
    if found is None:
        raise AssertionError(f"The server complained about something else: {complaint}")
    kind, subject, group = found.groups()
    if kind == "publish":
        return say(subject)
    return share(subject, group) if group else hear(subject)


async def _nothing(_: object) -> None:
    """What is heard does not matter."""
