"""What this service needs of its neighbours and its store, named by role."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from palaver.context.calibration import Calibration, CalibrationKey, Changed
from palaver.context.domain import EntryKey, Room
from palaver.context.projection import Progress, Step
from palaver.context.rates import Rates, Tokens
from palaver.context.summary import Summary
from palaver.context.transcript import Line
from palaver.contracts.client_protocol import ContextSummaryNotice, ContextUsageNotice
from palaver.contracts.ids import SessionId, UserId
from palaver.contracts.model_router import ModelCard, ModelProfile, RunCompletion
from palaver.contracts.session import LogPage


class SessionLog(Protocol):
    """The log itself, at its owner."""

    async def read(self, session_id: SessionId, after: int) -> LogPage:
        """The next page. Raises Failure(SESSION_NOT_FOUND), Unavailable."""
        ...


class Profiles(Protocol):
    """Facts about models."""

    async def read(self, model_ids: Iterable[str]) -> Mapping[str, ModelProfile]:
        """Profiles by model id; unknown ids are left out. Raises Unavailable."""
        ...


class Cards(Protocol):
    """What people are told of models."""

    async def cards(self, model_ids: Iterable[str]) -> Mapping[str, ModelCard]:
        """Cards by model id; unknown ids are left out. Raises Unavailable."""
        ...


class SideJobs(Protocol):
    """Models that write a text for this service."""

    async def run(self, order: RunCompletion) -> None:
        """Have it written; the outcome comes as an event. Raises Unavailable, and it may be written all the same."""
        ...


class Notices(Protocol):
    """Whoever watches a room."""

    async def usage_changed(self, notice: ContextUsageNotice) -> None:
        """Tell them; may get lost. Raises Unavailable."""
        ...

    async def summary_changed(self, notice: ContextSummaryNotice) -> None:
        """As `usage_changed`; all replicas of this service hear it, too."""
        ...


class Projection(Protocol):
    """The stored projection. See `store.RoomStore`."""

    async def load(self, session_id: SessionId) -> Room | None:
        """A room as projected so far."""
        ...

    async def advance(self, session_id: SessionId, epoch: str, steps: Sequence[Step]) -> Progress:
        """Apply what follows on the cursor."""
        ...

    async def restart(self, session_id: SessionId, *, old_epoch: str, epoch: str) -> None:
        """Forget a room whose log was rebuilt."""
        ...

    async def forget(self, session_id: SessionId) -> None:
        """The room is gone: nothing of it stays."""
        ...

    async def forget_owner(self, user_id: UserId) -> int:
        """Close every room of a person; returns how many."""
        ...

    async def keep_counts(self, session_id: SessionId, encoding: str, counts: dict[EntryKey, Tokens]) -> None:
        """Add counts in one more encoding."""
        ...


class SummarySource(Protocol):
    """Summaries of rooms. See `shelf.Shelf`."""

    async def serving(
        self, session_id: SessionId, lines: Sequence[Line], *, at_most: int, tokens: int
    ) -> Sequence[Summary]:
        """Those that cover a beginning of these lines, up to `at_most` of them, in at most so many tokens each; the one
        that covers least first.
        """
        ...


class CalibrationSource(Protocol):
    """What all replicas learned. See `calibration_store.CalibrationStore`."""

    async def learn(self, key: CalibrationKey, change: Callable[[Calibration], Calibration]) -> Calibration:
        """Change one, and return it. Raises Unavailable."""
        ...

    async def changed(self, since: datetime | None) -> Changed:
        """Those that changed. Raises Unavailable."""
        ...


class RateSource(Protocol):
    """From counts to a model's tokens. See `calibrating.Calibrations`."""

    def rates(self, profile: ModelProfile) -> Rates:
        """Of a model, as far as anything is known."""
        ...
