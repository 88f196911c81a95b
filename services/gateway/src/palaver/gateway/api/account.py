"""The signed-in person's sign-ins, password and settings."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from palaver.contracts.identity import MAX_PASSWORD_CHARACTERS, SEAL_CONTEXT_REQUEST, Password
from palaver.contracts.ids import SignInId
from palaver.contracts.passwords import PASSWORD_CHANGE, ChangePassword, PasswordChange
from palaver.contracts.preferences import (
    PREFERENCES_GET,
    PREFERENCES_SET,
    Preferences,
    ReadPreferences,
    SetPreferences,
)
from palaver.contracts.sign_ins import (
    SIGN_IN_END,
    SIGN_IN_END_OTHERS,
    SIGN_IN_LIST,
    EndOtherSignIns,
    EndSignIn,
    ListSignIns,
    SignInView,
)
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/users/me", tags=["users"])


class PasswordBody(BaseModel):
    """`current_password` may be left out only by whoever has none, and has just signed in."""

    current_password: str | None = Field(default=None, min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)
    new_password: Password


async def limited_proof(who: Authenticated, around: Around) -> None:
    """Guessing from within a stolen sign-in is as slow as from without."""
    await around.rate_limits.check(around.rates.proofs, who.person.user_id)


@router.put("/password", dependencies=[Depends(limited_proof)])
async def change_password(body: PasswordBody, who: Authenticated, around: Around) -> Envelope[None]:
    """Change your password. Your other sign-ins end."""
    change = PasswordChange(current_password=body.current_password, new_password=body.new_password)
    sealed = around.identity.seal(change, context=SEAL_CONTEXT_REQUEST)
    await around.broker.ask(PASSWORD_CHANGE, ChangePassword(actor=who.actor, sid=who.person.sid, sealed=sealed))
    return done()


@router.get("/devices")
async def list_devices(who: Authenticated, around: Around) -> Envelope[list[SignInView]]:
    """Where you are signed in, the last used first."""
    answer = await around.broker.ask(SIGN_IN_LIST, ListSignIns(actor=who.actor, sid=who.person.sid))
    return Envelope(data=list(answer.sign_ins))


class OthersEnded(BaseModel):
    """How many sign-ins there were beside yours."""

    ended: int


@router.delete("/devices")
async def log_other_devices_out(who: Authenticated, around: Around) -> Envelope[OthersEnded]:
    """End all your sign-ins but this one: their connections are closed within a second."""
    answer = await around.broker.ask(SIGN_IN_END_OTHERS, EndOtherSignIns(actor=who.actor, sid=who.person.sid))
    return Envelope(data=OthersEnded(ended=answer.ended))


@router.delete("/devices/{device_id}")
async def log_device_out(device_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """End one of your sign-ins, wherever it is: its connections are closed within a second."""
    await around.broker.ask(SIGN_IN_END, EndSignIn(actor=who.actor, sign_in_id=SignInId(device_id)))
    return done()


@router.get("/settings")
async def read_settings(who: Authenticated, around: Around) -> Envelope[Preferences]:
    """How you want Palaver to look and to behave."""
    return Envelope(data=await around.broker.ask(PREFERENCES_GET, ReadPreferences(actor=who.actor)))


@router.put("/settings")
async def write_settings(body: Preferences, who: Authenticated, around: Around) -> Envelope[Preferences]:
    """Replace your settings; what is left out gets its default."""
    request = SetPreferences(actor=who.actor, preferences=body)
    return Envelope(data=await around.broker.ask(PREFERENCES_SET, request))
