"""Conversation modes: who speaks next. A director is pure; it is found by the entry point group `palaver.directors`.

A third party's package brings its own:

    [project.entry-points."palaver.directors"]
    debate = "their_package.debate:DIRECTOR"
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, TypeAlias, cast

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import ParticipantId
from palaver.contracts.session_log import RoundEnd
from palaver.session.domain import TurnEnding

GROUP = "palaver.directors"

ModeState: TypeAlias = Mapping[str, Any]
"""A director's memory, kept with the session as JSON. It starts empty, and again after the director's version rose."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who may be given the word now: neither removed nor muted, and addressed by the message."""

    id: ParticipantId
    name: str
    model_id: str


@dataclass(frozen=True, slots=True)
class RoundOpened:
    """A person's message starts a round. `speakers` are in the order of their seats, and never empty."""

    round: int
    at: datetime
    seed: int
    speakers: tuple[Speaker, ...]


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How one turn of the step ended."""

    participant_id: ParticipantId
    ending: TurnEnding


@dataclass(frozen=True, slots=True)
class StepEnded:
    """All turns of a step are over. `speakers` are those who may speak now, maybe none."""

    round: int
    step: int
    at: datetime
    seed: int
    speakers: tuple[Speaker, ...]
    results: tuple[TurnResult, ...]


DirectorEvent: TypeAlias = RoundOpened | StepEnded


@dataclass(frozen=True, slots=True)
class Speak:
    """The next step: these participants answer at once, without seeing each other's answers."""

    participants: tuple[ParticipantId, ...]


@dataclass(frozen=True, slots=True)
class EndRound:
    """The round is over. Without a `reason` it follows from how the turns ended."""

    reason: RoundEnd | None = None


@dataclass(frozen=True, slots=True)
class Direction:
    """What a director wants: one step, or the end; and what it wants to remember."""

    step: Speak | EndRound
    state: ModeState = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Director:
    """One conversation mode. `direct` is a pure function; time and chance arrive in the event."""

    direct: Callable[[ModeState, DirectorEvent], Direction]
    version: int = 1
    max_participants: int = limits.MAX_PARTICIPANTS


class Directors:
    """The modes that are installed, by name."""

    def __init__(self, installed: Mapping[str, Director]) -> None:
        self._installed = dict(installed)

    @classmethod
    def installed(cls) -> "Directors":
        """Load all of the entry point group. Raises TypeError for one that is no `Director`."""
        found: dict[str, Director] = {}
        for entry in entry_points(group=GROUP):
            director = cast("object", entry.load())
            if not isinstance(director, Director):
                raise TypeError(f"entry point {entry.name} of {GROUP} gives a {type(director).__name__}, no Director")
            found[entry.name] = director
        return cls(found)

    def named(self, mode: str) -> Director:
        """The director of a mode. Raises Failure(VALIDATION_FAILED) for a mode that is not installed."""
        director = self._installed.get(mode)
        if director is None:
            names = sorted(self._installed)
            raise Failure(ErrorCode.VALIDATION_FAILED, f"There is no mode {mode!r}.", field="mode", modes=names)
        return director
