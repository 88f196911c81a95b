"""`palaver migrate`: external servers made ready for the services, with an administrator's credentials."""

from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from palaver.cli.errors import CommandError
from palaver.cli.provisioning import declare_streams, migrate_services, provision_databases
from palaver.cli.services import LoadedService, load, schema_of
from palaver.cli.settings import MigrateSettings, service_database
from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.provision import SchemaOwner


async def migrate_all(settings: MigrateSettings) -> None:
    """Roles and schemas (with an admin URL), tables, streams and durables (with an admin's broker settings).

    Raises CommandError when a service's database is not given.
    """
    storing = [(service, _database_of(service)) for service in map(load, SERVICES) if service.has_database]
    if settings.database_url is not None:
        await provision_databases(settings.database_url, [_owner(service, url) for service, url in storing])
    await migrate_services(storing)
    if settings.nats is not None:
        await declare_streams(settings.nats, replicas=settings.nats_replicas)


def _database_of(service: LoadedService) -> SecretStr:
    url = service_database(service.name)
    if url is None:
        variable = f"PALAVER_{service.name.upper().replace('-', '_')}_DATABASE__URL"
        raise CommandError(f"{variable} is not set: it says how {service.name} logs in to its database.")
    return url


def _owner(service: LoadedService, url: SecretStr) -> SchemaOwner:
    """The role and password are those that the service logs in with."""
    parts = urlsplit(url.get_secret_value())
    if not parts.username or not parts.password:
        raise CommandError(f"The database URL of {service.name} names no role and password.")
    return SchemaOwner(schema_of(service.name), unquote(parts.username), SecretStr(unquote(parts.password)))
