"""Who is at the other end, as the gateway authenticated them."""

from dataclasses import dataclass

from palaver.contracts.actors import Actor, Role
from palaver.contracts.ids import SignInId, UserId


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person. `sid` is their sign-in; `expires_at` (seconds since the epoch) ends what their credential
    allows."""

    user_id: UserId
    sid: SignInId
    role: Role
    nickname: str
    expires_at: float

    def actor(self, address: str | None, device: str | None = None) -> Actor:
        """On whose behalf other services are asked."""
        return Actor(user_id=self.user_id, role=self.role, address=address, device=device, sign_in=self.sid)
