"""Each protection switched off once, with a run in which that must be noticed, and the rules that must notice it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, replace

from faultlab.checker import Violation, check
from faultlab.mutations import mutated_command, patchable
from faultlab.product import Product
from faultlab.running import Run
from faultlab.schedule import Fault, Kind, Message, RoomPlan, Schedule, brief, schedule
from palaver.client.transcript import ReplyState, Verdict

IMPATIENCE_SECONDS = 25.0
"""What a mutation breaks stays broken: there is no use in waiting longer."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`service` None: the client is mutated, by `patched`. `noticed_by`: at least one of these rules must complain."""

    name: str
    service: str | None
    seed: int
    faults: tuple[tuple[Kind, float, float], ...]
    noticed_by: frozenset[str]
    patched: Callable[[], AbstractContextManager[None]] = nullcontext
    slowness: float = 1.0
    """Answers take so many times longer, so that they outlive a lease."""
    quick: bool = False

    @property
    def schedule(self) -> Schedule:
        """What happens: the rooms of the seed, with these faults as (kind, at, for so many seconds)."""
        made = tuple(Fault(at, kind, 0, seconds) for kind, at, seconds in self.faults)
        plan = brief(schedule(self.seed)) if self.quick else schedule(self.seed)
        return replace(plan, rooms=tuple(_slowed(room, self.slowness) for room in plan.rooms), faults=made)

    async def run(self, product: Product) -> list[Violation]:
        """Run it mutated, and put the product right again. What the checker says."""
        async with self._mutated(product):
            journal = await Run(product, self.schedule, patience_seconds=IMPATIENCE_SECONDS).run()
        return check(journal)

    @asynccontextmanager
    async def _mutated(self, product: Product) -> AsyncGenerator[None]:
        if self.service is None:
            with self.patched():
                yield
            return
        replicas = product.processes[self.service]
        own = [process.command for process in replicas]
        try:
            await asyncio.gather(*(process.stop() for process in replicas))
            for process in replicas:
                process.command = tuple(mutated_command(self.name))
            await asyncio.gather(*(process.start() for process in replicas))
            yield
        finally:
            await asyncio.gather(*(process.stop() for process in replicas))
            for process, command in zip(replicas, own, strict=True):
                process.command = command
            await product.heal()


def _slowed(room: RoomPlan, slowness: float) -> RoomPlan:
    def slow(message: Message) -> Message:
        answers = (replace(a, pieces_per_second=a.pieces_per_second / slowness) for a in message.answers)
        return replace(message, answers=tuple(answers))

    return replace(room, messages=tuple(map(slow, room.messages)))


# ---- mutations of the client -----------------------------------------------------------------------------------------
@contextmanager
def _folded_by(fold: Callable[[ReplyState, int, int, str], Verdict]) -> Generator[None]:
    patched = patchable(ReplyState)
    real = patched.fold
    patched.fold = fold
    try:
        yield
    finally:
        patched.fold = real


def _without_offsets() -> AbstractContextManager[None]:
    """Text is appended wherever it belongs."""

    def fold(state: ReplyState, attempt: int, offset: int, text: str) -> Verdict:
        if state.ended or attempt < state.attempt:
            return Verdict.IGNORED
        if attempt > state.attempt:
            state.attempt, state.text = attempt, ""
        state.text += text
        state.status = "streaming"
        return Verdict.APPLIED

    return _folded_by(fold)


def _without_attempts() -> AbstractContextManager[None]:
    """Text of any attempt continues that of any other."""
    real = ReplyState.fold

    def fold(state: ReplyState, attempt: int, offset: int, text: str) -> Verdict:
        return real(state, state.attempt, offset, text)

    return _folded_by(fold)


CUTS: tuple[tuple[Kind, float, float], ...] = tuple(("client_cut", 0.8 + 0.3 * number, 0.1) for number in range(8))
"""Of the clients at one gateway, often enough to fall into an answer on a slow machine, too."""
DISPLAYED = frozenset({"every_displayed_text_is_a_beginning", "no_text_shrinks"})
MUTANTS: tuple[Mutant, ...] = (
    Mutant("no_offsets", None, 33, CUTS, DISPLAYED, _without_offsets, quick=True),
    Mutant("no_attempts", None, 42, (("freeze_worker", 1.2, 12.0),), DISPLAYED, _without_attempts, slowness=4.0),
    Mutant("no_claim", "model-router", 21, (("redeliver", 0.0, 6.0),), DISPLAYED | {"every_call_is_booked_once"}),
    Mutant("no_log_sweep", "session", 10, (), frozenset({"the_log_has_no_gap"})),
    Mutant("repeated_posts", "session", 39, (), frozenset({"posts_are_stored_once"}), quick=True),
    Mutant("no_expiry", "session", 48, (("kill_worker", 1.0, 0.5),), frozenset({"every_turn_ends"})),
    Mutant(
        "no_splice",
        "gateway",
        30,
        CUTS,
        frozenset({"the_server_sends_no_text_twice"}),
    ),
)
"""With a number of which the rooms suit the fault: several copies of a post, long answers, readers who join late."""
CONTROL = Mutant("forgetful", "session", 22, (), frozenset())
"""The fault of `no_log_sweep` without its mutation: here nothing must be noticed."""
