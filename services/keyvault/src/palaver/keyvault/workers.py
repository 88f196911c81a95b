"""The model workers, told over the broker."""

import structlog

from palaver.contracts.ids import KeyId
from palaver.contracts.keyvault import KEY_REVOKED, KeyRevoked
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable

_log = structlog.get_logger()


class BrokerWorkers:
    """See `ports.Workers`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def forget(self, key_id: KeyId) -> None:
        """See `ports.Workers`."""
        try:
            await self._broker.send(KEY_REVOKED, KeyRevoked(key_id=key_id))
        except Unavailable as outage:
            _log.warning("revocation_not_heard", key_id=key_id, reason=outage.reason)
