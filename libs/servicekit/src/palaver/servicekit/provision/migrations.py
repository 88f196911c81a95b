"""Alembic, run from code: each service ships its revisions, nobody else ships an `env.py`."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from palaver.servicekit.database import POSTGRES, driver_url, outage_of
from palaver.servicekit.errors import NotProvisioned, Unavailable

ENVIRONMENT = Path(__file__).parent / "alembic_environment"
CONNECT_TIMEOUT_SECONDS = 5.0

_log = structlog.get_logger()


async def migrate(url: SecretStr, schema: str, script_location: Path, *, revision: str = "head") -> None:
    """Bring `schema` to `revision` with the service's own role.

    `script_location` is the service's `migrations` directory; its revisions stand there or in `versions` below. All
    steps run in one transaction under a lock, so replicas that start together migrate once. Raises NotProvisioned
    when the revisions do not fit the schema, Unavailable when the database does not answer.
    """
    engine = create_async_engine(
        driver_url(url.get_secret_value()),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"timeout": CONNECT_TIMEOUT_SECONDS, "server_settings": {"search_path": schema}},
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:schema))"), {"schema": schema})
            await connection.run_sync(_upgrade, schema, script_location, revision)
    except (OSError, TimeoutError) as error:
        raise outage_of(error) or Unavailable(POSTGRES, type(error).__name__) from error
    except CommandError as error:
        raise NotProvisioned(f"schema {schema}: {error}") from error
    finally:
        await engine.dispose()
    _log.info("schema_migrated", schema=schema)


def _upgrade(connection: Connection, schema: str, script_location: Path, revision: str) -> None:
    versions = script_location / "versions"
    config = Config()
    config.set_main_option("script_location", _escaped(ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(versions if versions.is_dir() else script_location))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    command.upgrade(config, revision)


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")  # configparser interpolates
