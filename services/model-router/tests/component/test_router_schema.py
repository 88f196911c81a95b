"""The migrations make exactly the tables that the code uses."""

from collections.abc import Sequence
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from palaver.model_router.app import MIGRATIONS, SCHEMA
from palaver.model_router.tables import metadata
from palaver.servicekit import outbox
from palaver.servicekit.database import driver_url
from palaver.servicekit.testing.kits import DatabaseSettingsFor

pytestmark = pytest.mark.component


def _differences(connection: Connection) -> Sequence[Any]:
    def ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or name not in ("alembic_version", outbox.TABLE.name)

    options = {"include_name": ours, "compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


async def test_the_migrated_schema_is_the_schema_of_the_code(database_settings_for: DatabaseSettingsFor) -> None:
    settings = await database_settings_for(SCHEMA, MIGRATIONS)
    engine = create_async_engine(
        driver_url(settings.url.get_secret_value()), connect_args={"server_settings": {"search_path": SCHEMA}}
    )
    async with engine.connect() as connection:
        differences = await connection.run_sync(_differences)
    await engine.dispose()
    assert differences == []
