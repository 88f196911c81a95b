"""The three servers as child processes, for one machine and for tests. Nothing here knows what they are used for."""

from palaver.servicekit.embedded.errors import (
    BinaryMissingError,
    DataVersionError,
    EmbeddedServerError,
    PortTakenError,
    StartFailedError,
)
from palaver.servicekit.embedded.nats import NatsServer
from palaver.servicekit.embedded.nats_config import NatsRoutes, NatsUser
from palaver.servicekit.embedded.nkeys import Nkey, new_nkey, nkey_from_seed
from palaver.servicekit.embedded.ports import LOOPBACK, free_port, is_free, require_free
from palaver.servicekit.embedded.postgres import PostgresServer, require_own_data
from palaver.servicekit.embedded.supervision import Death, supervise
from palaver.servicekit.embedded.valkey import ValkeyServer

__all__ = [
    "LOOPBACK",
    "BinaryMissingError",
    "DataVersionError",
    "Death",
    "EmbeddedServerError",
    "NatsRoutes",
    "NatsServer",
    "NatsUser",
    "Nkey",
    "PortTakenError",
    "PostgresServer",
    "StartFailedError",
    "ValkeyServer",
    "free_port",
    "is_free",
    "new_nkey",
    "nkey_from_seed",
    "require_free",
    "require_own_data",
    "supervise",
]
