"""Nobody learns who has an account: the same answers, after the same work, whoever is asked about.

But where registration is open, it says that an address is taken (ADR 15), after the same work and ten times a minute.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from pyotp.totp import TOTP

from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver
from palaver.contracts.ids import new_id

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

HASHES = "palaver_identity_password_hash_seconds_count"
WRONG = "no password of anybody"
OWNER = "owner@localhost"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def addresses(stack: Stack, owner: Palaver) -> AsyncGenerator[dict[str, str]]:
    """Of every kind of account that there is, and of nobody."""
    known: dict[str, str] = {"nobody": f"{new_id()}@example.org", "an owner without a password": OWNER}
    async with (
        await stack.person() as member,
        await stack.person() as careful,
        await stack.person() as suspended,
        await stack.person() as gone,
    ):
        phone = TOTP((await careful.rest.post("/api/v1/users/me/second-factor", {"password": PASSWORD}))["secret"])
        await careful.rest.post("/api/v1/users/me/second-factor/confirm", {"code": phone.now()})
        one = f"/api/v1/admin/users/{suspended.rest.signed_in.user.id}"
        people = {"a member": member, "one with a second factor": careful}
        people |= {"a suspended one": suspended, "one gone": gone}
        known |= {kind: str(person.rest.signed_in.user.email) for kind, person in people.items()}
        await owner.rest.call("PUT", one, {"status": "suspended"})
        await gone.rest.call("DELETE", "/api/v1/users/me", {"password": PASSWORD})
        yield known


def hashes(stack: Stack) -> float:
    """How many passwords were hashed or compared until now."""
    return sum(replica.figure(HASHES) for replica in stack.replicas["identity"])


async def asked(
    stack: Stack, http: httpx2.AsyncClient, path: str, body: dict[str, Any]
) -> tuple[int, str, tuple[str, ...], float]:
    """All that tells anything: status, body, names of headers, and hashes computed for it."""
    before = hashes(stack)
    answer = await http.post(path, json=body)
    return answer.status_code, answer.text, tuple(sorted(answer.headers)), hashes(stack) - before


async def test_logging_in_with_a_wrong_password_is_the_same_for_everybody(
    stack: Stack, http: httpx2.AsyncClient, addresses: dict[str, str]
) -> None:
    told = {
        kind: await asked(stack, http, "/api/v1/auth/login", {"email": email, "password": WRONG})
        for kind, email in addresses.items()
    }
    assert len(set(told.values())) == 1, told
    status, text, _, work = told["nobody"]
    assert (status, work) == (401, 1)
    assert '"INVALID_CREDENTIALS"' in text


async def test_asking_for_a_link_is_the_same_for_everybody_and_mails_whoever_may_set_one(
    stack: Stack, http: httpx2.AsyncClient, addresses: dict[str, str]
) -> None:
    told = {
        kind: await asked(stack, http, "/api/v1/auth/forgot-password", {"email": email})
        for kind, email in addresses.items()
    }
    assert len(set(told.values())) == 1, told
    assert (told["nobody"][0], told["nobody"][3]) == (202, 0)
    mails, expected = stack.home.path / "mail", set(addresses) - {"nobody", "a suspended one", "one gone"}
    async with asyncio.timeout(30):
        while len(mailed(mails, addresses)) < len(expected):  # noqa: ASYNC110 - files of another task
            await asyncio.sleep(0.05)
    assert mailed(mails, addresses) == expected


def mailed(folder: Path, addresses: dict[str, str]) -> set[str]:
    texts = [path.read_text() for path in folder.glob("*")] if folder.exists() else []
    return {kind for kind, email in addresses.items() if any(email in text for text in texts)}


async def test_proofs_that_are_used_and_proofs_that_never_were_are_refused_alike(
    stack: Stack, http: httpx2.AsyncClient, addresses: dict[str, str]
) -> None:
    used = {"code": stack.sign_in.link.code}
    for path, one, other in (
        ("/api/v1/auth/link", used, {"code": "A" * 32}),
        ("/api/v1/auth/reset-password", {"token": "A" * 43}, {"token": "B" * 43}),
        ("/api/v1/auth/login/second-factor", {"challenge": "A" * 43}, {"challenge": "B" * 43}),
    ):
        rest: dict[str, Any] = {"new_password": PASSWORD, "code": "123456"}
        answers = [await asked(stack, http, path, {**rest, **body}) for body in (one, other)]
        assert answers[0] == answers[1]
        assert (answers[0][0] in {401, 403}, answers[0][3]) == (True, 0)


async def test_registering_costs_the_same_whether_or_not_an_address_is_taken_and_closed_it_tells_nothing(
    stack: Stack, http: httpx2.AsyncClient, addresses: dict[str, str]
) -> None:
    def registration(email: str) -> dict[str, Any]:
        return {"email": email, "password": PASSWORD, "nickname": "Eve"}

    taken = await asked(stack, http, "/api/v1/auth/register", registration(addresses["a member"]))
    free = await asked(stack, http, "/api/v1/auth/register", registration(f"{new_id()}@example.org"))
    assert (taken[0], '"EMAIL_TAKEN"' in taken[1], free[0]) == (409, True, 201)
    assert taken[3] == free[3] == 1
    (identity,) = stack.replicas["identity"]
    await identity.leave()
    await stack.add("identity", registration="closed")
    told = {
        kind: await asked(stack, http, "/api/v1/auth/register", registration(email))
        for kind, email in addresses.items()
    }
    assert len(set(told.values())) == 1, told
    assert ('"REGISTRATION_CLOSED"' in told["nobody"][1], told["nobody"][3]) == (True, 0)
