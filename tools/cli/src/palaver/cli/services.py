"""The services by name, loaded when they are needed: a process that runs one does not import the others."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from palaver.cli.errors import CommandError
from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.settings import ServiceSettings

STOPS_FIRST = ("gateway", "model-router")
"""Who hands work over when it stops, and therefore stops while those who take it over still run."""

# The settings type differs per service; each build takes exactly its own.
Build = Callable[..., Service]


@dataclass(frozen=True, slots=True)
class LoadedService:
    """What a service package offers to whoever runs it."""

    name: str
    settings: type[ServiceSettings]
    build: Build
    migrations: Path | None

    def built(self, settings: ServiceSettings, kit: Kit) -> Service:
        """The service, not yet running."""
        return self.build(settings, kit)

    @property
    def has_database(self) -> bool:
        """Whether the service owns a schema."""
        return "database" in self.settings.model_fields

    @property
    def has_redis(self) -> bool:
        """Whether the service uses Redis."""
        return "redis" in self.settings.model_fields


def package_of(service: str) -> str:
    """The Python name of a service, which is also its schema: `model-router` → `model_router`."""
    return service.replace("-", "_")


def load(service: str) -> LoadedService:
    """Import one service. Raises CommandError for a name that is none."""
    if service not in SERVICES:
        raise CommandError(f"There is no service named {service}; there are {', '.join(sorted(SERVICES))}.")
    package = f"palaver.{package_of(service)}"
    settings, app = import_module(f"{package}.settings"), import_module(f"{package}.app")
    migrations = Path(str(app.__file__)).with_name("migrations")
    return LoadedService(service, settings.Settings, app.build, migrations if migrations.is_dir() else None)


def schema_of(service: str) -> str:
    """The service's schema in the database."""
    return package_of(service)


def role_of(service: str) -> str:
    """The service's role in the database."""
    return f"palaver_{package_of(service)}"
