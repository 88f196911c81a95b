"""The one audit trail: every service's reports, kept once, read by those who may."""

from palaver.contracts.actors import Role
from palaver.contracts.identity import AuditPage, ListAudit, ReadTrail
from palaver.contracts.operations import AuditRecorded
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.store import audit, users
from palaver.servicekit.database import Database

MAY_SEE_ALL = (Role.OWNER, Role.ADMIN)


class Trail:
    """Keeps and shows."""

    def __init__(self, database: Database, metrics: IdentityMetrics) -> None:
        self._database = database
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

    async def about(self, request: ReadTrail) -> AuditPage:
        """What was done to one thing; who owns the thing has authorised its asker."""
        async with self._database.read() as conn:
            entries = await audit.page(
                conn, target=(request.target_kind, request.target_id), before=request.before, limit=request.limit
            )
        return AuditPage(entries=tuple(entries))
