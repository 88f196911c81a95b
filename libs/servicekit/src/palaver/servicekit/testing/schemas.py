"""Whether a service's migrations make exactly the tables that its code uses."""

from collections.abc import Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from palaver.servicekit import outbox
from palaver.servicekit.database import driver_url
from palaver.servicekit.settings import DatabaseSettings


async def differences(settings: DatabaseSettings, schema: str, tables: MetaData) -> Sequence[Any]:
    """Between a migrated schema and its tables in the code; servicekit's own tables aside."""

    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name not in ("alembic_version", outbox.TABLE.name)

    def compared(connection: Connection) -> Sequence[Any]:
        options = {"include_name": ours, "compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), tables)

    engine = create_async_engine(
        driver_url(settings.url.get_secret_value()), connect_args={"server_settings": {"search_path": schema}}
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compared)
    finally:
        await engine.dispose()
