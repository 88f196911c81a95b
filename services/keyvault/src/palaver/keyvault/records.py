"""What a key's keeper is shown of its use: its days, and its part of the audit trail."""

from datetime import timedelta

from palaver.contracts.key_records import KeyAudit, KeyUsage, ListKeyAudit, ReadKeyUsage
from palaver.keyvault import unusual_store, usage_store
from palaver.keyvault.audit_events import READ
from palaver.keyvault.keepers import Keepers
from palaver.keyvault.ports import Clock, Trail
from palaver.keyvault.quota import begin_of, day_of
from palaver.servicekit.database import Database


class Records:
    """Raises Failure: NOT_FOUND, FORBIDDEN, as `Keepers.kept` does."""

    def __init__(self, database: Database, keepers: Keepers, trail: Trail, clock: Clock) -> None:
        self._database = database
        self._keepers = keepers
        self._trail = trail
        self._clock = clock

    async def usage(self, request: ReadKeyUsage) -> KeyUsage:
        """How a key was used."""
        key = await self._keepers.kept(request.actor, request.key_id, READ)
        today = day_of(self._clock())
        async with self._database.read() as conn:
            days = await usage_store.days_of(conn, key.id, today - timedelta(days=request.days - 1))
            of_today = await usage_store.total_of(conn, key.id, today)
            found = await unusual_store.since(conn, key.id, today - timedelta(days=request.days - 1))
            of_month = await usage_store.total_of(conn, key.id, begin_of("month", today))
        return KeyUsage(
            key_id=key.id,
            quota=key.quota,
            today=of_today,
            month=of_month,
            days=tuple(days),
            unusual=tuple(found),
        )

    async def audit(self, request: ListKeyAudit) -> KeyAudit:
        """Who did what with a key. Where others were is not the keeper's business. Raises Unavailable."""
        key = await self._keepers.kept(request.actor, request.key_id, READ)
        entries = await self._trail.about(key.id, request.before, request.limit)
        mine, unknown = request.actor.user_id, {"address": None, "device": None, "sign_in": None}
        return KeyAudit(
            entries=tuple(entry if entry.actor_id == mine else entry.model_copy(update=unknown) for entry in entries)
        )
