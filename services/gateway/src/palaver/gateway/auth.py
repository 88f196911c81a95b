"""Access tokens are verified here, with identity's public keys; tickets are redeemed at identity."""

import contextlib
import time
from typing import Any

import jwt
from jwt import InvalidTokenError, PyJWK

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import (
    JWKS_GET,
    SEAL_CONTEXT_REQUEST,
    TICKET_REDEEM,
    Jwks,
    ReadJwks,
    RedeemTicket,
    SecretToken,
)
from palaver.contracts.ids import SignInId, UserId
from palaver.gateway.ended import EndedSignIns
from palaver.gateway.people import Person
from palaver.gateway.recipients import Recipient
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable

ALGORITHM = "EdDSA"
LEEWAY_SECONDS = 5.0
"""Clocks of two machines differ."""
REFETCH_SECONDS = 5.0
"""Tokens with made-up key ids make identity's keys be fetched again at most this often."""
MAX_TOKEN_CHARACTERS = 4_096


class KeySet:
    """Identity's public keys by id: cached, and fetched again for an id that is not known."""

    def __init__(self, broker: Broker, *, keep_seconds: float) -> None:
        self._broker = broker
        self._keep_seconds = keep_seconds
        self._document = Jwks(keys=())
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")

    async def document(self) -> Jwks:
        """RFC 7517, for whoever verifies tokens elsewhere. Raises Unavailable."""
        if not self._keys or time.monotonic() - self._fetched_at > self._keep_seconds:
            await self._fetch()
        return self._document

    async def key(self, key_id: str) -> PyJWK | None:
        """The key, or None if identity does not have it. Raises Unavailable if none was ever fetched."""
        age = time.monotonic() - self._fetched_at
        if not self._keys or (key_id not in self._keys and age > REFETCH_SECONDS):
            await self._fetch()
        elif age > self._keep_seconds:
            with contextlib.suppress(Unavailable):  # what is known goes on verifying
                await self._fetch()
        return self._keys.get(key_id)

    async def _fetch(self) -> None:
        self._document = await self._broker.ask(JWKS_GET, ReadJwks())
        self._keys = {str(key["kid"]): PyJWK.from_dict(key, algorithm=ALGORITHM) for key in self._document.keys}
        self._fetched_at = time.monotonic()


class Authenticator:
    """From a credential to a person."""

    def __init__(
        self,
        broker: Broker,
        keys: KeySet,
        identity: Recipient,
        ended: EndedSignIns,
        *,
        issuer: str,
        audience: str,
    ) -> None:
        self._broker = broker
        self._keys = keys
        self._identity = identity
        self._ended = ended
        self._issuer = issuer
        self._audience = audience

    async def by_token(self, token: str) -> Person:
        """Raises Failure(UNAUTHENTICATED, TOKEN_EXPIRED or SIGN_IN_ENDED), or Unavailable before identity's keys are
        known."""
        claims = await self._claims(token)
        try:
            person = Person(
                user_id=UserId(str(claims["sub"])),
                sid=SignInId(str(claims["sid"])),
                role=Role(claims.get("role", Role.MEMBER)),
                nickname=str(claims.get("nickname", "")),
                expires_at=float(claims["exp"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _unauthenticated() from error
        await self._ended.refuse(person.sid)
        return person

    async def by_ticket(self, ticket: str) -> Person:
        """Use up a ticket. Raises Failure or Unavailable."""
        sealed = self._identity.seal(SecretToken(token=ticket[:MAX_TOKEN_CHARACTERS]), context=SEAL_CONTEXT_REQUEST)
        holder = await self._broker.ask(TICKET_REDEEM, RedeemTicket(sealed=sealed))
        return Person(
            user_id=holder.user.id,
            sid=holder.sid or SignInId(""),
            role=holder.user.role,
            nickname=holder.user.nickname,
            expires_at=holder.expires_at.timestamp(),
        )

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            key_id = jwt.get_unverified_header(token[:MAX_TOKEN_CHARACTERS]).get("kid")
            key = await self._keys.key(str(key_id))
            if key is None:
                raise _unauthenticated()
            return jwt.decode(
                token,
                key=key,
                algorithms=[ALGORITHM],
                leeway=LEEWAY_SECONDS,
                issuer=self._issuer,
                audience=self._audience,
                options={"require": ["exp", "sub", "sid", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Failure(ErrorCode.TOKEN_EXPIRED, "Your sign-in has ended; sign in again.") from error
        except InvalidTokenError as error:
            raise _unauthenticated() from error


def _unauthenticated() -> Failure:
    return Failure(ErrorCode.UNAUTHENTICATED, "This needs a valid sign-in.")
