"""One provider call: its text is handed on as it comes, its silence is bounded, and it is accounted for."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CallId, new_id
from palaver.contracts.session import OpenCall
from palaver.model_router.domain import CallFact, CallOutcome, Progress, Prompt, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.ports import Adapters
from palaver.model_router.silence import Patience, PatienceLost, listening

FinishReason = Literal["stop", "length"]


class Answer(Protocol):
    """What a call is made for: it takes the text, and keeps the account of its calls."""

    @property
    def calls_made(self) -> int:
        """Calls that are over."""
        ...

    @property
    def stopped(self) -> bool:
        """A person wants no more of it, so that a call which is cancelled was not merely cut."""
        ...

    def opened(self, call: OpenCall) -> None:
        """A call begins. Must not wait."""
        ...

    def write(self, text: str) -> bool:
        """Text, or none yet; False once the answer is as long as it may become. Asked for every chunk."""
        ...

    async def finish(self) -> None:
        """That was all the text."""
        ...

    def closed(self, fact: CallFact) -> None:
        """A call is over, in whatever way."""
        ...


@dataclass(slots=True)
class _Account:
    """What is known about a call while it runs. `text` is all that the provider wrote, an echoed name included."""

    number: int
    call_id: CallId
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

    def opening(self, call: ProviderCall, prompt: Prompt) -> OpenCall:
        """The call begins; should this process die, it is booked by this."""
        card = call.model.card
        return OpenCall(
            call_id=self.call_id,
            call=self.number,
            model=call.model.id,
            tokens_input=prompt.tokens,
            key_id=call.key.id,
            input_price=card.input_price,
            output_price=card.output_price,
        )

    def fact(self, call: ProviderCall, prompt: Prompt, outcome: CallOutcome, *, refused: bool) -> CallFact:
        """The call is over."""
        return CallFact(
            call=self.number,
            call_id=self.call_id,
            model=call.model,
            key_id=call.key.id,
            usage=self.usage,
            prompt=prompt,
            text="".join(self.pieces),
            outcome=outcome,
            refused=refused,
            started_at=self.started_at,
            first_token_seconds=self.first_token_seconds,
            duration_seconds=time.monotonic() - self.began,
        )


class ProviderCalls:
    """Makes provider calls."""

    def __init__(self, adapters: Adapters, patience: Patience) -> None:
        self._adapters = adapters
        self._patience = patience

    async def make(self, call: ProviderCall, prompt: Prompt, answer: Answer) -> FinishReason:
        """Call once. An answer that takes no more text ends there, as one that reached its tokens, whatever the
        provider would go on to say.

        Raises ProviderFailed; cancellation closes the connection.
        """
        account = _Account(answer.calls_made + 1, call.call_id or CallId(new_id()))
        answer.opened(account.opening(call, prompt))
        outcome: CallOutcome = "failed"
        refused = False
        try:
            finish = await self._follow(call, account, answer)
            outcome = "completed"
        except ProviderFailed as failure:
            refused = failure.refused
            raise
        except asyncio.CancelledError:
            outcome = "stopped" if answer.stopped else "cut"
            raise
        finally:
            answer.closed(account.fact(call, prompt, outcome, refused=refused))
        return finish

    async def _follow(self, call: ProviderCall, account: _Account, answer: Answer) -> FinishReason:
        adapter = await self._adapters.of(call.model.provider)
        finish: FinishReason | None = None
        try:
            async with (
                listening(self._patience) as listener,
                adapter.stream(call) as stream,
            ):
                async for progress in stream:
                    account.note(progress)
                    if progress.reasoning or account.first_token_seconds is not None:
                        listener.heard()
                    finish = progress.finish_reason or finish
                    if not answer.write(progress.text):
                        finish = "length"
                        break
        except PatienceLost as lost:
            # An answer that never ends is no silence: the provider is well.
            fault = "request" if lost.limit == "call" else "stall"
            raise ProviderFailed(ErrorCode.PROVIDER_TIMEOUT, lost.limit, fault=fault) from None
        await answer.finish()
        if finish is None:
            raise ProviderFailed(ErrorCode.PROVIDER_STREAM_BROKEN, "no end of answer")
        return finish
