"""One provider call: its text goes to the readers as it comes, its silence is bounded, and it is accounted for."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CallId, new_id
from palaver.contracts.session import OpenCall
from palaver.model_router.domain import CallFact, CallOutcome, Progress, UsageReport
from palaver.model_router.echo import EchoFilter
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.ports import Adapters
from palaver.model_router.preparing import Prepared
from palaver.model_router.running import RunningTurn
from palaver.model_router.silence import Patience, PatienceLost, listening

FinishReason = Literal["stop", "length"]


@dataclass(slots=True)
class _Account:
    """What is known about a call while it runs. `text` is all that the provider wrote, an echoed name included."""

    number: int
    call_id: CallId = field(default_factory=lambda: CallId(new_id()))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)
    usage: UsageReport = field(default_factory=UsageReport)
    pieces: list[str] = field(default_factory=list[str])
    first_token_seconds: float | None = None

    def note(self, progress: Progress) -> None:
        """What a chunk brought."""
        if progress.text:
            if self.first_token_seconds is None:
                self.first_token_seconds = time.monotonic() - self.began
            self.pieces.append(progress.text)
        if progress.usage is not None:
            self.usage = self.usage.updated(progress.usage)

    def fact(self, prepared: Prepared, outcome: CallOutcome, *, refused: bool) -> CallFact:
        """The call is over."""
        return CallFact(
            call=self.number,
            call_id=self.call_id,
            model=prepared.model,
            key_id=prepared.call.key.id,
            usage=self.usage,
            window_tokens=prepared.window.used,
            text="".join(self.pieces),
            outcome=outcome,
            refused=refused,
            started_at=self.started_at,
            first_token_seconds=self.first_token_seconds,
            duration_seconds=time.monotonic() - self.began,
            prompt=prepared.window.count,
        )


class ProviderCalls:
    """Makes provider calls for running turns. `opened` hears of each call at its start, and must not wait.

    An answer that reaches `max_characters` ends there, as one that reaches its tokens, whatever the provider would go
    on to say.
    """

    def __init__(
        self,
        adapters: Adapters,
        patience: Patience,
        opened: Callable[[RunningTurn], None],
        *,
        max_characters: int,
    ) -> None:
        self._adapters = adapters
        self._patience = patience
        self._opened = opened
        self._max_characters = max_characters

    async def make(self, turn: RunningTurn, prepared: Prepared, first_text: Callable[[], None]) -> FinishReason:
        """Call once. `first_text` is called when there is something to show. The call's fact is left on the turn.

        Raises ProviderFailed; cancellation closes the connection.
        """
        account = _Account(len(turn.calls) + 1)
        turn.open_call = OpenCall(
            call_id=account.call_id, call=account.number, model=prepared.model.id, tokens_input=prepared.window.used
        )
        self._opened(turn)
        outcome: CallOutcome = "failed"
        refused = False
        try:
            finish = await self._follow(turn, prepared, account, first_text)
            outcome = "completed"
        except ProviderFailed as failure:
            refused = failure.refused
            raise
        except asyncio.CancelledError:
            outcome = "stopped" if turn.interruption == "stopped" else "cut"
            raise
        finally:
            turn.open_call = None
            turn.calls.append(account.fact(prepared, outcome, refused=refused))
        return finish

    async def _follow(
        self, turn: RunningTurn, prepared: Prepared, account: _Account, first_text: Callable[[], None]
    ) -> FinishReason:
        adapter = await self._adapters.of(prepared.model.provider)
        echo = EchoFilter(prepared.window.speaker_prefixes)
        finish: FinishReason | None = None
        try:
            async with (
                listening(self._patience) as listener,
                adapter.stream(prepared.call) as stream,
            ):
                async for progress in stream:
                    account.note(progress)
                    if progress.reasoning or account.first_token_seconds is not None:
                        listener.heard()
                    finish = progress.finish_reason or finish
                    if not self._show(turn, echo.feed(progress.text), first_text):
                        finish = "length"
                        break
        except PatienceLost as lost:
            raise ProviderFailed(ErrorCode.PROVIDER_TIMEOUT, lost.limit) from None
        self._show(turn, echo.end(), first_text)
        await turn.flow.flush()
        if finish is None:
            raise ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, "no end of answer")
        return finish

    def _show(self, turn: RunningTurn, text: str, first_text: Callable[[], None]) -> bool:
        """False once the answer is as long as it may become."""
        room = self._max_characters - turn.length
        if text and room > 0:
            if not turn.length:
                first_text()
            turn.append(text if len(text) <= room else text[:room])
        return turn.length < self._max_characters
