"""The other services and the other workers, on the broker, in the words of this service's ports."""

from collections.abc import Sequence
from contextlib import suppress

from palaver.contracts.actors import Role
from palaver.contracts.context import WINDOW_BUILD, BuildWindow, Window
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import ROLE_READ, ReadRole
from palaver.contracts.ids import UserId, WorkerId
from palaver.contracts.model_configs import CONFIG_CHANGED, ConfigsChanged
from palaver.contracts.model_router import RunTurn
from palaver.contracts.registry import REGISTRY_CHANGED, RegistryChanged
from palaver.contracts.session import (
    TURN_CLAIM,
    TURN_RENEW,
    ClaimTurn,
    Renewal,
    RenewedTurns,
    RenewTurns,
    TurnClaim,
)
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable


class SessionClaims:
    """`Claims`, answered by session."""

    def __init__(self, broker: Broker, worker: WorkerId) -> None:
        self._broker = broker
        self._worker = worker

    async def claim(self, order: RunTurn) -> TurnClaim:
        """See `Claims`."""
        request = ClaimTurn(turn_id=order.turn.turn_id, attempt=order.attempt, worker=self._worker)
        return await self._broker.ask(TURN_CLAIM, request)

    async def renew(self, renewals: Sequence[Renewal]) -> RenewedTurns:
        """See `Claims`."""
        return await self._broker.ask(TURN_RENEW, RenewTurns(worker=self._worker, turns=tuple(renewals)))


class ContextWindows:
    """`WindowSource`, answered by context."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def build(self, request: BuildWindow) -> Window:
        """See `WindowSource`."""
        return await self._broker.ask(WINDOW_BUILD, request)


class IdentityRoles:
    """`Roles`, answered by identity."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def now(self, user_id: UserId) -> Role | None:
        """See `Roles`."""
        try:
            person = await self._broker.ask(ROLE_READ, ReadRole(user_id=user_id))
        except Failure as failure:
            if failure.code is ErrorCode.NOT_FOUND:
                return None
            raise
        return person.role if person.active else None


class BrokerNews:
    """`RegistryNews`, by broadcast."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def registry_changed(self, version: int) -> None:
        """See `RegistryNews`."""
        with suppress(Unavailable):
            await self._broker.send(REGISTRY_CHANGED, RegistryChanged(version=version))

    async def configs_changed(self, user_id: UserId) -> None:
        """See `RegistryNews`."""
        with suppress(Unavailable):
            await self._broker.send(CONFIG_CHANGED, ConfigsChanged(user_id=user_id))
