"""What has to be there before any service runs: roles and schemas, migrated tables, streams and durables."""

from collections.abc import Sequence

from pydantic import SecretStr

from palaver.cli.services import LoadedService, role_of, schema_of
from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.servicekit.broker import Broker
from palaver.servicekit.provision import SchemaOwner, declare, migrate, provision_database
from palaver.servicekit.settings import BrokerSettings

ADMIN_NAME = "admin"


def owner_of(service: str, password: SecretStr) -> SchemaOwner:
    """The role and schema of a service."""
    return SchemaOwner(schema=schema_of(service), role=role_of(service), password=password)


async def provision_databases(admin_url: SecretStr, owners: Sequence[SchemaOwner]) -> None:
    """Roles, passwords and schemas."""
    await provision_database(admin_url, owners)


async def migrate_services(services: Sequence[tuple[LoadedService, SecretStr]]) -> None:
    """Bring the tables of each service up to date, with the service's own credentials."""
    for service, url in services:  # one by one: Alembic keeps its state in globals
        if service.migrations is not None:
            await migrate(url, schema_of(service.name), service.migrations)


async def declare_streams(nats: BrokerSettings, *, replicas: int = 1) -> None:
    """Streams and durables, with an administrator's credentials."""
    broker = await Broker.connect(nats, service=ADMIN_NAME)
    try:
        await declare(broker, STREAMS, list(DURABLES.values()), replicas=replicas)
    finally:
        await broker.close()
