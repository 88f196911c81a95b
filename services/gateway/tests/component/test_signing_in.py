"""Signing in as a program and as a browser; secrets stay off the broker and out of logs."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from palaver.contracts.identity import SEAL_CONTEXT_REQUEST, USER_REGISTER, Registration
from palaver.contracts.invitations import REGISTRATION_GET, RegistrationRules
from palaver.servicekit.sealing import unseal

pytestmark = [pytest.mark.component, pytest.mark.attack]

CREDENTIALS = {"email": "Ada@example.org", "password": "correct horse battery"}


@pytest_asyncio.fixture
async def identified(served: Any) -> AsyncGenerator[Any]:
    """A gateway whose identity answers; `gateway.identity` is that."""
    served.identity = await served.play_identity()
    yield served


async def test_a_program_gets_its_refresh_token_in_the_body(identified: Any) -> None:
    async with identified.http() as http:
        answer = await http.post("/api/v1/auth/login", json=CREDENTIALS)
        data = answer.json()["data"]
        again = await http.post("/api/v1/auth/refresh", json={"refresh_token": data["refresh_token"]})
        bye = await http.post("/api/v1/auth/logout", json={"refresh_token": data["refresh_token"]})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert (data["token_type"], data["user"]["email"]) == ("Bearer", "ada@example.org")
    assert again.json()["data"]["access_token"]
    assert bye.json() == {"success": True, "data": None}
    assert identified.identity.logged_out == [identified.identity.refresh_token]


async def test_a_browser_gets_it_in_a_cookie_that_no_script_reads(identified: Any) -> None:
    async with identified.http(Origin=identified.url) as http:
        answer = await http.post("/api/v1/auth/login", json=CREDENTIALS)
        cookie = answer.headers["set-cookie"]
        again = await http.post("/api/v1/auth/refresh")
        bye = await http.post("/api/v1/auth/logout")
        after = await http.post("/api/v1/auth/refresh")
    assert answer.json()["data"]["refresh_token"] is None
    for part in ("palaver_refresh=", "HttpOnly", "SameSite=strict", "Path=/api/v1/auth"):
        assert part in cookie
    assert again.status_code == 200
    assert identified.identity.refresh_token not in again.text
    assert bye.status_code == 200
    assert after.json() == {"success": True, "data": None}


async def test_a_program_without_a_token_is_refused(identified: Any) -> None:
    async with identified.http() as http:
        answer = await http.post("/api/v1/auth/refresh")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")


async def test_another_web_page_cannot_use_the_cookie(identified: Any) -> None:
    async with identified.http(Origin="https://evil.example.org") as http:
        http.cookies.set("palaver_refresh", identified.identity.refresh_token)
        answer = await http.post("/api/v1/auth/refresh")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ORIGIN_NOT_ALLOWED")


async def test_behind_tls_cookies_and_transport_are_strict(gateway_for: Any) -> None:
    async with gateway_for(secure_cookies=True) as served:
        await served.play_identity()
        async with served.http(Origin=served.url) as http:
            answer = await http.post("/api/v1/auth/login", json=CREDENTIALS)
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_registering_and_a_sign_in_link_work_like_logging_in(identified: Any) -> None:
    async with identified.http() as http:
        registered = await http.post("/api/v1/auth/register", json={**CREDENTIALS, "nickname": "Ada"})
        linked = await http.post("/api/v1/auth/link", json={"code": identified.identity.refresh_token})
        refused = await http.post("/api/v1/auth/link", json={"code": "wrong"})
    assert registered.status_code == 201
    assert linked.json()["data"]["access_token"]
    assert refused.status_code == 401


async def test_a_wrong_password_is_refused_and_soon_limited(gateway_for: Any) -> None:
    async with gateway_for(rates={"sign_ins_per_minute": 3}) as served:
        await served.play_identity()
        async with served.http() as http:
            wrong = {**CREDENTIALS, "password": "wrong"}
            answers = [await http.post("/api/v1/auth/login", json=wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[0].json()["error"]["code"] == "INVALID_CREDENTIALS"
    assert int(answers[3].headers["retry-after"]) >= 1


async def test_no_secret_crosses_the_broker_or_a_log(
    identified: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[bytes] = []

    async def listen(message: Msg) -> None:
        heard.append(message.data)

    await identified.neighbours.broker.nc.subscribe(">", cb=listen)
    await identified.neighbours.broker.nc.publish("planted", b"the ear works")
    async with identified.http() as http:
        await http.post("/api/v1/auth/register", json={**CREDENTIALS, "nickname": "Ada"})
        await http.post("/api/v1/auth/login", json=CREDENTIALS)
        await http.post("/api/v1/auth/refresh", json={"refresh_token": identified.identity.refresh_token})
    async with identified.signed_in() as http:
        ticket = (await http.post("/api/v1/auth/ticket")).json()["data"]["ticket"]
    async with identified.connect(path=f"/ws?ticket={ticket}") as client:
        await client.until(type="welcome")
    await identified.neighbours.broker.ping()
    out, err = capfd.readouterr()
    logs = out + err + caplog.text
    traffic = b"\n".join(heard).decode(errors="replace")
    assert "the ear works" in traffic
    assert "http_request" in logs
    for secret in (CREDENTIALS["password"], identified.identity.refresh_token, ticket, identified.token[-40:]):
        assert secret not in traffic
        assert secret not in logs


async def test_the_public_keys_are_given_as_they_are(served: Any) -> None:
    async with served.http() as http:
        answer = await http.get("/api/v1/auth/jwks")
    assert answer.json() == {"keys": [served.mint.jwk()]}


async def test_an_invitation_goes_to_identity_in_the_sealed_box(identified: Any) -> None:
    await identified.neighbours.always(REGISTRATION_GET, RegistrationRules(mode="invitation"))
    body = {"email": "ada@example.org", "password": "correct horse battery", "nickname": "Ada"}
    async with identified.http() as http:
        rules = await http.get("/api/v1/auth/registration")
        answer = await http.post("/api/v1/auth/register", json={**body, "invitation": "an-invitation"})
    assert rules.json()["data"] == {"mode": "invitation"}
    assert answer.status_code == 201
    (asked,) = identified.neighbours.asked_for(USER_REGISTER)
    opened = unseal(asked.sealed, Registration, keys=identified.identity_keys, context=SEAL_CONTEXT_REQUEST)
    assert (opened.email, opened.invitation) == ("ada@example.org", "an-invitation")
    assert "an-invitation" not in asked.model_dump_json()
