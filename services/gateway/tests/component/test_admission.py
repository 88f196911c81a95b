"""Who may come in, how long they stay, and how much they may ask."""

import asyncio
import time
from typing import Any

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from palaver.contracts.identity import IssueTicket
from palaver.contracts.ids import new_id

pytestmark = [pytest.mark.component, pytest.mark.attack]


async def closed(client: Any) -> int:
    try:
        while True:
            await client.next()
    except ConnectionClosed:
        return int(client.socket.close_code)


async def test_the_first_frame_may_carry_the_token_and_more_behind_it(served: Any) -> None:
    async with served.connect() as client:
        await client.send(
            {"type": "nonsense"},
            {"type": "authenticate", "id": "1", "token": served.token},
            {"type": "ping", "id": "2"},
        )
        seen = await client.collect_until(type="pong")
    assert [frame["type"] for frame in seen] == ["error", "welcome", "pong"]
    assert (seen[0]["code"], seen[1]["id"], seen[2]["id"]) == ("UNKNOWN_TYPE", "1", "2")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
async def test_a_bad_token_gets_an_error_and_4001(served: Any, token: str) -> None:
    async with served.connect(token) as client:
        assert (await client.next())["code"] == "UNAUTHENTICATED"
        assert await closed(client) == 4001


async def test_whoever_says_something_else_first_is_sent_away(served: Any) -> None:
    async with served.connect() as client:
        await client.send({"type": "ping"})
        assert (await client.next())["code"] == "UNAUTHENTICATED"
        assert await closed(client) == 4001


async def test_whoever_says_nothing_is_sent_away(gateway_for: Any) -> None:
    async with gateway_for(realtime={"authenticate_seconds": 0.2}) as served, served.connect() as client:
        assert (await client.next())["code"] == "UNAUTHENTICATED"
        assert await closed(client) == 4001


async def test_a_ticket_opens_one_connection_and_no_second(served: Any) -> None:
    await served.play_identity()
    async with served.signed_in() as http:
        ticket = (await http.post("/api/v1/auth/ticket")).json()["data"]["ticket"]
    ends = [request.sign_in_ends_at for _, request in served.neighbours.asked if isinstance(request, IssueTicket)]
    claims = jwt.decode(served.token, options={"verify_signature": False})
    assert [end and end.timestamp() for end in ends] == [pytest.approx(claims["exp"], abs=1)]
    async with served.connect(path=f"/ws?ticket={ticket}") as client:
        assert (await client.next())["type"] == "welcome"
    async with served.connect(path=f"/ws?ticket={ticket}") as client:
        assert (await client.next())["code"] == "UNAUTHENTICATED"
        assert await closed(client) == 4001


async def test_a_token_in_the_query_opens_nothing(gateway_for: Any) -> None:
    short = {"authenticate_seconds": 0.2}
    async with gateway_for(realtime=short) as served, served.connect(path=f"/ws?token={served.token}") as client:
        assert (await client.next())["code"] == "UNAUTHENTICATED"


async def test_web_pages_of_other_origins_are_refused_at_the_handshake(gateway_for: Any) -> None:
    async with gateway_for(allowed_origins=["https://chat.example.org"]) as served:
        with pytest.raises(InvalidStatus) as refused:
            async with served.connect(served.token, origin="https://evil.example.org"):
                pass
        assert refused.value.response.status_code == 403
        for origin in ("https://chat.example.org", served.url):
            async with served.connect(served.token, origin=origin) as client:
                assert (await client.next())["type"] == "welcome"


async def test_a_connection_is_warned_renewed_and_otherwise_ended_with_its_token(gateway_for: Any) -> None:
    async with gateway_for(realtime={"token_notice_seconds": 60}) as served:
        soon, ends = served.mint.token(served.user_id, seconds=4), time.time() + 4
        async with served.connect(soon) as client:
            welcome = await client.until(type="welcome")
            await client.until(name="token.expiring")
            renewed = await client.ask({"type": "authenticate", "token": served.token})
            stranger = await client.ask({"type": "authenticate", "token": served.mint.token(new_id())})
            spent = await client.ask({"type": "authenticate", "token": served.mint.token(served.user_id, seconds=-60)})
            assert (renewed["type"], stranger["code"], spent["code"]) == ("welcome", "FORBIDDEN", "TOKEN_EXPIRED")
            assert renewed["connection_id"] == welcome["connection_id"]
            await asyncio.sleep(max(0.0, ends - time.time()) + 1.5)  # two looks at all tokens later, renewed is renewed
            assert (await client.ask({"type": "ping"}))["type"] == "pong"
        async with served.connect(served.mint.token(served.user_id, seconds=0.5)) as client:
            await client.until(code="TOKEN_EXPIRED")
            assert await closed(client) == 4001


async def test_connections_of_one_person_and_of_all_are_limited(gateway_for: Any) -> None:
    few = {"max_connections_per_user": 1, "max_connections": 2}
    async with gateway_for(realtime=few) as served, served.welcomed():
        async with served.connect(served.token) as second:
            assert (await second.next())["code"] == "TOO_MANY_CONNECTIONS"
            assert await closed(second) == 4009
        one, other = served.mint.token(new_id()), served.mint.token(new_id())
        async with served.welcomed(one), served.connect(other) as third:
            assert (await third.next())["code"] == "TOO_MANY_CONNECTIONS"


async def test_attached_sessions_are_limited(gateway_for: Any, room: Any) -> None:
    async with gateway_for(realtime={"max_attached_sessions": 1}) as served, served.welcomed() as client:
        await client.ask({"type": "attach", "session_id": room.session_id}, type="attached")
        refused = await client.ask({"type": "attach", "session_id": new_id()})
        assert refused["code"] == "TOO_MANY_SESSIONS"
        assert (await client.ask({"type": "ping"}))["type"] == "pong"


async def test_messages_are_limited_per_minute_over_both_edges(gateway_for: Any, room: Any) -> None:
    async with gateway_for(rates={"messages_per_minute": 2}) as served, served.welcomed() as client:

        def post() -> dict[str, Any]:
            return {
                "type": "post",
                "session_id": room.session_id,
                "client_message_id": new_id(),
                "content": "hi",
            }

        assert (await client.ask(post()))["type"] == "accepted"
        async with served.signed_in() as http:
            body = {"session_id": room.session_id, "content": "hi"}
            assert (await http.post("/api/v1/messages", json=body)).status_code == 202
            refused = await http.post("/api/v1/messages", json=body)
        frame = await client.ask(post())
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert int(refused.headers["retry-after"]) > 0
    assert (frame["code"], frame["retryable"]) == ("RATE_LIMITED", True)


async def test_a_limit_is_one_for_all_replicas_and_both_edges(gateway_for: Any, room: Any, mint: Any) -> None:
    token = mint.token(new_id())
    rates = {"messages_per_minute": 2}
    body = {"session_id": room.session_id, "content": "hi"}
    async with (
        gateway_for(rates=rates) as first,
        gateway_for(rates=rates) as second,
        first.welcomed(token) as here,
        second.welcomed(token) as there,
        second.http(token) as http,
    ):

        def post() -> dict[str, Any]:
            return {"type": "post", "client_message_id": new_id(), **body}

        assert (await here.ask(post()))["type"] == "accepted"
        assert (await http.post("/api/v1/messages", json=body)).status_code == 202
        refusals = [await here.ask(post()), await there.ask(post())]
        by_rest = await http.post("/api/v1/messages", json=body)
        stored = await room.neighbours.broker.nc.jsm().stream_info("COMMANDS")
    assert {refused["code"] for refused in refusals} == {"RATE_LIMITED"}
    assert all(0 < refused["details"]["retry_after_seconds"] <= 30 for refused in refusals)
    assert (by_rest.status_code, by_rest.json()["error"]["details"]["limit_per_minute"]) == (429, 2)
    assert 0 < int(by_rest.headers["retry-after"]) <= 31
    assert stored.state.messages == 2


async def test_limits_hold_locally_while_redis_is_away(gateway_for: Any, room: Any, own_valkey: Any) -> None:
    async with gateway_for(redis=own_valkey.url(), rates={"messages_per_minute": 2}) as served:
        await own_valkey.stop()
        async with served.signed_in() as http:
            body = {"session_id": room.session_id, "content": "hi"}
            statuses = [(await http.post("/api/v1/messages", json=body)).status_code for _ in range(3)]
    assert statuses == [202, 202, 429]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "VALIDATION_FAILED"),
        ("7", "VALIDATION_FAILED"),
        ("[7, null]", "VALIDATION_FAILED"),
        ("[" * 5_000, "VALIDATION_FAILED"),
        ('{"type":"dance"}', "UNKNOWN_TYPE"),
        ('{"type":"attach","session_id":"no-uuid"}', "VALIDATION_FAILED"),
        ('{"type":"attach","session_id":"*.>"}', "VALIDATION_FAILED"),
        ('{"type":"post"}', "VALIDATION_FAILED"),
    ],
)
async def test_a_bad_frame_gets_an_error_and_does_no_harm(served: Any, frame: str, code: str) -> None:
    async with served.welcomed() as client:
        await client.socket.send(frame)
        error = await client.next()
        assert (error["type"], error["code"], error["retryable"]) == ("error", code, False)
        assert (await client.ask({"type": "ping"}))["type"] == "pong"


async def test_an_error_names_the_request_that_it_answers(served: Any, room: Any) -> None:
    async with served.welcomed() as client:
        client_message_id = new_id()
        error = await client.ask(
            {
                "type": "post",
                "session_id": room.session_id,
                "client_message_id": client_message_id,
                "content": "x" * 10_001,
            }
        )
    assert (error["code"], error["client_message_id"]) == ("MESSAGE_TOO_LONG", client_message_id)


async def test_a_frame_that_is_too_large_closes_the_connection(served: Any) -> None:
    async with served.welcomed() as client:
        await client.socket.send("x" * (1024**2 + 1))
        assert await closed(client) == 1009


async def test_stopping_the_gateway_sends_clients_away_to_come_back(gateway_for: Any) -> None:
    async with gateway_for() as served:
        client_context = served.welcomed()
        client = await client_context.__aenter__()
    assert await closed(client) == 1012
    await client_context.__aexit__(None, None, None)


async def test_a_new_key_of_identity_is_fetched_when_a_token_names_it(gateway_for: Any) -> None:
    from palaver.contracts import identity

    async with gateway_for() as served, served.welcomed() as _:
        rotated = type(served.mint)(key_id="k2")
        await served.neighbours.always(identity.JWKS_GET, identity.Jwks(keys=(served.mint.jwk(), rotated.jwk())))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            async with served.connect(rotated.token(served.user_id)) as client:
                if (await client.next())["type"] == "welcome":
                    return
            await asyncio.sleep(0.5)
        pytest.fail("the new key was never fetched")
