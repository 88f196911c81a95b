"""The nats-server configuration file, rendered from values.

Everybody has an nkey and a list of what they may say and hear; what is not listed is refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from palaver.servicekit.embedded.ports import LOOPBACK

MAX_PAYLOAD_BYTES = 8 * 1024**2
MAX_STORE_BYTES = 16 * 1024**3  # a ceiling for the sum of the streams' limits, not space that is taken
MAX_MEMORY_BYTES = 64 * 1024**2
RESPONSE_EXPIRES_SECONDS = 60  # the longest a query may take
# The write buffer of a slow client; beyond it the server drops the connection, and the client reads again from truth.
MAX_PENDING_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class NatsUser:
    """One identity on the broker: `nkey` is its public key, the lists are subjects with wildcards.

    `allow_responses` lets it answer each request that it received, once per delivery, wherever the reply goes.
    """

    name: str
    nkey: str
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    allow_responses: bool = False


@dataclass(frozen=True, slots=True)
class NatsRoutes:
    """A server's place in a cluster on loopback: its own route port, and those of all members."""

    cluster: str
    port: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NatsConfig:
    """What the file says. `sync_always` waits for the disk on each write (safe against power cuts, much slower)."""

    port: int
    store: Path
    users: Sequence[NatsUser]
    system_users: Sequence[NatsUser] = ()
    monitoring_port: int | None = None
    sync_always: bool = False
    max_store_bytes: int = MAX_STORE_BYTES
    host: str = LOOPBACK
    routes: NatsRoutes | None = None

    @property
    def server_name(self) -> str:
        """Unique on this machine."""
        return f"embedded-{self.port}"

    def render(self) -> str:
        """The file's text: JSON, which nats-server reads as well as its own format."""
        config: dict[str, object] = {
            "server_name": self.server_name,
            "host": self.host,
            "port": self.port,
            "max_payload": MAX_PAYLOAD_BYTES,
            "max_pending": MAX_PENDING_BYTES,
            "jetstream": {
                "store_dir": str(self.store),
                "max_file_store": self.max_store_bytes,
                "max_memory_store": MAX_MEMORY_BYTES,
                **({"sync_interval": "always"} if self.sync_always else {}),
            },
            "accounts": {
                "APP": {"jetstream": "enabled", "users": [_user(user) for user in self.users]},
                "SYS": {"users": [_user(user) for user in self.system_users]},
            },
            "system_account": "SYS",
        }
        if self.monitoring_port is not None:
            config["http"] = f"{LOOPBACK}:{self.monitoring_port}"
        if self.routes is not None:
            config["cluster"] = {
                "name": self.routes.cluster,
                "listen": f"{LOOPBACK}:{self.routes.port}",
                "routes": [f"nats-route://{LOOPBACK}:{port}" for port in self.routes.members],
                "no_advertise": True,  # clients use the addresses that they were given, and no others
            }
        return json.dumps(config, indent=2)


def _user(user: NatsUser) -> dict[str, object]:
    permissions: dict[str, object] = {"publish": _only(user.publish), "subscribe": _only(user.subscribe)}
    if user.allow_responses:
        permissions["allow_responses"] = {"max": 1, "expires": f"{RESPONSE_EXPIRES_SECONDS}s"}
    return {"nkey": user.nkey, "permissions": permissions}


def _only(subjects: tuple[str, ...]) -> dict[str, list[str]]:
    # An empty allow list would mean "everything" to the server.
    return {"allow": list(subjects)} if subjects else {"deny": [">"]}
