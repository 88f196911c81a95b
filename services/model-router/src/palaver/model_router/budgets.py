"""Money set aside in analytics before a provider is called; who spends without a limit does not wait for that."""

import asyncio
import time
from collections import OrderedDict
from decimal import Decimal

import structlog

from palaver.contracts.analytics import BUDGET_RESERVE, COMPLETION_RESERVE, ReserveBudget, ReserveCompletion
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId
from palaver.contracts.model_router import RunTurn
from palaver.model_router.ports import Superseded
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.tasks import TaskSet

UNLIMITED_SECONDS = 60.0
"""How long a payer counts as unlimited after analytics last said so. Each reservation asks again, so that a limit set
meanwhile is kept from the turn after next on."""
MAX_PAYERS = 10_000
TELL_SECONDS = 0.03
"""What nobody waits for is said when the request for the answer is out: before, it would take the processor from it."""

_log = structlog.get_logger()


class AnalyticsBudgets:
    """`BudgetSource`, answered by analytics. A `Resource`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._unlimited: OrderedDict[UserId, float] = OrderedDict()
        self._telling = TaskSet("budgets")

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Let go of what is not yet said."""
        await self._telling.cancel()

    async def reserve(self, order: RunTurn, model_id: str, amount: Decimal) -> None:
        """See `BudgetSource`. Money that nothing limits is set aside, too, for people see it; nobody waits for that."""
        request = ReserveBudget(
            turn_id=order.turn.turn_id,
            attempt=order.attempt,
            payer=order.payer,
            session_id=order.session_id,
            model_id=model_id,
            amount=amount,
        )
        if self._unlimited.get(order.payer, 0.0) > time.monotonic():
            self._telling.spawn(self._tell(request))
        else:
            await self._ask(request)

    async def reserve_completion(self, request: ReserveCompletion) -> None:
        """See `BudgetSource`."""
        try:
            await self._broker.ask(COMPLETION_RESERVE, request)
        except Failure as refusal:
            if refusal.code is ErrorCode.CONFLICT:
                raise Superseded(over=bool(refusal.details.get("over"))) from refusal
            raise

    async def _tell(self, request: ReserveBudget) -> None:
        await asyncio.sleep(TELL_SECONDS)
        try:
            await self._ask(request)
        except (Failure, Unavailable) as error:
            _log.info("reservation_not_kept", turn=request.turn_id, attempt=request.attempt, reason=str(error))

    async def _ask(self, request: ReserveBudget) -> None:
        payer = request.payer
        try:
            answer = await self._broker.ask(BUDGET_RESERVE, request)
        except Failure:
            self._unlimited.pop(payer, None)
            raise
        if answer.remaining is None:
            self._unlimited[payer] = time.monotonic() + UNLIMITED_SECONDS
            self._unlimited.move_to_end(payer)
            while len(self._unlimited) > MAX_PAYERS:
                self._unlimited.popitem(last=False)
        else:
            self._unlimited.pop(payer, None)
