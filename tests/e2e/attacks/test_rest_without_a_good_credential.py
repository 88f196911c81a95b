"""Every operation is tried with no credential, and with every kind of bad one: all are refused, and change nothing."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

import httpx2
import pytest
import pytest_asyncio

from attacklab.belongings import Belongings, bearer, differences, rows_about, with_one_of_everything
from attacklab.bodies import EVERYBODYS
from attacklab.forgery import Forger
from attacklab.operations import Operation
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver
from palaver.contracts.failures import TRAITS, Category, ErrorCode, Failure

pytestmark = [pytest.mark.e2e, pytest.mark.attack]

OPEN = {
    "GET /api/v1/auth/jwks",
    "GET /api/v1/auth/oauth/{provider}",
    "GET /api/v1/auth/oauth/{provider}/callback",
    "GET /api/v1/auth/providers",
    "GET /api/v1/auth/registration",
    "POST /api/v1/auth/forgot-password",
    "POST /api/v1/auth/link",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/login/second-factor",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/oauth/{provider}",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/reset-password",
}
"""What needs no sign-in, on purpose. To open another operation is a decision that is made here, too."""

SHARES = 4
"""Forged tokens meet the same check everywhere: each operation gets its share of them, and all of everything else."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is sent in place of a good credential, and the one right answer."""

    name: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: str = ""
    code: ErrorCode = ErrorCode.UNAUTHENTICATED


@pytest_asyncio.fixture
async def ada(stack: Stack) -> AsyncGenerator[Belongings]:
    async with await stack.person("Ada") as person:
        yield await with_one_of_everything(person)


async def ended_sign_ins(stack: Stack) -> AsyncGenerator[Attempt]:
    """Tokens of sign-ins that ended in every way there is; each was good until then."""

    def kept(person: Palaver, way: str) -> Attempt:
        return Attempt(way, bearer(person.rest.signed_in.access_token), code=ErrorCode.SIGN_IN_ENDED)

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
    async with Palaver(stack.url) as owner, await stack.person() as culprit:
        await owner.rest.redeem(stack.sign_in.link.code)
        yield kept(culprit, "suspended")
        one = f"/api/v1/admin/users/{culprit.rest.signed_in.user.id}"
        await owner.rest.call("PUT", one, {"status": "suspended"})


async def attempts_at(stack: Stack, ada: Belongings) -> list[Attempt]:
    """Every credential that is none. Of another kind are such as open something else."""
    ticket = (await ada.person.rest.post("/api/v1/auth/ticket", {}))["ticket"]
    others = {
        "a refresh token": ada.person.rest.signed_in.refresh_token,
        "a ticket": ticket,
        "a user id": ada.ids["user_id"],
    }
    return [
        Attempt("nothing"),
        Attempt("an empty header", {"Authorization": ""}),
        Attempt("no token", {"Authorization": "Bearer"}),
        Attempt("a token in another scheme", {"Authorization": f"Basic {ada.token}"}),
        Attempt("a token without its scheme", {"Authorization": ada.token}),
        Attempt("a token in the query", query=f"access_token={ada.token}&token={ada.token}"),
        Attempt("a token in a cookie", {"Cookie": f"access_token={ada.token}; palaver_refresh={ada.token}"}),
        Attempt("a refresh token in its cookie", {"Cookie": f"palaver_refresh={others['a refresh token']}"}),
        Attempt(
            "a word that a proxy would say", {"X-Forwarded-User": ada.ids["user_id"], "X-User-Id": ada.ids["user_id"]}
        ),
        *(Attempt(name, bearer(value)) for name, value in others.items()),
        *[attempt async for attempt in ended_sign_ins(stack)],
    ]


async def test_what_needs_no_sign_in_is_known(operations: list[Operation]) -> None:
    assert {str(one) for one in operations if not one.needs_sign_in} == OPEN


async def test_every_other_operation_refuses_every_bad_credential_and_nothing_changes(
    stack: Stack, http: httpx2.AsyncClient, operations: list[Operation], ada: Belongings
) -> None:
    ids = {**EVERYBODYS, **ada.ids}
    attempts = await attempts_at(stack, ada)
    forger = Forger.of(ada.token, stack.secrets.token_signing_key)
    forged = [Attempt(bad.name, bearer(bad.token), code=bad.code) for bad in forger.all()]
    before = await rows_about(stack, ada.ids)
    wrong: list[str] = []
    for number, operation in enumerate(one for one in operations if one.needs_sign_in):
        for attempt in (*attempts, *forged[number % SHARES :: SHARES]):
            request = operation.request(http, ids, attempt.headers)
            if attempt.query:
                request.url = request.url.copy_merge_params(attempt.query)
            answer = await http.send(request)
            if (problem := judged(answer, attempt)) is not None:
                wrong.append(f"{operation} with {attempt.name}: {problem}")
    assert wrong == []
    assert not differences(before, await rows_about(stack, ada.ids))
    me = await http.get("/api/v1/users/me", headers=ada.headers)
    assert me.status_code == 200, "the token that all were made of was good all the time"


def judged(answer: httpx2.Response, attempt: Attempt) -> str | None:
    """What is wrong with the refusal."""
    trait = TRAITS[attempt.code]
    assert (trait.http_status, trait.category) == (401, Category.AUTHENTICATION)
    if answer.status_code != trait.http_status:
        return f"{answer.status_code} {answer.text[:200]}"
    told = answer.json()
    error = told["error"]
    if (told["success"], error["code"], error["category"]) != (False, attempt.code, trait.category) or "data" in told:
        return answer.text[:200]
    return None if error["message"] else "says nothing"
