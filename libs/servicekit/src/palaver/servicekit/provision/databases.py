"""Roles and schemas: each service reaches its own schema and nothing else."""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from pydantic import SecretStr

from palaver.servicekit.database import POSTGRES, outage_of
from palaver.servicekit.errors import Unavailable

SCRAM_ITERATIONS = 4096  # PostgreSQL's default; passwords here are long and random
CONNECT_TIMEOUT_SECONDS = 5
LOCK_KEY = 0x50616C61766572  # "Palaver": two provisioning runs on one server wait for each other

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SchemaOwner:
    """A role that logs in with `password` and owns `schema`, which is its search path."""

    schema: str
    role: str
    password: SecretStr


async def provision_database(admin_url: SecretStr, owners: Sequence[SchemaOwner]) -> None:
    """Create or update roles, passwords, schemas and search paths. Raises Unavailable.

    Passwords go to the server as SCRAM verifiers, so they never stand in its log. Nobody but its owner may use a
    schema, and `public` is closed.
    """
    try:
        connection: Any = await asyncpg.connect(admin_url.get_secret_value(), timeout=CONNECT_TIMEOUT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise outage_of(error) or Unavailable(POSTGRES, f"cannot connect: {type(error).__name__}") from error
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
            await _close_public(connection)
            for owner in owners:
                await _provision(connection, owner)
    finally:
        await connection.close()
    _log.info("database_provisioned", schemas=[owner.schema for owner in owners])


async def _close_public(connection: Any) -> None:
    database = _identifier(await connection.fetchval("SELECT current_database()"))
    await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")


async def _provision(connection: Any, owner: SchemaOwner) -> None:
    role, schema = _identifier(owner.role), _identifier(owner.schema)
    database = _identifier(await connection.fetchval("SELECT current_database()"))
    verb = "ALTER" if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", owner.role) else "CREATE"
    verifier = scram_verifier(owner.password, os.urandom(16))
    await connection.execute(f"{verb} ROLE {role} LOGIN PASSWORD '{verifier}'")
    await connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}")
    # A superuser may hand a schema to any role; an ordinary admin must be a member of it for a moment.
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    await connection.execute(f"GRANT {role} TO CURRENT_USER")
    await connection.execute(f"ALTER SCHEMA {schema} OWNER TO {role}")
    await connection.execute(f"ALTER ROLE {role} IN DATABASE {database} SET search_path TO {schema}")


def scram_verifier(password: SecretStr, salt: bytes) -> str:
    """What PostgreSQL stores for a SCRAM-SHA-256 password (RFC 5803). The password must be ASCII."""
    secret = password.get_secret_value()
    if not secret.isascii():
        raise ValueError("a database password must be ASCII")
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, SCRAM_ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
