"""A service's own schema: transactions over a pool of asyncpg connections, with outages told apart from mistakes.

What counts as an outage is decided here, where the driver raises it, so that an error of the code *inside* a
transaction is never mistaken for one.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import asyncpg
import structlog
from sqlalchemy import event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from palaver.servicekit.errors import Contended, NotProvisioned, Unavailable
from palaver.servicekit.figures import Figures, Sample
from palaver.servicekit.metrics import DATABASE_CONNECTIONS, DATABASE_CONNECTIONS_MAX, DATABASE_OUTAGES
from palaver.servicekit.settings import DatabaseSettings

POSTGRES = "postgres"
"""The database's name as a dependency."""

CLIENT_GRACE_SECONDS = 5.0
"""A server that is frozen enforces no statement timeout; the client gives up this much later."""

PING_SECONDS = 1.0

_OUTAGE_CLASSES = frozenset({"08", "53"})  # connection exceptions, insufficient resources
_OUTAGE_STATES = frozenset(
    {
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now
        "57P05",  # idle_session_timeout
        "25P03",  # idle_in_transaction_session_timeout: we were stalled
        "25006",  # read_only_sql_transaction: a failover left us on a standby
    }
)
_REFUSAL_STATES = frozenset(
    {
        "28000",  # invalid_authorization_specification
        "28P01",  # invalid_password, also for a role that does not exist
        "3D000",  # invalid_catalog_name
        "42501",  # insufficient_privilege
    }
)
_CONTENTION_STATES = frozenset(
    {
        "55P03",  # lock_not_available
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
    }
)

_log = structlog.get_logger()


class Database:
    """A pool of one service. A `Resource`; `pool` tells several of one service apart in figures."""

    def __init__(self, settings: DatabaseSettings, *, schema: str, pool: str = "main") -> None:
        self._schema = schema
        self._pool = pool
        self._engine = _engine(settings, schema)
        self._most = settings.pool_size + settings.max_overflow
        self._outages = 0
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        # A connection of its own: a service that is busy must not take itself for cut off from its database.
        alone = settings.model_copy(update={"pool_size": 1, "max_overflow": 0})
        self._pinger = _engine(alone, schema).execution_options(isolation_level="AUTOCOMMIT")

    async def start(self) -> None:
        """Say whether the database is there; a service starts without it and recovers by itself.

        Raises NotProvisioned where it is there and not prepared for this service.
        """
        try:
            await self.ping()
            await self._require_tables()
        except Unavailable as outage:
            _log.warning("database_unreachable", reason=outage.reason)
        except (asyncpg.PostgresError, DBAPIError) as error:
            if (state := _state_of(error)) not in _REFUSAL_STATES:
                raise
            raise NotProvisioned(
                f"postgres refuses the login of {self._schema} ({state}); run `palaver migrate`, or correct its URL"
            ) from None

    async def stop(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        await self._pinger.dispose()

    def show(self, figures: Figures) -> None:
        """See `Measured`."""
        figures.read(DATABASE_CONNECTIONS, self._connections)
        figures.read(DATABASE_CONNECTIONS_MAX, lambda: [Sample(self._most, (self._pool,))])
        figures.read(DATABASE_OUTAGES, lambda: [Sample(self._outages, (self._pool,))])

    def _connections(self) -> list[Sample]:
        pool = cast("QueuePool", self._engine.pool)
        return [Sample(pool.checkedout(), (self._pool, "in_use")), Sample(pool.checkedin(), (self._pool, "idle"))]

    async def _require_tables(self) -> None:
        async with self.read() as connection:
            migrated = await connection.scalar(text("SELECT to_regclass('alembic_version')::text"))
        if migrated is None:
            raise NotProvisioned(f"the schema {self._schema} has no tables; run `palaver migrate`")

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction, committed at exit, rolled back when the block raises.

        Raises Unavailable("postgres") for an outage and its subclass Contended for a lock not obtained in time. When
        the outage happens during the commit, it may have taken place: what is written must bear being written again.
        """
        with self._counted():
            connection = await _acquire(self._engine)
            try:
                async with connection.begin():
                    yield connection
            finally:
                await asyncio.shield(connection.close())

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """Reads without a transaction (each statement sees its own snapshot); saves the round trips of one."""
        with self._counted():
            async with _borrowed(self._reader) as connection:
                yield connection

    @contextmanager
    def _counted(self) -> Generator[None]:
        try:
            yield
        except Contended:
            raise
        except Unavailable as outage:
            self._outages += outage.dependency == POSTGRES
            raise

    async def ping(self) -> None:
        """One round trip, beside all work. Raises Unavailable."""
        try:
            async with asyncio.timeout(PING_SECONDS), _borrowed(self._pinger) as connection:
                await connection.execute(text("SELECT 1"))
        except TimeoutError as error:
            raise Unavailable(POSTGRES, f"no answer in {PING_SECONDS} s") from error


def _engine(settings: DatabaseSettings, schema: str) -> AsyncEngine:
    statement_seconds = settings.statement_timeout_seconds
    engine = create_async_engine(
        driver_url(settings.url.get_secret_value()),
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=settings.pool_timeout_seconds,
        pool_use_lifo=True,  # the server process that has our statements planned and at hand, not the one idle longest
        hide_parameters=True,  # parameters are conversation text and keys
        connect_args={
            "timeout": settings.connect_timeout_seconds,
            "command_timeout": statement_seconds + CLIENT_GRACE_SECONDS,
            "server_settings": {
                "application_name": f"palaver-{schema}",
                "search_path": schema,
                "jit": "off",  # our statements are small; compiling them takes longer than running them
                "statement_timeout": _milliseconds(statement_seconds),
                "lock_timeout": _milliseconds(settings.lock_timeout_seconds),
                "idle_in_transaction_session_timeout": _milliseconds(settings.idle_in_transaction_timeout_seconds),
            },
        },
    )
    event.listen(engine.sync_engine, "handle_error", _translate, retval=True)
    return engine


def driver_url(url: str) -> URL:
    """An ordinary postgresql:// URL as SQLAlchemy wants it."""
    return make_url(url).set(drivername="postgresql+asyncpg")


@asynccontextmanager
async def _borrowed(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    connection = await _acquire(engine)
    try:
        yield connection
    finally:
        await asyncio.shield(connection.close())


async def _acquire(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except (OSError, TimeoutError, PoolTimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if _state_of(error) in _REFUSAL_STATES:
            raise
        raise outage_of(error) or Unavailable(POSTGRES, f"cannot connect: {type(error).__name__}") from error
    except DBAPIError as error:
        outage = outage_of(error)
        if outage is None:
            raise
        raise outage from error


def _translate(context: ExceptionContext) -> BaseException | None:
    """SQLAlchemy's hook at the place where the driver raised; None leaves the error as it is."""
    error = context.original_exception
    if isinstance(error, TimeoutError):
        context.is_disconnect = True  # the connection still waits for an answer; nobody may use it again
    outage = outage_of(error)
    if outage is None and context.is_disconnect and not isinstance(error, asyncio.CancelledError):
        return Unavailable(POSTGRES, "connection lost")
    return outage


def outage_of(error: BaseException) -> Unavailable | None:
    """The outage that a driver's error stands for; None when the statement or its data is to blame."""
    for link in _chain(error):
        state: Any = getattr(link, "sqlstate", None)
        if isinstance(state, str):
            if state in _CONTENTION_STATES:
                return Contended(POSTGRES, state)
            if state[:2] in _OUTAGE_CLASSES or state in _OUTAGE_STATES:
                return Unavailable(POSTGRES, state)
        if isinstance(link, OSError | TimeoutError | PoolTimeoutError):
            return Unavailable(POSTGRES, type(link).__name__)
        if isinstance(link, asyncpg.InterfaceError) and "closed" in str(link):
            return Unavailable(POSTGRES, "connection closed")
    return None


def _state_of(error: BaseException) -> str | None:
    """The SQLSTATE that the server gave, if it did."""
    states = (getattr(link, "sqlstate", None) for link in _chain(error))
    return next((state for state in states if isinstance(state, str)), None)


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it was made from, outermost first."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        original = getattr(link, "orig", None)
        link = original if isinstance(original, BaseException) else link.__cause__
    return links


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
