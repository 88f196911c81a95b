"""The one audit trail: every service's reports, kept once, read by those who may."""

from datetime import datetime

from palaver.contracts.actors import Role
from palaver.contracts.administration import AuditEntry, AuditSlice, SearchAudit
from palaver.contracts.identity import AuditPage, ListAudit, ReadTrail
from palaver.contracts.operations import AuditRecorded
from palaver.identity import audit_events
from palaver.identity.errors import invalid_cursor, not_an_administrator
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.ports import Clock
from palaver.identity.store import audit, users
from palaver.servicekit.database import Database
from palaver.servicekit.transactions import Transactions

MAY_SEE_ALL = (Role.OWNER, Role.ADMIN)


class Trail:
    """Keeps and shows."""

    def __init__(self, database: Database, transactions: Transactions, metrics: IdentityMetrics, clock: Clock) -> None:
        self._database = database
        self._transactions = transactions
        self._clock = clock
        self._metrics = metrics

    async def record(self, service: str, entry: AuditRecorded) -> None:
        """Keep an entry; a repetition changes nothing."""
        async with self._database.transaction() as conn:
            new = await audit.add(conn, service, entry)
        if new:
            self._metrics.audit_entries.labels(service, entry.outcome).inc()

    async def page(self, request: ListAudit) -> AuditPage:
        """All entries for owners and admins, their own for others. The role is read here, where it is owned: a token
        may still carry one that was taken away."""
        async with self._database.read() as conn:
            user = await users.read(conn, request.actor.user_id)
            sees_all = user is not None and user.role in MAY_SEE_ALL
            actor_id = None if sees_all else request.actor.user_id
            entries = await audit.page(conn, actor_id=actor_id, before=request.before, limit=request.limit)
        return AuditPage(entries=tuple(entries))

    async def search(self, request: SearchAudit) -> AuditSlice:
        """All entries that fit, for owners and administrators. Raises Failure: FORBIDDEN, VALIDATION_FAILED."""
        after = _place(request.cursor) if request.cursor is not None else None
        async with self._transactions.begin() as work:
            if await users.administrator(work.conn, request.actor.user_id) is None:
                raise not_an_administrator()
            entries = await audit.search(work.conn, request, after)
            if request.export and after is None:
                await work.say(audit_events.exported(request.actor, self._clock()))
        full = len(entries) == request.limit
        return AuditSlice(entries=tuple(entries), next_cursor=_cursor(entries[-1]) if full else None)

    async def about(self, request: ReadTrail) -> AuditPage:
        """What was done to one thing; who owns the thing has authorised its asker."""
        async with self._database.read() as conn:
            entries = await audit.page(
                conn, target=(request.target_kind, request.target_id), before=request.before, limit=request.limit
            )
        return AuditPage(entries=tuple(entries))


def _cursor(entry: AuditEntry) -> str:
    return f"{entry.at.isoformat()}~{entry.event_id}"


def _place(cursor: str) -> tuple[datetime, str]:
    at, _, event_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(at), event_id
    except ValueError:
        raise invalid_cursor() from None
