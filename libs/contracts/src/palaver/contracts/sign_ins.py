"""Sign-ins of people as identity keeps them: where somebody is signed in, and that a sign-in is over."""

from datetime import datetime

from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.subjects import Payload, control


class SignInEnded(Payload):
    """A sign-in is over, by whatever it ended: whoever serves it stops at once. Its last access token would have been
    valid until `until`. Repeated until it is also where `ended_sign_in_key` says."""

    user_id: UserId
    sid: SignInId
    until: datetime


def ended_sign_in_key(sid: str) -> str:
    """Where Redis says that a sign-in is over, for as long as one of its access tokens could be presented."""
    return f"palaver:identity:ended:{sid}"


SIGN_IN_ENDED = control(
    "identity.sign-in.ended.v1", SignInEnded, "A sign-in is over: its connections are closed, its tokens refused."
)
