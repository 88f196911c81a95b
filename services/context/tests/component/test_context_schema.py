"""The migrations make exactly the tables that the code uses."""

import pytest

from palaver.context.app import MIGRATIONS, SCHEMA
from palaver.context.tables import metadata
from palaver.servicekit.testing.kits import DatabaseSettingsFor
from palaver.servicekit.testing.schemas import differences

pytestmark = pytest.mark.component


async def test_the_migrated_schema_is_the_schema_of_the_code(database_settings_for: DatabaseSettingsFor) -> None:
    settings = await database_settings_for(SCHEMA, MIGRATIONS)
    assert await differences(settings, SCHEMA, metadata) == []
