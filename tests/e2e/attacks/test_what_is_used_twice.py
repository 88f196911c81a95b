"""What works once is used again, by another, at another gateway and at once; the second use opens nothing."""

import asyncio
from collections import Counter
from typing import Any

import httpx2
import pytest

from attacklab.belongings import bearer
from attacklab.frames import objects, said, socket
from palaver.cli.testing.stack import Stack
from palaver.client import Failure, Palaver
from palaver.contracts.client_protocol import CloseCode
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import new_id

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

AT_ONCE = 8
ME = "/api/v1/users/me"


@pytest.fixture(scope="module")
def shape() -> dict[str, Any]:
    return {"copies": {"gateway": 2}}


async def refusal(url: str, method: str, path: str, *, token: str = "", body: Any = None) -> str:
    """The code of a refusal; empty where there is none."""
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        answer = await http.request(method, path, json=body, headers=bearer(token) if token else {})
    return answer.json().get("error", {}).get("code", "")


async def refused_everywhere(stack: Stack, token: str) -> set[str]:
    """How all gateways answer to an access token."""
    return {await refusal(url, "GET", ME, token=token) for url in stack.urls}


async def test_a_refresh_token_used_again_ends_everything_that_came_of_its_sign_in(stack: Stack) -> None:
    async with await stack.person() as ada, await stack.same_person(ada) as elsewhere:
        first = ada.rest.signed_in
        await ada.rest.renewed_token()
        second = ada.rest.signed_in
        async with socket(stack.urls[1], bearer(second.access_token)) as connection:
            assert objects(await connection.recv())[0]["type"] == "welcome"
            stolen = {"refresh_token": first.refresh_token}
            assert await refusal(stack.urls[1], "POST", "/api/v1/auth/refresh", body=stolen) == "REFRESH_REUSED"
            async with asyncio.timeout(20):
                heard = await said(connection)
            assert (heard[-1]["code"], connection.close_code) == ("SIGN_IN_ENDED", CloseCode.UNAUTHENTICATED)
        for token in (first.access_token, second.access_token):
            assert await refused_everywhere(stack, token) == {"SIGN_IN_ENDED"}
        newest = {"refresh_token": second.refresh_token}
        for url in stack.urls:
            assert await refusal(url, "POST", "/api/v1/auth/refresh", body=newest) == "REFRESH_REUSED"
        assert await refused_everywhere(stack, elsewhere.rest.signed_in.access_token) == {""}, "another sign-in goes on"


async def test_of_many_that_present_a_refresh_token_at_once_nobody_keeps_what_they_got(stack: Stack) -> None:
    async with await stack.person() as ada:
        token = {"refresh_token": ada.rest.signed_in.refresh_token}
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
            answers = await asyncio.gather(
                *(http.post(f"{stack.urls[number % 2]}/api/v1/auth/refresh", json=token) for number in range(AT_ONCE))
            )
        won = [answer.json()["data"] for answer in answers if answer.is_success]
        codes = {answer.json()["error"]["code"] for answer in answers if not answer.is_success}
        assert len(won) <= 1
        assert codes <= {ErrorCode.REFRESH_REUSED, ErrorCode.UNAUTHENTICATED}
        assert ErrorCode.REFRESH_REUSED in codes
        async with asyncio.timeout(20):
            for access in [*(one["access_token"] for one in won), ada.rest.signed_in.access_token]:
                while await refused_everywhere(stack, access) != {"SIGN_IN_ENDED"}:  # noqa: ASYNC110 - gateways hear it
                    await asyncio.sleep(0.05)


async def test_a_ticket_opens_one_connection_of_its_person_and_no_second_at_any_gateway(stack: Stack) -> None:
    async with await stack.person() as ada, await stack.person() as eve:
        room = await ada.create_room(["sim-swift"])
        ticket = (await ada.rest.post("/api/v1/auth/ticket", {}))["ticket"]

        async def first_word(url: str) -> tuple[str, str]:
            async with socket(url, query=f"ticket={ticket}") as connection:
                frame = objects(await connection.recv())[0]
                return frame["type"], frame.get("code", "")

        opened = Counter(await asyncio.gather(*(first_word(stack.urls[n % 2]) for n in range(AT_ONCE))))
        assert opened == {("welcome", ""): 1, ("error", "UNAUTHENTICATED"): AT_ONCE - 1}
        events = f"/api/v1/sessions/{room.id}/events"
        for url in stack.urls:
            assert await refusal(url, "GET", f"{events}?ticket={ticket}") == "UNAUTHENTICATED"
            other = (await eve.rest.post("/api/v1/auth/ticket", {}))["ticket"]
            assert await refusal(url, "GET", f"{events}?ticket={other}") == "SESSION_NOT_FOUND"


async def test_a_sign_in_link_is_redeemed_once_by_however_many_at_once(stack: Stack) -> None:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        code = {"code": stack.sign_in.link.code}
        posts = (http.post(f"{stack.urls[n % 2]}/api/v1/auth/link", json=code) for n in range(AT_ONCE))
        answers = [answer.json().get("error", {}).get("code", "") for answer in await asyncio.gather(*posts)]
    assert Counter(answers) == {"": 1, "INVALID_CREDENTIALS": AT_ONCE - 1}


async def test_another_s_idempotency_key_brings_nothing_of_their_answer(stack: Stack) -> None:
    async with await stack.person() as ada, await stack.person() as eve:
        body, key = {"title": "Ada's plans", "model_id": "sim-swift"}, {"Idempotency-Key": new_id()}

        async def create(url: str, person: Palaver) -> httpx2.Response:
            headers = {**key, **bearer(person.rest.signed_in.access_token)}
            async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
                return await http.post("/api/v1/sessions", json=body, headers=headers)

        hers = await create(stack.urls[0], ada)
        again, theirs = await create(stack.urls[1], ada), await create(stack.urls[1], eve)
        assert (again.json(), again.headers["idempotent-replayed"]) == (hers.json(), "true")
        assert "idempotent-replayed" not in theirs.headers
        assert theirs.json()["data"]["id"] != hers.json()["data"]["id"]
        with pytest.raises(Failure, match="no such session"):
            await eve.rest.session(hers.json()["data"]["id"])
