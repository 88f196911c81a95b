"""Sign-ins of people as identity keeps them: where somebody is signed in, and that a sign-in is over."""

from datetime import datetime

from palaver.contracts.actors import Actor
from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, control, query


class SignInEnded(Payload):
    """A sign-in is over, by whatever it ended: whoever serves it stops at once. Its last access token would have been
    valid until `until`. Repeated until it is also where `ended_sign_in_key` says."""

    user_id: UserId
    sid: SignInId
    until: datetime


class SignInView(Payload):
    """Where somebody is signed in. `device` is what the client called itself; `current` is the one that asks."""

    id: SignInId
    device: str | None
    address: str | None
    created_at: datetime
    used_at: datetime
    current: bool


class ListSignIns(Payload):
    """The actor's sign-ins; `sid` is the one that they ask with."""

    actor: Actor
    sid: SignInId


class SignInList(Payload):
    """Sign-ins that go on, the last used first."""

    sign_ins: tuple[SignInView, ...]


class EndSignIn(Payload):
    """Log one of the actor's sign-ins out, from wherever they are."""

    actor: Actor
    sign_in_id: SignInId


class EndOtherSignIns(Payload):
    """Log the actor out everywhere but here: `sid` is the sign-in that they ask with, which goes on."""

    actor: Actor
    sid: SignInId


class OtherSignInsEnded(Payload):
    """How many there were."""

    ended: int


def ended_sign_in_key(sid: str) -> str:
    """Where Redis says that a sign-in is over, for as long as one of its access tokens could be presented."""
    return f"palaver:identity:ended:{sid}"


SIGN_IN_LIST = query("identity.sign-in.list.v1", ListSignIns, SignInList, "Where the actor is signed in.")
SIGN_IN_END = query("identity.sign-in.end.v1", EndSignIn, Done, "Log one of the actor's sign-ins out.")
SIGN_IN_END_OTHERS = query(
    "identity.sign-in.end-others.v1", EndOtherSignIns, OtherSignInsEnded, "Log the actor out everywhere but here."
)
SIGN_IN_ENDED = control(
    "identity.sign-in.ended.v1", SignInEnded, "A sign-in is over: its connections are closed, its tokens refused."
)
