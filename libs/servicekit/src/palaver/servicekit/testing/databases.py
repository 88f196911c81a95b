"""Fresh databases for tests: empty, or copied from a template that was migrated once per test process."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
from pydantic import SecretStr

from palaver.servicekit.testing.infrastructure import RunningPostgres

Migrate = Callable[[SecretStr], Awaitable[None]]
COMMAND_TIMEOUT_SECONDS = 30.0


@dataclass
class Databases:
    """Makes and drops databases on one server. Names of templates are the caller's and stand for their content."""

    server: RunningPostgres
    _templates: dict[str, str] = field(default_factory=dict[str, str])

    def url(self, database: str) -> SecretStr:
        """The superuser's URL of one of these databases."""
        return self.server.url(database)

    async def template(self, name: str, migrate: Migrate) -> str:
        """A database that `migrate` filled, once per test process; give the result to `create`."""
        if name not in self._templates:
            database = await self.create(prefix=f"template_{name}")
            await migrate(self.url(database))
            self._templates[name] = database
        return self._templates[name]

    async def create(self, template: str | None = None, prefix: str = "test") -> str:
        """A new database, copied from `template` (about 30 ms) or empty. Returns its name."""
        database = f"{re.sub(r'[^a-z0-9]+', '_', prefix.lower())}_{uuid4().hex[:12]}"
        await self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template or "template0"}"')
        return database

    async def drop(self, database: str) -> None:
        """Drop a database, cutting whatever is still connected to it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(
            self.server.url().get_secret_value(), command_timeout=COMMAND_TIMEOUT_SECONDS, ssl=False
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
