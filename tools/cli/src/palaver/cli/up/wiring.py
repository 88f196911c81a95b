"""What each service's settings are on this machine: where the servers are, who the service is, what it must know."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from palaver.cli.checkout import built_page
from palaver.cli.services import STOPS_FIRST, LoadedService, role_of
from palaver.cli.settings import UpSettings
from palaver.cli.up.secret_store import SEALED_TO, Secrets
from palaver.cli.up.servers import Servers
from palaver.cli.up.sign_in import SignIn
from palaver.cli.up.simulation import Simulation
from palaver.servicekit.embedded import LOOPBACK, free_port
from palaver.servicekit.sealing import to_base64url

DATABASE = "postgres"
# Everything must be gone within ten seconds of Ctrl-C: first who hands work over, then who takes it, then the servers.
FIRST_DRAIN_SECONDS = 4.0
DRAIN_SECONDS = 2.5

Values = dict[str, Any]
"""Nested settings: `{"nats": {"url": …}}`. Secrets are SecretStr."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Settings for every service of this instance. Health ports are chosen once, so that restarts keep them."""

    settings: UpSettings
    secrets: Secrets
    servers: Servers
    simulation: Simulation
    sign_in: SignIn
    health_ports: dict[str, int] = field(default_factory=dict[str, int])

    def values(self, service: LoadedService) -> Values:
        """All that this machine decides for one service; anything else keeps its default or the environment's."""
        values: Values = {
            "nats": {"url": self.servers.nats.url, "nkey_seed": self.secrets.nkey_seeds[service.name]},
            "health": {"host": LOOPBACK, "port": self.health_port(service.name)},
            "drain_seconds": FIRST_DRAIN_SECONDS if service.name in STOPS_FIRST else DRAIN_SECONDS,
        }
        if service.has_database:
            values["database"] = {"url": self.database_url(service.name)}
        if service.has_redis:
            values["redis"] = {"url": self.servers.valkey.url()}
        return values | self._own(service.name)

    def health_port(self, service: str) -> int:
        """Where the service says how it is."""
        return self.health_ports.setdefault(service, free_port())

    def database_url(self, service: str) -> SecretStr:
        """The service's own login."""
        password = self.secrets.database_passwords[service].get_secret_value()
        return SecretStr(
            f"postgresql://{role_of(service)}:{password}@{LOOPBACK}:{self.servers.postgres.port}/{DATABASE}"
        )

    def _own(self, service: str) -> Values:
        """What only this service has to know."""
        match service:
            case "gateway":
                return {"host": self.settings.host, "port": self.settings.port, "web_directory": built_page()} | {
                    f"{name}_key": self._public_key(name) for name in SEALED_TO
                }
            case "model-router":
                return {"base_urls": self.simulation.base_urls}
            case "identity":
                return {
                    "sealing_key": self.secrets.sealing_keys[service],
                    "signing_key": self.secrets.token_signing_key,
                    "second_factor_key": self.secrets.second_factor_key,
                    "page_url": self.settings.url,
                    "mail_directory": self.settings.home.expanduser().resolve() / "mail",
                    "owner_code_digests": self.sign_in.digests,
                }
            case "keyvault":
                return {
                    "sealing_key": self.secrets.sealing_keys[service],
                    "keks": {"1": self.secrets.key_encryption_key},
                }
            case _:
                return {}

    def _public_key(self, service: str) -> Values:
        pair = self.secrets.sealing_pair(service)
        return {"key_id": pair.key_id, "public_key": to_base64url(pair.public)}


def as_environment(service: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The same values as environment variables, `PALAVER_<SERVICE>_<NAME>`, for a process of its own.

    What has parts is JSON; an operator's `PALAVER_<SERVICE>_<NAME>__<PART>` still adds to it.
    """
    prefix = f"PALAVER_{service.upper().replace('-', '_')}_"
    return {f"{prefix}{name.upper()}": _text(value) for name, value in values.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping | tuple | list):
        return json.dumps(value, default=_text)
    return str(value)
