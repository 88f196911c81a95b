"""What running a turn needs from outside, named by role. Adapters are in `neighbours.py`, `keys.py` and `providers/`.

`Unavailable` (time heals it) and `Failure` (it does not) may come out of every method that says so.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Protocol

from pydantic import SecretStr

from palaver.contracts.actors import Role
from palaver.contracts.analytics import ReserveCompletion
from palaver.contracts.context import BuildWindow, Window
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId, UserId
from palaver.contracts.keyvault import LeaseForCompletion, LeaseForTurn
from palaver.contracts.model_router import (
    CompletionCompleted,
    CompletionFailed,
    CompletionMetered,
    Outcome,
    RunTurn,
    TurnStarted,
    UsageMetered,
)
from palaver.contracts.session import Renewal, RenewedTurns, TurnClaim
from palaver.contracts.session_log import AnswerSettings
from palaver.model_router.domain import Key, Listed, Progress, Provider, ProviderCall
from palaver.model_router.selection import Candidate


class Claims(Protocol):
    """Session's word on who runs a turn."""

    async def claim(self, order: RunTurn) -> TurnClaim:
        """Ask for one attempt; repeating is safe. Raises Unavailable, Failure."""
        ...

    async def renew(self, renewals: Sequence[Renewal]) -> RenewedTurns:
        """Renew claims; answers come in the order asked. Raises Unavailable, Failure."""
        ...


class WindowSource(Protocol):
    """Fits a conversation to a model's window."""

    async def build(self, request: BuildWindow) -> Window:
        """Raises Unavailable, Failure."""
        ...


class KeySource(Protocol):
    """Lends provider keys."""

    async def candidates(self, provider: Provider, payer: UserId) -> tuple[Candidate, ...]:
        """The keys that may pay for this person's work there; never none. Raises Unavailable, Failure(KEY_…)."""
        ...

    def known(self, provider: Provider, payer: UserId) -> tuple[Candidate, ...]:
        """The same as far as it is in memory, perhaps out of date; none where it is not."""
        ...

    async def lend(self, provider: Provider, candidate: Candidate, work: LeaseForTurn | LeaseForCompletion) -> Key:
        """One of them, good at this provider's host. Raises Unavailable, Failure(KEY_…, NOT_FOUND)."""
        ...

    def forget(self, key_id: KeyId) -> None:
        """Lend it no more."""
        ...

    def changed(self, payer: UserId | None, provider: str | None) -> tuple[KeyId, ...]:
        """Other keys may be used from now on, by everybody and everywhere if none is named. Returns those known so
        far."""
        ...


class BudgetSource(Protocol):
    """Sets money aside before it is spent; for a payer without a limit it need not wait until that is done."""

    async def reserve(self, order: RunTurn, model_id: str, amount: Decimal) -> None:
        """For a turn that this model is to answer, in the place of what was set aside for it before.

        Raises Unavailable, Failure(QUOTA_EXCEEDED).
        """
        ...

    async def reserve_completion(self, request: ReserveCompletion) -> None:
        """For one call of a side job. Raises Unavailable, Failure(QUOTA_EXCEEDED), Superseded."""
        ...


class WishSource(Protocol):
    """Knows what people chose for themselves."""

    async def of(self, user_id: UserId, model_id: str) -> AnswerSettings:
        """What this person wishes of this model's answers. Never raises, and takes no longer than a window."""
        ...


class Roles(Protocol):
    """Knows what people may do."""

    async def now(self, user_id: UserId) -> Role | None:
        """A person's role at this moment, whatever their token says; None if they may do nothing. Raises
        Unavailable."""
        ...


class RegistryNews(Protocol):
    """Tells all workers."""

    async def registry_changed(self, version: int) -> None:
        """Providers or models differ from now on. Never raises: who misses it looks by itself."""
        ...

    async def configs_changed(self, user_id: UserId) -> None:
        """This person chose differently. Never raises, as above."""
        ...


class Superseded(Exception):  # noqa: N818 - a fact, not a mistake
    """No money for this delivery of a side job: a later one has it, or an outcome was heard already (`over`)."""

    def __init__(self, *, over: bool) -> None:
        super().__init__("over" if over else "overtaken")
        self.over = over


class Events(Protocol):
    """What the worker says about turns and side jobs.

    Each method returns when the broker has it, however long that takes.
    """

    async def started(self, fact: TurnStarted) -> None:
        """The first token came."""
        ...

    async def ended(self, outcome: Outcome) -> None:
        """An attempt is over."""
        ...

    async def metered(self, fact: UsageMetered) -> None:
        """A provider call is over."""
        ...

    async def completion_metered(self, fact: CompletionMetered) -> None:
        """A side job's provider call is over."""
        ...

    async def completion_ended(self, outcome: CompletionCompleted | CompletionFailed) -> None:
        """A side job is over."""
        ...

    async def key_checked(self, key_id: KeyId, code: ErrorCode | None) -> None:
        """A provider took (no code) or refused a key."""
        ...


class ProviderAdapter(Protocol):
    """One wire protocol."""

    def stream(self, call: ProviderCall) -> AbstractAsyncContextManager[AsyncIterator[Progress]]:
        """Open a streamed call; leaving the context closes the connection.

        The iterator ends after a `finish_reason`. Entering and iterating raise ProviderFailed.
        """
        ...

    async def check_key(self, provider: Provider, secret: SecretStr) -> None:
        """Try a key in the cheapest way. Raises ProviderFailed."""
        ...

    async def list_models(self, provider: Provider, secret: SecretStr) -> Sequence[Listed]:
        """What the provider offers to this key, as far as it tells. Raises ProviderFailed."""
        ...


class Adapters(Protocol):
    """Finds the adapter of a wire protocol."""

    async def of(self, provider: Provider) -> ProviderAdapter:
        """Loads it when it is used for the first time."""
        ...


class DeltaOutlet(Protocol):
    """Where deltas leave: sent once, never acknowledged; a loss is healed by snapshots."""

    async def publish(self, subject: str, frame: bytes) -> None:
        """Never raises; drops while the broker is away."""
        ...

    def due(self, flow: "Flushable", at: float | None) -> None:
        """Flush this flow at about that time of the loop, or now. Called for every chunk, so it must not wait."""
        ...


class Flushable(Protocol):
    """Something with text that waits to be published."""

    async def flush(self) -> None:
        """Publish it now."""
        ...
