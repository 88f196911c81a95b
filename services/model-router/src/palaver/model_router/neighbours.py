"""The other services, asked over the broker, in the words of this service's ports."""

from collections.abc import Sequence
from decimal import Decimal

from palaver.contracts.analytics import BUDGET_RESERVE, COMPLETION_RESERVE, ReserveBudget, ReserveCompletion
from palaver.contracts.context import WINDOW_BUILD, BuildWindow, Window
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import WorkerId
from palaver.contracts.model_router import RunTurn
from palaver.contracts.session import (
    TURN_CLAIM,
    TURN_RENEW,
    ClaimTurn,
    Renewal,
    RenewedTurns,
    RenewTurns,
    TurnClaim,
)
from palaver.model_router.ports import Superseded
from palaver.servicekit.broker import Broker


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


class AnalyticsBudgets:
    """`BudgetSource`, answered by analytics."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def reserve(self, order: RunTurn, amount: Decimal) -> None:
        """See `BudgetSource`."""
        request = ReserveBudget(
            turn_id=order.turn.turn_id,
            attempt=order.attempt,
            payer=order.payer,
            session_id=order.session_id,
            model_id=order.turn.model,
            amount=amount,
        )
        await self._broker.ask(BUDGET_RESERVE, request)

    async def reserve_completion(self, request: ReserveCompletion) -> None:
        """See `BudgetSource`."""
        try:
            await self._broker.ask(COMPLETION_RESERVE, request)
        except Failure as refusal:
            if refusal.code is ErrorCode.CONFLICT:
                raise Superseded(over=bool(refusal.details.get("over"))) from refusal
            raise
