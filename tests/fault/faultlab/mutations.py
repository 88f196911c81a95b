"""What is switched off to see whether the checker notices: one protection each, replaced where it stands.

Nothing of this is in the product: a service that is mutated is started by `mutated_command`, which patches one
function and then runs the service's own main. Each function here patches the process that calls it.
"""

import random
import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FORGETFUL = 0.3
"""Share of commits after which a forgetful session does not publish, as if it had died in between."""


def mutated_command(mutation: str) -> list[str]:
    """Arguments for Python that run the mutated service."""
    here = str(Path(__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {here!r}); from faultlab.mutations import main; main({mutation!r})"
    return ["-c", code]


def main(mutation: str) -> None:
    """Patch, and be the service."""
    package = SERVICE_MUTATIONS[mutation]()
    sys.argv = [package]
    runpy.run_module(package, run_name="__main__")


def patchable(what: object) -> Any:
    """Protections are inside; a type checker rightly minds."""
    return what


# ---- model-router ----------------------------------------------------------------------------------------------------
def no_claim() -> str:
    """A worker runs whatever order it gets, and does not care who else does."""
    from palaver.contracts.model_router import RunTurn
    from palaver.contracts.session import RenewedTurn, TurnClaim
    from palaver.model_router.neighbours import SessionClaims
    from palaver.model_router.renewing import Renewals

    claims, renewals = patchable(SessionClaims), patchable(Renewals)
    heed = renewals._heed

    async def claim(self: SessionClaims, order: RunTurn) -> TurnClaim:
        return TurnClaim(verdict="run", lease_seconds=6.0)

    def deaf(self: Renewals, turn: Any, answer: RenewedTurn) -> None:
        if answer.status != "lost":
            heed(self, turn, answer)

    claims.claim = claim
    renewals._heed = deaf
    return "palaver.model_router"


# ---- session ---------------------------------------------------------------------------------------------------------
def forgetful() -> str:
    """No mutation: some commits are not followed by their announcement, which the sweep must make good."""
    from palaver.session.announcing import BrokerAnnouncer
    from palaver.session.ports import News

    announcer = patchable(BrokerAnnouncer)
    announce = announcer.announce

    async def sometimes(self: BrokerAnnouncer, news: News) -> None:
        if random.random() >= FORGETFUL:  # noqa: S311 - a fault
            await announce(self, news)

    announcer.announce = sometimes
    return "palaver.session"


def no_log_sweep() -> str:
    """Forgetful, and nobody makes it good."""
    from palaver.servicekit.outbox import OutboxRelay

    async def nothing(_self: OutboxRelay[Any]) -> None:
        return

    patchable(OutboxRelay)._sweep = nothing
    return forgetful()


def repeated_posts() -> str:
    """A post that is there already is stored once more."""
    from palaver.session.room import Room

    room = patchable(Room)
    has_heard, keep_message = room.has_heard, room.keep_message

    async def never(self: Any, *post: Any) -> bool:
        self.heard_before = await has_heard(self, *post)
        return False

    def keep_again(self: Any, message: Any) -> None:
        if self.heard_before:  # or the unique index would refuse it
            message = message.model_copy(update={"client_message_id": f"{message.client_message_id}+{message.id}"})
        keep_message(self, message)

    room.has_heard, room.keep_message = never, keep_again
    return "palaver.session"


def no_expiry() -> str:
    """Claims of dead workers are held for ever."""
    from palaver.session.sweeping import Sweeper

    async def nothing(_self: Sweeper, _cutoff: Any) -> None:
        return

    patchable(Sweeper)._end_overdue = nothing
    return "palaver.session"


# ---- gateway ---------------------------------------------------------------------------------------------------------
def no_splice() -> str:
    """After a snapshot, deltas pass that the snapshot has already."""
    from palaver.gateway.realtime.splice import Splice

    def passes(self: Splice, frame: bytes) -> bytes:
        self.done = True
        return frame

    patchable(Splice).offer = passes
    return "palaver.gateway"


SERVICE_MUTATIONS: Mapping[str, Callable[[], str]] = {
    function.__name__: function
    for function in (no_claim, forgetful, no_log_sweep, repeated_posts, no_expiry, no_splice)
}
