"""A turn's provider calls: their text goes to the readers as it comes, without the model's own name before it."""

from collections.abc import Callable

from palaver.contracts.session import OpenCall
from palaver.model_router.calling import FinishReason, ProviderCalls
from palaver.model_router.domain import CallFact
from palaver.model_router.echo import EchoFilter
from palaver.model_router.preparing import Fitted
from palaver.model_router.running import RunningTurn


class TurnCalls:
    """Makes provider calls for running turns. `opened` hears of each call at its start, and must not wait.

    An answer that reaches `max_characters` ends there.
    """

    def __init__(self, calls: ProviderCalls, opened: Callable[[RunningTurn], None], *, max_characters: int) -> None:
        self._calls = calls
        self._opened = opened
        self._max_characters = max_characters

    async def make(self, turn: RunningTurn, fitted: Fitted, first_text: Callable[[], None]) -> FinishReason:
        """Call once. `first_text` is called when there is something to show. The call's fact is left on the turn.

        Raises ProviderFailed; cancellation closes the connection.
        """
        echo = EchoFilter(fitted.window.speaker_prefixes)
        answer = _ShownAnswer(turn, echo, first_text, self._opened, self._max_characters)
        return await self._calls.make(fitted.call, fitted.prompt, answer)


class _ShownAnswer:
    """`Answer` of a turn."""

    __slots__ = ("_echo", "_first_text", "_max_characters", "_opened", "_turn")

    def __init__(
        self,
        turn: RunningTurn,
        echo: EchoFilter,
        first_text: Callable[[], None],
        opened: Callable[[RunningTurn], None],
        max_characters: int,
    ) -> None:
        self._turn = turn
        self._echo = echo
        self._first_text = first_text
        self._opened = opened
        self._max_characters = max_characters

    @property
    def calls_made(self) -> int:
        """See `Answer`."""
        return len(self._turn.calls)

    @property
    def stopped(self) -> bool:
        """See `Answer`."""
        return self._turn.interruption == "stopped"

    def opened(self, call: OpenCall) -> None:
        """See `Answer`."""
        self._turn.open_call = call
        self._opened(self._turn)

    def write(self, text: str) -> bool:
        """See `Answer`."""
        return self._show(self._echo.feed(text))

    async def finish(self) -> None:
        """See `Answer`."""
        self._show(self._echo.end())
        await self._turn.flow.flush()

    def closed(self, fact: CallFact) -> None:
        """See `Answer`."""
        self._turn.open_call = None
        self._turn.calls.append(fact)

    def _show(self, text: str) -> bool:
        turn = self._turn
        room = self._max_characters - turn.length
        if text and room > 0:
            if not turn.length:
                self._first_text()
            turn.append(text if len(text) <= room else text[:room])
        return turn.length < self._max_characters
