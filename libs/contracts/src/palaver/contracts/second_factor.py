"""A second proof beside the password: codes of an authenticator (RFC 6238), and recovery codes for when it is lost."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from palaver.contracts.actors import Actor
from palaver.contracts.identity import MAX_PASSWORD_CHARACTERS, SealedRequest, SecretToken, SignedIn
from palaver.contracts.sealed import Sealed
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, query

Code = Annotated[str, StringConstraints(min_length=6, max_length=40), Field(repr=False)]
"""Six digits of the authenticator, or a recovery code; spaces do not matter."""


class SecondFactorRequired(Payload):
    """The `details` of the failure SECOND_FACTOR_REQUIRED, which answers `user.login` after the right password: a
    challenge, sealed to the request's `reply_key`. It signs nobody in by itself, works once, and takes few codes."""

    sealed: Sealed[SecretToken]
    expires_at: datetime


class SecondStep(Payload):
    """Inside `Sealed`: the challenge, and what it asks for."""

    challenge: str = Field(min_length=1, max_length=200, repr=False)
    code: Code


class RedeemSecondFactor(SealedRequest):
    """The second step of signing in."""

    sealed: Sealed[SecondStep]


class SecondFactorState(Payload):
    """Whether a person's password needs a second proof, and how many recovery codes they have left."""

    enabled: bool
    recovery_codes_left: int = 0


class ReadSecondFactor(Payload):
    """The actor's own."""

    actor: Actor


class PasswordProof(Payload):
    """Inside `Sealed`: the password once more."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)


class BeginSecondFactor(Payload):
    """Make a secret for an authenticator. Nothing is asked for at sign-in before a code has confirmed it."""

    actor: Actor
    reply_key: str
    sealed: Sealed[PasswordProof]


class AuthenticatorSecret(Payload):
    """Inside `Sealed`: what an authenticator is told; `uri` (otpauth://) is the same, for a QR code."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class NewAuthenticator(Payload):
    """Sealed to the request's `reply_key`."""

    sealed: Sealed[AuthenticatorSecret]


class CodeProof(Payload):
    """Inside `Sealed`: a code of the authenticator."""

    code: Code


class ConfirmSecondFactor(Payload):
    """Turn it on: the authenticator shows the right codes."""

    actor: Actor
    reply_key: str
    sealed: Sealed[CodeProof]


class RecoveryCodes(Payload):
    """Inside `Sealed`: each works once, in the place of the authenticator. They are never shown again."""

    codes: tuple[str, ...] = Field(repr=False)


class NewRecoveryCodes(Payload):
    """Sealed to the request's `reply_key`."""

    sealed: Sealed[RecoveryCodes]


class FullProof(Payload):
    """Inside `Sealed`: the password and a code."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)
    code: Code


class DisableSecondFactor(Payload):
    """Turn it off."""

    actor: Actor
    sealed: Sealed[FullProof]


class RenewRecoveryCodes(Payload):
    """Make new recovery codes; those before are void."""

    actor: Actor
    reply_key: str
    sealed: Sealed[FullProof]


SECOND_FACTOR_REDEEM = query(
    "identity.second-factor.redeem.v1", RedeemSecondFactor, SignedIn, "The second step of signing in."
)
SECOND_FACTOR_GET = query(
    "identity.second-factor.get.v1", ReadSecondFactor, SecondFactorState, "Whether the actor has a second factor."
)
SECOND_FACTOR_BEGIN = query(
    "identity.second-factor.begin.v1", BeginSecondFactor, NewAuthenticator, "Make a secret for an authenticator."
)
SECOND_FACTOR_CONFIRM = query(
    "identity.second-factor.confirm.v1", ConfirmSecondFactor, NewRecoveryCodes, "Turn the second factor on."
)
SECOND_FACTOR_DISABLE = query(
    "identity.second-factor.disable.v1", DisableSecondFactor, Done, "Turn the second factor off."
)
RECOVERY_CODES_RENEW = query(
    "identity.recovery-codes.renew.v1", RenewRecoveryCodes, NewRecoveryCodes, "New recovery codes for those before."
)
