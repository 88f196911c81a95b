"""A key's keeper and the audit trail, over the broker."""

from collections.abc import Sequence
from datetime import date, datetime

import structlog

from palaver.contracts.client_protocol import KeyQuotaData, KeyQuotaNotice, KeyUnusualData, KeyUnusualNotice
from palaver.contracts.identity import TRAIL_READ, ReadTrail
from palaver.contracts.ids import KeyId
from palaver.contracts.keyvault import USER_NOTIFIED, KeyNotice
from palaver.contracts.operations import AuditRecorded
from palaver.keyvault.audit_events import TARGET_KIND
from palaver.keyvault.domain import Key
from palaver.keyvault.quota import Limit
from palaver.keyvault.unusual import Unusual
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable

_log = structlog.get_logger()


class ConnectedKeepers:
    """See `ports.KeepersEar`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def near_quota(self, key: Key, limit: Limit) -> None:
        """See `ports.KeepersEar`."""
        data = KeyQuotaData(
            key_id=key.id,
            provider=key.provider,
            label=key.label,
            measure=limit.measure,
            period=limit.period,
            used=limit.used,
            limit=limit.allowed,
            exceeded=limit.exceeded,
        )
        await self._tell(key, KeyQuotaNotice(data=data))

    async def unusual(self, key: Key, day: date, found: Unusual) -> None:
        """See `ports.KeepersEar`."""
        data = KeyUnusualData(
            key_id=key.id,
            provider=key.provider,
            label=key.label,
            rule=found.rule,
            day=day,
            amount=found.amount,
            usual=found.usual,
        )
        await self._tell(key, KeyUnusualNotice(data=data))

    async def _tell(self, key: Key, notice: KeyQuotaNotice | KeyUnusualNotice) -> None:
        try:
            await self._broker.send(USER_NOTIFIED, KeyNotice(notice), key.user_id)
        except Unavailable as outage:
            _log.warning("keeper_not_told", key_id=key.id, reason=outage.reason)


class IdentityTrail:
    """See `ports.Trail`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def about(self, key_id: KeyId, before: datetime | None, limit: int) -> Sequence[AuditRecorded]:
        """See `ports.Trail`."""
        request = ReadTrail(target_kind=TARGET_KIND, target_id=key_id, before=before, limit=limit)
        return (await self._broker.ask(TRAIL_READ, request)).entries
