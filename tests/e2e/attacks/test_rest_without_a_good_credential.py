"""Every operation is tried with no credential, and with every kind of bad one: all are refused, and change nothing."""

import httpx2
import pytest

from attacklab.attempts import Attempt, ended, forged, misplaced, of_another_kind
from attacklab.belongings import Belongings, differences, rows_about
from attacklab.bodies import EVERYBODYS
from attacklab.operations import Operation
from palaver.cli.testing.stack import Stack
from palaver.client import Palaver
from palaver.contracts.failures import TRAITS, Category, ErrorCode

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

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
    "POST /api/v1/shared",
}
"""What needs no sign-in, on purpose. To open another operation is a decision that is made here, too."""

SHARE = 8
"""The check is one for all operations, so each meets nothing at all, something expired, and its share of each kind of
bad credential: all of them meet many operations."""


async def test_what_needs_no_sign_in_is_known(operations: list[Operation]) -> None:
    assert {str(one) for one in operations if not one.needs_sign_in} == OPEN


async def test_every_other_operation_refuses_every_bad_credential_and_nothing_changes(
    stack: Stack, http: httpx2.AsyncClient, operations: list[Operation], ada: Belongings, owner: Palaver
) -> None:
    ids = {**EVERYBODYS, **ada.ids}
    nothing, *elsewhere = misplaced(ada)
    *tampered, expired = forged(stack, ada)
    assert (nothing.headers, expired.code) == ({}, ErrorCode.TOKEN_EXPIRED)
    kinds = (elsewhere, await of_another_kind(ada), await ended(stack, owner), tampered)
    before = await rows_about(stack, ada.ids)
    wrong: list[str] = []
    for number, operation in enumerate(one for one in operations if one.needs_sign_in):
        for attempt in (nothing, expired, *(one for kind in kinds for one in share(kind, number))):
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


def share(kind: list[Attempt], number: int) -> list[Attempt]:
    """A part of them, at least two; another for the next number."""
    step = min(SHARE, len(kind) // 2)
    return kind[number % step :: step]


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
