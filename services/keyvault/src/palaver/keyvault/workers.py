"""The model workers, told over the broker."""

from typing import TypeVar

import structlog
from pydantic import BaseModel

from palaver.contracts.ids import KeyId
from palaver.contracts.keyvault import KEY_REVOKED, KEYS_CHANGED, KeyRevoked, KeysChanged
from palaver.contracts.subjects import Control
from palaver.keyvault.domain import Key
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable

_log = structlog.get_logger()


P = TypeVar("P", bound=BaseModel)


class BrokerWorkers:
    """See `ports.Workers`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def forget(self, key_id: KeyId) -> None:
        """See `ports.Workers`."""
        await self._tell(KEY_REVOKED, KeyRevoked(key_id=key_id), key_id)

    async def changed(self, key: Key) -> None:
        """See `ports.Workers`."""
        whose = None if key.shared else key.user_id
        await self._tell(KEYS_CHANGED, KeysChanged(user_id=whose, provider=key.provider), key.id)

    async def _tell(self, subject: Control[P], payload: P, key_id: KeyId) -> None:
        try:
            await self._broker.send(subject, payload)
        except Unavailable as outage:
            _log.warning("broadcast_not_heard", subject=subject.address.stem, key_id=key_id, reason=outage.reason)
