"""One delivery of a side job while it runs: its text, and the account of its calls."""

from palaver.contracts.model_router import RunCompletion
from palaver.contracts.session import OpenCall
from palaver.model_router.domain import CallFact
from palaver.model_router.interrupting import Interruptible


class RunningCompletion(Interruptible):
    """`Answer` of a side job. Nobody reads it before it is whole, so each call begins it anew.

    It ends where it reaches `max_characters`.
    """

    def __init__(self, order: RunCompletion, delivery: int, *, max_characters: int) -> None:
        super().__init__()
        self.order = order
        self.delivery = delivery
        self.calls: list[CallFact] = []
        self.stopped = False  # nobody stops side jobs
        self._max_characters = max_characters
        self._pieces: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        """What the last call wrote."""
        return "".join(self._pieces)[: self._max_characters]

    @property
    def calls_made(self) -> int:
        """See `Answer`."""
        return len(self.calls)

    def opened(self, call: OpenCall) -> None:  # noqa: ARG002 - its number is that of the reservation
        """See `Answer`."""
        self._pieces.clear()
        self._length = 0

    def write(self, text: str) -> bool:
        """See `Answer`."""
        self._pieces.append(text)
        self._length += len(text)
        return self._length < self._max_characters

    async def finish(self) -> None:
        """See `Answer`."""

    def closed(self, fact: CallFact) -> None:
        """See `Answer`."""
        self.calls.append(fact)
