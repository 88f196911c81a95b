"""Whoever comes too often is refused at every gateway, whatever they say their address is, and however many at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2
import pytest

from attacklab.belongings import bearer
from attacklab.frames import objects, socket
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.client_protocol import CloseCode
from palaver.contracts.ids import new_id
from palaver.gateway.settings import RateSettings

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.timeout(240),
]

LIMITS = {**dict.fromkeys(RateSettings.model_fields, 3), "requests_per_minute": 20}
"""That of all requests lies above the other attacks."""
PLENTY = 1_000_000


@pytest.fixture(scope="module")
def shape() -> dict[str, Any]:
    return {"copies": {"gateway": 0}}


Attack = Callable[[str, str, int], Awaitable[httpx2.Response | str]]
"""Given an edge, an access token and the number of the try; an answer, or the code of an error frame."""


def request(method: str, path: str, body: Callable[[int], Any] = lambda _: None, *, signed_in: bool = False) -> Attack:
    """Each with a body of its own, from an address that it makes up."""

    async def send(url: str, token: str, number: int) -> httpx2.Response:
        made_up = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        headers = {**made_up, **(bearer(token) if signed_in else {})}
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
            return await http.request(method, path, json=body(number), headers=headers)

    return send


async def handshake(url: str, token: str, number: int) -> str:
    async with socket(url, {**bearer(token), "X-Forwarded-For": f"198.51.100.{number}"}) as connection:
        frame = objects(await connection.recv())[0]
        if frame["type"] == "error":
            await connection.wait_closed()
            assert connection.close_code == CloseCode.RATE_LIMITED
        return frame.get("code", "")


def somebody() -> str:
    return f"{new_id()}@example.org"


ROOM = new_id()
ATTACKS: Mapping[str, Attack] = {
    "messages_per_minute": request(
        "POST", "/api/v1/messages", lambda _: {"session_id": ROOM, "content": "Hello"}, signed_in=True
    ),
    "requests_per_minute": request("GET", "/api/v1/users/me", signed_in=True),
    "sign_ins_per_minute": request(
        "POST", "/api/v1/auth/login", lambda n: {"email": somebody(), "password": f"guess number {n}"}
    ),
    "refreshes_per_minute": request("POST", "/api/v1/auth/refresh", lambda n: {"refresh_token": f"guess number {n}"}),
    "registrations_per_minute": request(
        "POST", "/api/v1/auth/register", lambda _: {"email": somebody(), "password": PASSWORD, "nickname": "Bot"}
    ),
    "proofs_per_minute": request(
        "PUT",
        "/api/v1/users/me/password",
        lambda n: {"current_password": f"guess number {n}", "new_password": PASSWORD},
        signed_in=True,
    ),
    "mails_per_minute": request("POST", "/api/v1/auth/forgot-password", lambda _: {"email": somebody()}),
    "shared_per_minute": request("POST", "/api/v1/shared", lambda _: {"token": "A" * 43}),
    "connects_per_minute": handshake,
}


def test_every_limit_is_attacked() -> None:
    assert set(ATTACKS) == set(RateSettings.model_fields)


@pytest.mark.asyncio(loop_scope="module")
async def test_each_is_counted_together_over_gateways_sign_ins_and_claimed_addresses(stack: Stack) -> None:
    for rates in (dict.fromkeys(ATTACKS, PLENTY), LIMITS, LIMITS):
        await stack.add("gateway", rates=rates)
    wrong = {name: why for name, attack in ATTACKS.items() if (why := await overrun(stack, attack, LIMITS[name]))}
    assert wrong == {}


async def overrun(stack: Stack, attack: Attack, limit: int) -> str | None:
    """Of many at once, half of them at either gateway and for either sign-in of one person, so many come through as the
    limit says, and those for which it refills meanwhile."""
    _, *urls = stack.urls
    async with await stack.person() as first, await stack.same_person(first) as second:
        tokens = [person.rest.signed_in.access_token for person in (first, second)]
        began = time.monotonic()
        answers = await asyncio.gather(
            *(attack(urls[number % 2], tokens[number // 2 % 2], number) for number in range(3 * limit))
        )
        refilled = limit * (time.monotonic() - began) / 60
    passed = sum(not is_limited(answer) for answer in answers)
    return None if limit <= passed <= limit + refilled else f"{passed} passed, of which {refilled:.1f} by waiting"


def is_limited(answer: httpx2.Response | str) -> bool:
    """Whether it was refused as too often; then it says when to come back."""
    if isinstance(answer, str):
        assert answer in {"", "RATE_LIMITED"}
        return answer == "RATE_LIMITED"
    if answer.status_code != 429:
        return False
    assert answer.json()["error"]["code"] == "RATE_LIMITED"
    assert int(answer.headers["retry-after"]) >= 1
    return True
