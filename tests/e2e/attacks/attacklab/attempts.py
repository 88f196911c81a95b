"""Everything that somebody may present who has no good credential."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

import pytest

from attacklab.belongings import Belongings, bearer
from attacklab.forgery import Forger
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver
from palaver.contracts.failures import ErrorCode, Failure


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is sent in place of a good credential, and the one right answer. `token` is what it has for one."""

    name: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: str = ""
    code: ErrorCode = ErrorCode.UNAUTHENTICATED
    token: str = ""


def as_token(name: str, token: str, code: ErrorCode = ErrorCode.UNAUTHENTICATED) -> Attempt:
    """Where an access token belongs."""
    return Attempt(name, bearer(token), code=code, token=token)


def forged(stack: Stack, victim: Belongings) -> list[Attempt]:
    """Expired and tampered tokens."""
    forger = Forger.of(victim.token, stack.secrets.token_signing_key)
    return [as_token(bad.name, bad.token, bad.code) for bad in forger.all()]


async def of_another_kind(victim: Belongings) -> list[Attempt]:
    """Good for something else, and no access token."""
    ticket = (await victim.person.rest.post("/api/v1/auth/ticket", {}))["ticket"]
    refresh = victim.person.rest.signed_in.refresh_token
    return [
        as_token("a refresh token", refresh),
        as_token("a ticket", ticket),
        as_token("a user id", victim.ids["user_id"]),
        as_token("a sign-in's id", victim.ids["sign_in_id"]),
    ]


def misplaced(victim: Belongings) -> list[Attempt]:
    """A good token, where none is looked for, and words that only a proxy may say."""
    token, refresh, who = victim.token, victim.person.rest.signed_in.refresh_token, victim.ids["user_id"]
    return [
        Attempt("nothing"),
        Attempt("an empty header", {"Authorization": ""}),
        Attempt("no token", {"Authorization": "Bearer"}),
        Attempt("a token in another scheme", {"Authorization": f"Basic {token}"}),
        Attempt("a token without its scheme", {"Authorization": token}),
        Attempt("a token in the query", query=f"access_token={token}&token={token}"),
        Attempt("a token in a cookie", {"Cookie": f"access_token={token}; palaver_refresh={token}"}),
        Attempt("a refresh token in its cookie", {"Cookie": f"palaver_refresh={refresh}"}),
        Attempt("a word that a proxy would say", {"X-Forwarded-User": who, "X-User-Id": who}),
    ]


async def ended(stack: Stack, owner: Palaver) -> list[Attempt]:
    """Tokens of sign-ins that ended in every way there is; each was good until then."""
    return [attempt async for attempt in _ended(stack, owner)]


async def _ended(stack: Stack, owner: Palaver) -> AsyncGenerator[Attempt]:
    def kept(person: Palaver, way: str) -> Attempt:
        return as_token(way, person.rest.signed_in.access_token, ErrorCode.SIGN_IN_ENDED)

    async with await stack.person() as out:
        yield kept(out, "logged out")
        await out.rest.log_out()
    async with await stack.person() as lost, await stack.same_person(lost) as other:
        yield kept(lost, "logged out from another device")
        (device,) = [one for one in await other.rest.devices() if not one.current]
        await other.rest.log_device_out(device.id)
    async with await stack.person() as lost, await stack.same_person(lost) as other:
        yield kept(lost, "password changed elsewhere")
        await other.rest.change_password(PASSWORD, f"another {PASSWORD}")
    async with await stack.person() as lost:
        spent = lost.rest.signed_in.refresh_token
        await lost.rest.renewed_token()
        yield kept(lost, "refresh token used twice")
        with pytest.raises(Failure, match="used"):
            await lost.rest.resume(spent)
    async with await stack.person() as gone:
        yield kept(gone, "account deleted")
        await gone.rest.call("DELETE", "/api/v1/users/me", {"password": PASSWORD})
    async with await stack.person() as culprit:
        yield kept(culprit, "suspended")
        one = f"/api/v1/admin/users/{culprit.rest.signed_in.user.id}"
        await owner.rest.call("PUT", one, {"status": "suspended"})
