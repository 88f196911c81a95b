"""Asking for a link by e-mail and using it, from outside: one answer for everybody, limits, nothing in clear."""

from typing import Any

import pytest

from palaver.contracts import identity, passwords, session
from palaver.contracts.ids import new_id
from palaver.servicekit.sealing import unseal

pytestmark = [pytest.mark.component, pytest.mark.attack]

FORGOT = "/api/v1/auth/forgot-password"
RESET = "/api/v1/auth/reset-password"


async def test_a_link_is_asked_for_in_the_readers_language_and_every_address_gets_the_same_answer(served: Any) -> None:
    await served.neighbours.always(passwords.PASSWORD_RESET_REQUEST, session.Done())
    async with served.http(**{"Accept-Language": "zh-CN"}) as http:
        answers = [await http.post(FORGOT, json={"email": f"{new_id()}@Example.org"}) for _ in range(2)]
        bad = await http.post(FORGOT, json={"email": "not an address"})
    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"success": True, "data": None})] * 2
    assert bad.status_code == 422
    asked = served.neighbours.asked_for(passwords.PASSWORD_RESET_REQUEST)
    assert {request.language for request in asked} == {"zh"}
    assert asked[0].address == "127.0.0.1"


async def test_asking_is_limited_per_address_and_per_mailbox_over_replicas(gateway_for: Any) -> None:
    async with (
        gateway_for(rates={"mails_per_minute": 2}) as first,
        gateway_for(rates={"mails_per_minute": 2}) as second,
    ):
        await first.neighbours.always(passwords.PASSWORD_RESET_REQUEST, session.Done())
        codes: list[int] = []
        for gateway in (first, second, first, second):
            async with gateway.http() as http:
                codes.append((await http.post(FORGOT, json={"email": "ada@example.org"})).status_code)
    assert codes == [202, 202, 429, 429]
    assert len(first.neighbours.asked_for(passwords.PASSWORD_RESET_REQUEST)) == 2


async def test_the_token_and_the_new_password_reach_identity_sealed(served: Any) -> None:
    await served.neighbours.always(passwords.PASSWORD_RESET, session.Done())
    body = {"token": "a-planted-reset-token", "new_password": "a planted password"}
    async with served.http() as http:
        answer = await http.post(RESET, json=body)
        short = await http.post(RESET, json={**body, "new_password": "short"})
    assert (answer.status_code, short.status_code) == (200, 422)
    (request,) = served.neighbours.asked_for(passwords.PASSWORD_RESET)
    assert "planted" not in request.model_dump_json()
    opened = unseal(
        request.sealed, passwords.PasswordReset, keys=served.identity_keys, context=identity.SEAL_CONTEXT_REQUEST
    )
    assert opened.model_dump() == body
