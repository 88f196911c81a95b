"""Every documented REST operation, called on the running whole. What is refused: `attacks`."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from pyotp.totp import TOTP

from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client.passphrase import Place, Wrapping, new_derivation
from palaver.contracts.catalogue import SERVICES
from palaver.contracts.ids import new_id

pytestmark = pytest.mark.e2e

PROVIDER_KEY = "sk-a-key-that-the-simulator-takes-0001"


@dataclass
class Client:
    """Calls by path template, and remembers which operations succeeded."""

    http: httpx2.AsyncClient
    token: str = ""
    owner_token: str = ""
    done: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    async def call(self, method: str, template: str, body: Any = None, **values: str) -> Any:
        """The envelope's `data`."""
        query = {name: values.pop(name) for name in list(values) if f"{{{name}}}" not in template}
        path = template.format(**values)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response = await self.http.request(method, path, json=body, params=query, headers=headers)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        self.done.add((method.lower(), template))
        parsed: Any = response.json()
        if not path.startswith("/api/") or path.endswith("/jwks"):
            return parsed
        assert parsed["success"] is True
        return parsed["data"]


@pytest.fixture
def documented(openapi: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (method, path)
        for path, operations in openapi["paths"].items()
        for method in operations
        if method in {"get", "post", "put", "delete"}
    }


@pytest_asyncio.fixture
async def http(stack: Stack) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=stack.url, trust_env=False) as client:
        yield client


@pytest_asyncio.fixture
async def openapi(http: httpx2.AsyncClient) -> dict[str, Any]:
    return (await http.get("/api/v1/openapi.json")).json()


async def test_every_documented_operation_works(
    stack: Stack, http: httpx2.AsyncClient, documented: set[tuple[str, str]]
):
    client = Client(http)
    await play_openai(stack)
    await people(client, stack)
    await account(client)
    await second_factor(client)
    await administration(client)
    session_id = await rooms(client)
    await messages(client, session_id)
    await links(client, session_id)
    await personas(client)
    await summaries(client, stack)
    await catalogue_and_keys(client)
    await registry(client, stack)
    for path in ("/api/v1/stats/overview", "/api/v1/users/me/quota", "/ws/status", "/ws/handlers"):
        await client.call("GET", path)
    await client.call("GET", "/api/v1/chat/context/{session_id}", session_id=session_id)
    await client.call("DELETE", "/api/v1/sessions/{session_id}", session_id=session_id)
    (deleted,) = await client.call("GET", "/api/v1/sessions", deleted="true")
    assert deleted["purge_at"] > deleted["deleted_at"]
    back = await client.call("POST", "/api/v1/sessions/{session_id}/restore", session_id=session_id)
    assert (back["id"], back["deleted_at"]) == (session_id, None)
    await client.call("DELETE", "/api/v1/users/me", {"password": PASSWORD})
    assert documented - client.done == set()


async def play_openai(stack: Stack) -> None:
    """A worker for which the simulator is OpenAI, so that a key can be tried."""
    (worker,) = stack.replicas["model-router"]
    await worker.leave()
    urls = {**stack.wiring.simulation.base_urls, "openai": stack.simulator.openai_url}
    await stack.add("model-router", base_urls=urls)


async def people(client: Client, stack: Stack) -> None:
    account = {"email": f"{new_id()}@example.org", "password": PASSWORD}
    await client.call("POST", "/api/v1/auth/register", {**account, "nickname": "Ada"})
    signed_in = await client.call("POST", "/api/v1/auth/login", account)
    renewed = await client.call("POST", "/api/v1/auth/refresh", {"refresh_token": signed_in["refresh_token"]})
    await client.call("POST", "/api/v1/auth/logout", {"refresh_token": renewed["refresh_token"]})
    owner = await client.call("POST", "/api/v1/auth/link", {"code": stack.sign_in.link.code})
    assert owner["user"]["role"] == "owner"
    client.owner_token = owner["access_token"]
    assert await client.call("GET", "/api/v1/auth/providers") == []
    elsewhere = "/api/v1/auth/oauth/{provider}"
    assert (await client.http.get(elsewhere.format(provider="corp"))).status_code == 404
    back = await client.http.get(f"{elsewhere.format(provider='corp')}/callback")
    assert back.headers["location"] == "/#sign-in-failed=NOT_FOUND"
    invited = await client.http.post(elsewhere.format(provider="corp"), json={"invitation": "A" * 43})
    assert invited.json()["error"]["code"] == "NOT_FOUND"
    client.done |= {("get", elsewhere), ("get", f"{elsewhere}/callback"), ("post", elsewhere)}
    jwks = await client.call("GET", "/api/v1/auth/jwks")
    assert jwks["keys"][0]["crv"] == "Ed25519"
    client.token = (await client.call("POST", "/api/v1/auth/login", account))["access_token"]
    assert (await client.call("POST", "/api/v1/auth/ticket"))["ticket"]
    await client.call("PUT", "/api/v1/users/me", {"nickname": "Countess"})
    assert (await client.call("GET", "/api/v1/users/me"))["nickname"] == "Countess"


async def account(client: Client) -> None:
    settings = "/api/v1/users/me/settings"
    await client.call("PUT", settings, {"language": "zh"})
    assert (await client.call("GET", settings))["language"] == "zh"
    devices = await client.call("GET", "/api/v1/users/me/devices")
    other = next(device["id"] for device in devices if not device["current"])
    await client.call("DELETE", "/api/v1/users/me/devices/{device_id}", device_id=other)
    assert (await client.call("DELETE", "/api/v1/users/me/devices"))["ended"] >= 0
    for before, after in ((PASSWORD, f"another {PASSWORD}"), (f"another {PASSWORD}", PASSWORD)):
        change = {"current_password": before, "new_password": after}
        await client.call("PUT", "/api/v1/users/me/password", change)
    email = (await client.call("GET", "/api/v1/users/me"))["email"]
    await client.call("POST", "/api/v1/auth/forgot-password", {"email": email})
    reset, link = "/api/v1/auth/reset-password", {"token": "A" * 43, "new_password": PASSWORD}
    refused = (await client.http.post(reset, json=link)).json()
    assert refused["error"]["code"] == "RESET_LINK_INVALID"
    client.done.add(("post", reset))


async def second_factor(client: Client) -> None:
    """On, asked for at the next sign-in, off."""
    mine, login = "/api/v1/users/me/second-factor", "/api/v1/auth/login"
    phone = TOTP((await client.call("POST", mine, {"password": PASSWORD}))["secret"])
    recovery = await client.call("POST", f"{mine}/confirm", {"code": phone.now()})
    assert await client.call("GET", mine) == {"enabled": True, "recovery_codes_left": len(recovery["codes"])}
    account = {"email": (await client.call("GET", "/api/v1/users/me"))["email"], "password": PASSWORD}
    refused = (await client.http.post(login, json=account)).json()["error"]
    assert refused["code"] == "SECOND_FACTOR_REQUIRED"
    step = {"challenge": refused["details"]["challenge"], "code": recovery["codes"][0]}
    assert (await client.call("POST", f"{login}/second-factor", step))["user"]["email"] == account["email"]
    renewed = await client.call("POST", f"{mine}/recovery-codes", {"password": PASSWORD, "code": recovery["codes"][1]})
    await client.call("POST", f"{mine}/disable", {"password": PASSWORD, "code": renewed["codes"][0]})
    await client.call("POST", login, account)


async def administration(client: Client) -> None:
    """An owner looks after somebody, and then reads of it in the trail."""
    member, client.token = client.token, client.owner_token
    account = {"email": f"guest-{new_id()}@example.org", "password": PASSWORD, "nickname": "Guest"}
    guest = {"user_id": await invited(client, account)}
    one = "/api/v1/admin/users/{user_id}"
    found = await client.call("GET", "/api/v1/admin/users", q=account["email"][:20])
    assert [person["id"] for person in found] == [guest["user_id"]]
    await client.call("PUT", one, {"role": "admin"}, **guest)
    assert (await client.call("GET", one, **guest))["role"] == "admin"
    reset = "/api/v1/admin/users/{user_id}/second-factor"
    none = await client.http.delete(reset.format(**guest), headers={"Authorization": f"Bearer {client.token}"})
    assert none.json()["error"]["code"] == "NOT_FOUND"
    client.done.add(("delete", reset))
    (sign_in,) = [s for s in await client.call("GET", "/api/v1/admin/sign-ins") if s["user_id"] == guest["user_id"]]
    await client.call("DELETE", "/api/v1/admin/sign-ins/{sign_in_id}", sign_in_id=sign_in["id"])
    await client.call("DELETE", one, **guest)
    audit = "/api/v1/admin/audit"
    async with asyncio.timeout(20):
        entries: list[dict[str, Any]] = []
        while not entries:  # they come by the broker
            await asyncio.sleep(0.05)
            entries = await client.call("GET", audit, action="user.delete", target_id=guest["user_id"])
    assert entries[0]["address"] == "127.0.0.1"
    assert entries[0]["device"].startswith("python-httpx")
    await exports(client, guest["user_id"])
    found = await client.call("GET", "/api/v1/admin/limits")
    assert {limit["service"] for limit in found} == {None, *SERVICES}
    limits = {limit["name"]: limit["setting"] for limit in found}
    assert limits["MESSAGES_PER_MINUTE"] == "PALAVER_GATEWAY_RATES__MESSAGES_PER_MINUTE"
    assert limits["MAX_ISSUED_TURNS_PER_PAYER"] == "PALAVER_SESSION_MAX_ISSUED_TURNS_PER_PAYER"
    assert limits["MAX_PROVIDER_CALLS"] == "PALAVER_MODEL_ROUTER_LIMITS__MAX_PROVIDER_CALLS"
    assert limits["MAX_PARTICIPANTS"] is None
    client.token = member


async def invited(client: Client, account: dict[str, str]) -> str:
    """Somebody who was invited, and another who may come no more."""
    assert await client.call("GET", "/api/v1/auth/registration") == {"mode": "open"}
    invitations = "/api/v1/admin/invitations"
    made = await client.call("POST", invitations, {"email": account["email"]})
    assert made["mailed"], "into the folder of this instance"
    registered = await client.call("POST", "/api/v1/auth/register", {**account, "invitation": made["code"]})
    other = await client.call("POST", invitations, {})
    await client.call("DELETE", f"{invitations}/{{invitation_id}}", invitation_id=other["id"])
    states = {one["id"]: one["state"] for one in await client.call("GET", invitations)}
    assert (states[made["id"]], states[other["id"]]) == ("used", "revoked")
    return registered["user"]["id"]


async def exports(client: Client, guest: str) -> None:
    """The trail as files, more of it than one question gives."""
    path, headers = "/api/v1/admin/audit/export", {"Authorization": f"Bearer {client.token}"}
    files = {name: await client.http.get(path, params={"format": name}, headers=headers) for name in ("csv", "jsonl")}
    assert files["csv"].headers["content-disposition"] == 'attachment; filename="audit.csv"'
    header, *rows = csv.reader(files["csv"].text.splitlines())
    told = [json.loads(line) for line in files["jsonl"].text.splitlines()]
    assert guest in {row[header.index("target_id")] for row in rows} & {entry["target_id"] for entry in told}
    assert len(told) >= len(rows) > 0
    client.done.add(("get", path))


async def rooms(client: Client) -> str:
    seats = [{"model": "sim-swift"}, {"model": "sim-sage"}]
    session = await client.call("POST", "/api/v1/sessions", {"title": "Boats", "participants": seats})
    here = {"session_id": session["id"]}
    one = "/api/v1/sessions/{session_id}"
    await client.call("PUT", one, {"title": "Cats"}, **here)
    assert (await client.call("GET", one, **here))["title"] == "Cats"
    await client.call("POST", f"{one}/archive", **here)
    assert (await client.call("GET", "/api/v1/sessions")) == []
    await client.call("POST", f"{one}/unarchive", **here)
    await client.call("POST", f"{one}/interrupt", **here)
    await client.call("POST", "/api/v1/chat/stop", {"session_id": session["id"]})
    added = await client.call("POST", f"{one}/participants", {"model": "sim-oak", "name": "Tree"}, **here)
    seat = {**here, "participant_id": added["id"]}
    await client.call("PUT", f"{one}/participants/{{participant_id}}", {"muted": True}, **seat)
    names = {p["name"]: p["muted"] for p in await client.call("GET", f"{one}/participants", **here)}
    assert names == {"Swift": False, "Sage": False, "Tree": True}
    switch = {"session_id": session["id"], "participant_id": added["id"], "model_id": "sim-moth"}
    assert (await client.call("POST", "/api/v1/chat/switch-model", switch))["model_id"] == "sim-moth"
    await client.call("DELETE", f"{one}/participants/{{participant_id}}", **seat)
    return session["id"]


async def links(client: Client, session_id: str) -> None:
    """A room is shared, read by its link, and no longer."""
    every = "/api/v1/sessions/{session_id}/shares"
    made = await client.call("POST", every, {"days": 1}, session_id=session_id)
    (known,) = await client.call("GET", every, session_id=session_id)
    assert (known["id"], "token" in known) == (made["id"], False)
    told = await client.call("POST", "/api/v1/shared", {"token": made["token"]})
    assert (told["title"], len(told["messages"])) == ("Cats", made["messages"])
    await client.call("DELETE", f"{every}/{{share_id}}", session_id=session_id, share_id=made["id"])
    assert await client.call("GET", every, session_id=session_id) == []


async def messages(client: Client, session_id: str) -> None:
    post = {"session_id": session_id, "client_message_id": new_id(), "content": "Hello"}
    await client.call("POST", "/api/v1/messages", post)
    listing = "/api/v1/messages/session/{session_id}"
    items: list[Any] = []
    for _ in range(300):
        items = await client.call("GET", listing, session_id=session_id)
        if len(items) == 3:
            break
        await asyncio.sleep(0.05)
    (mine,) = [item["message"] for item in items if item["kind"] == "user"]
    assert mine["client_message_id"] == post["client_message_id"]
    events = "/api/v1/sessions/{session_id}/events"
    (standing,) = await client.call("GET", events, session_id=session_id, wait="0")
    assert {item["kind"] for item in standing["messages"]} == {"user", "reply"}
    await client.call("GET", "/api/v1/messages/{message_id}", message_id=mine["id"])
    await client.call("PUT", "/api/v1/messages/{message_id}/pin", message_id=mine["id"])
    (pinned,) = await client.call("GET", "/api/v1/sessions/{session_id}/pinned", session_id=session_id)
    assert pinned["message"]["id"] == mine["id"]
    await client.call("DELETE", "/api/v1/messages/{message_id}/pin", message_id=mine["id"])
    reply_id = next(item["reply"]["id"] for item in items if item["kind"] == "reply")
    await answers(client, session_id, reply_id)
    edited = await client.call("PUT", "/api/v1/messages/{message_id}", {"content": "Hi there"}, message_id=mine["id"])
    for _ in range(300):
        items = await client.call("GET", listing, session_id=session_id)
        if len(items) == 3:
            break
        await asyncio.sleep(0.05)
    assert [item["message"]["content"] for item in items if item["kind"] == "user"] == ["Hi there"]
    assert edited["branch"] != mine["branch"]
    back = {"branch": mine["branch"]}
    await client.call("PUT", "/api/v1/sessions/{session_id}/branch", back, session_id=session_id)
    items = await client.call("GET", listing, session_id=session_id)
    assert [item["message"]["content"] for item in items if item["kind"] == "user"] == ["Hello"]
    await client.call("DELETE", "/api/v1/messages/{message_id}", message_id=mine["id"])


async def answers(client: Client, session_id: str, reply_id: str) -> None:
    of = {"message_id": reply_id}
    turn = await client.call("POST", "/api/v1/messages/{message_id}/regenerate", {"model": "sim-oak"}, **of)
    assert (turn["version"], turn["model"]) == (2, "sim-oak")
    made: dict[str, Any] = {}
    for _ in range(300):
        made = await client.call("GET", "/api/v1/messages/{message_id}/versions", **of)
        if len(made["versions"]) == 2:
            break
        await asyncio.sleep(0.05)
    assert (made["active"], [one["version"] for one in made["versions"]]) == (2, [1, 2])
    await client.call("PUT", "/api/v1/messages/{message_id}/active-version", {"version": 1}, **of)
    await client.call("POST", "/api/v1/messages/{message_id}/feedback", {"rating": -1, "comment": "Too short."}, **of)
    item = await client.call("GET", "/api/v1/messages/{message_id}", **of)
    assert (item["reply"]["version"], item["versions"]) == (1, 2)
    assert item["reply"]["feedback"] == {"rating": -1, "comment": "Too short."}


async def personas(client: Client) -> None:
    one = "/api/v1/personas/{slug}"
    made = await client.call("POST", "/api/v1/personas", {"name": "Critic", "system_prompt": "Doubt everything."})
    await client.call("PUT", one, {"description": "Doubts."}, slug=made["slug"])
    assert (await client.call("GET", one, slug=made["slug"]))["description"] == "Doubts."
    assert made["slug"] in {persona["slug"] for persona in await client.call("GET", "/api/v1/personas")}
    await client.call("DELETE", one, slug=made["slug"])


async def summaries(client: Client, stack: Stack) -> None:
    """Of a room whose only window is small; edited once all that were asked for are there."""

    def asked_for() -> int:
        return sum("You keep the minutes" in str(record.body) for record in stack.simulator.stage.recorder.records())

    every = "/api/v1/chat/context/{session_id}/summaries"
    room = await client.call("POST", "/api/v1/sessions", {"model_id": "sim-moth"})
    here = {"session_id": room["id"]}
    found: list[Any] = []
    for said in range(1, 31):
        await client.call("POST", "/api/v1/messages", {**here, "content": "again and again " * 120})
        for _ in range(300):
            if len(await client.call("GET", "/api/v1/messages/session/{session_id}", limit="200", **here)) == 2 * said:
                break
            await asyncio.sleep(0.05)
        if asked_for():
            break
    for _ in range(300):
        found = await client.call("GET", every, **here)
        if len(found) == asked_for():
            break
        await asyncio.sleep(0.05)
    one = {**here, "summary_id": found[0]["id"]}
    edited = await client.call("PUT", f"{every}/{{summary_id}}", {"text": "They repeat themselves."}, **one)
    assert (edited["text"], edited["made_from"]) == ("They repeat themselves.", found[0]["id"])
    deleted = await client.call("DELETE", f"{every}/{{summary_id}}", **{**here, "summary_id": edited["id"]})
    assert edited["version"] in deleted["versions"]


async def catalogue_and_keys(client: Client) -> None:
    models = await client.call("GET", "/api/v1/models")
    assert {"sim-swift", "gpt-5"} <= {model["id"] for model in models}
    await client.call("GET", "/api/v1/models/{model_id}", model_id="openrouter/auto")
    config = "/api/v1/models/{model_id}/config"
    await client.call("PUT", config, {"temperature": 0.2}, model_id="openrouter/auto")
    chosen = await client.call("GET", config, model_id="openrouter/auto")
    assert (chosen["temperature"], chosen["max_tokens"], chosen["chosen"]) == (0.2, 2048, ["temperature"])
    providers = await client.call("GET", "/api/v1/models/providers")
    assert "openai" in {p["id"] for p in providers if p["needs_key"]}
    key = await client.call("POST", "/api/v1/keys", {"provider": "openai", "api_key": PROVIDER_KEY, "label": "mine"})
    assert key["key_hint"].endswith(PROVIDER_KEY[-4:])
    assert PROVIDER_KEY not in str(await client.call("GET", "/api/v1/keys"))
    assert (await client.call("POST", "/api/v1/keys/{key_id}/validate", key_id=key["id"]))["valid"] is True
    one, which = "/api/v1/keys/{key_id}", {"key_id": key["id"]}
    for verb, status in (("disable", "disabled"), ("enable", "active")):
        assert (await client.call("POST", f"{one}/{verb}", **which))["status"] == status
    await client.call("PUT", one, {"label": "yours"}, **which)
    assert (await client.call("GET", one, **which))["label"] == "yours"
    assert (await client.call("GET", f"{one}/usage", **which))["key_id"] == key["id"]
    assert isinstance(await client.call("GET", f"{one}/audit", **which), list)
    found = await client.call("GET", "/api/v1/models/discover", provider="openai")
    assert "sim-swift" in {model["upstream"] for model in found["models"]}
    await client.call("DELETE", "/api/v1/keys/{key_id}", key_id=key["id"])
    await key_under_a_passphrase(client, next(p["host"] for p in providers if p["id"] == "openai"))


async def key_under_a_passphrase(client: Client, host: str) -> None:
    me = await client.call("GET", "/api/v1/users/me")
    wrapping = Wrapping.of("a passphrase of five words", new_derivation())
    envelope = wrapping.seal(PROVIDER_KEY, Place(me["id"], "openai", host)).model_dump()
    key = await client.call(
        "POST", "/api/v1/keys/protected", {"provider": "openai", "envelope": envelope, "hint": PROVIDER_KEY[-4:]}
    )
    assert (key["protection"], key["locked"]) == ("passphrase", True)
    assert (await client.call("GET", "/api/v1/keys/lock"))["derivation"] == envelope["derivation"]
    assert (await client.call("POST", "/api/v1/keys/unlock", {"wrapping_key": wrapping.text}))["unlocked_until"]
    assert (await client.call("POST", "/api/v1/keys/{key_id}/validate", key_id=key["id"]))["valid"] is True
    assert (await client.call("POST", "/api/v1/keys/lock"))["unlocked_until"] is None


async def registry(client: Client, stack: Stack) -> None:
    """The owner adds a provider and a model; a member uses it at once."""
    token, client.token = client.token, client.owner_token
    providers, models = "/api/v1/admin/providers", "/api/v1/admin/models"
    place = {"base_url": stack.simulator.openai_url, "needs_key": False}
    await client.call("POST", providers, {"id": "ours", "protocol": "openai", **place})
    await client.call("PUT", f"{providers}/{{provider_id}}", {"preset": "sim-openai", **place}, provider_id="ours")
    facts = {"provider": "ours", "upstream": "sim-swift", "window": 32_768, "max_output": 4_096}
    facts |= {"input_price": "0", "output_price": "0"}
    await client.call("POST", models, {"id": "ours/swift", **facts})
    await client.call("PUT", f"{models}/{{model_id}}", {**facts, "display_name": "Ours"}, model_id="ours/swift")
    assert {p["id"]: p["source"] for p in await client.call("GET", providers)}["ours"] == "admin"
    assert {m["id"]: m["display_name"] for m in await client.call("GET", models)}["ours/swift"] == "Ours"
    client.token, owner = token, client.token
    room = await client.call("POST", "/api/v1/sessions", {"model_id": "ours/swift"})
    assert room["participants"][0]["name"] == "Ours"
    client.token = owner
    await client.call("DELETE", f"{models}/{{model_id}}", model_id="ours/swift")
    await client.call("DELETE", f"{providers}/{{provider_id}}", provider_id="ours")
    client.token = token
