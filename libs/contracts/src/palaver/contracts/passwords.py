"""Changing a password: with the present one, or with a link that came by e-mail."""

from typing import Literal

from pydantic import Field

from palaver.contracts.actors import Actor
from palaver.contracts.identity import MAX_PASSWORD_CHARACTERS, Email, Password
from palaver.contracts.ids import SignInId
from palaver.contracts.sealed import Sealed
from palaver.contracts.session import Done
from palaver.contracts.subjects import Payload, query

Language = Literal["en", "zh"]
"""In which the product speaks to people."""


class PasswordChange(Payload):
    """Inside `Sealed`. Who has no password yet gives no present one, and needs a fresh sign-in instead."""

    current_password: str | None = Field(default=None, min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)
    new_password: Password


class ChangePassword(Payload):
    """The actor's own password. Their other sign-ins end; `sid`, which asks, goes on."""

    actor: Actor
    sid: SignInId
    sealed: Sealed[PasswordChange]


class RequestPasswordReset(Payload):
    """Mail a link to whoever has an account with this address. The answer says nothing about whether there is one."""

    email: Email
    language: Language = "en"
    address: str | None = None


class PasswordReset(Payload):
    """Inside `Sealed`: the token of the link, and the new password."""

    token: str = Field(min_length=1, max_length=200, repr=False)
    new_password: Password


class ResetPassword(Payload):
    """Use a link; it works once. All sign-ins of the person end."""

    sealed: Sealed[PasswordReset]
    address: str | None = None


PASSWORD_CHANGE = query("identity.password.change.v1", ChangePassword, Done, "Change the actor's password.")
PASSWORD_RESET_REQUEST = query(
    "identity.password-reset.request.v1", RequestPasswordReset, Done, "Mail a link that sets a new password."
)
PASSWORD_RESET = query("identity.password.reset.v1", ResetPassword, Done, "Set a new password with a mailed link.")
