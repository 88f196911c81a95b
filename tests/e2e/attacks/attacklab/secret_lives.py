"""People who use every secret that there is, rightly and wrongly; each is remembered, to be looked for."""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any, cast

import httpx2
import pytest
from pyotp.totp import TOTP
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.client import Failure, Palaver, Room
from palaver.client.passphrase import Wrapping
from palaver.contracts.client_protocol import SUBPROTOCOL, CloseCode
from palaver.contracts.ids import new_id
from palaver.simulator.recorder import KeyTrace
from palaver.simulator.server import SimulatorServer

OPENAI_KEY = f"sk-proj-{secrets.token_urlsafe(36)}"
ANTHROPIC_KEY = f"sk-ant-api03-{secrets.token_urlsafe(36)}"
PLAIN_KEY = f"an unusual key {secrets.token_hex(20)}".replace(" ", "_")  # looks like no provider's
REFUSED_KEY = f"sk-proj-{secrets.token_urlsafe(36)}"
SHOWN_OF_REFUSED_KEY = f"{REFUSED_KEY[:8]}********{REFUSED_KEY[-4:]}"
PASSWORD, MISTYPED_PASSWORD = f"correct horse {secrets.token_hex(8)}", f"wrong horse {secrets.token_hex(8)}"
NEW_PASSWORD = f"another horse {secrets.token_hex(8)}"
PASSPHRASE = f"several words {secrets.token_hex(8)}"
QUESTION, ANSWER = f"Who keeps a secret? {secrets.token_hex(16)}", f"Nobody does. {secrets.token_hex(16)}"


def of_the_instance(kept: Mapping[str, Any], name: str = "") -> dict[str, str]:
    """Every key and password that services and servers were started with, by its path."""
    found: dict[str, str] = {}
    for part, value in kept.items():
        if isinstance(value, Mapping):
            found |= of_the_instance(cast("Mapping[str, Any]", value), f"{name}{part} ")
        else:
            found[f"{name}{part}"] = value.get_secret_value()
    return found


@dataclass(slots=True)
class Known:
    """Every secret that came up, by what it is, and what the edge said to requests that it refused."""

    secrets: dict[str, str] = field(default_factory=dict[str, str])
    refusals: list[httpx2.Response] = field(default_factory=list[httpx2.Response])

    def tokens_of(self, person: Palaver, when: str) -> None:
        """Both tokens of a sign-in. Of an access token the signature is what nobody can guess."""
        tokens = person.rest.signed_in
        self.secrets[f"refresh token after {when}"] = tokens.refresh_token
        self.secrets[f"access token after {when}"] = tokens.access_token
        self.secrets[f"signature of the access token after {when}"] = tokens.access_token.rsplit(".", 1)[1]


async def sign_in_in_every_way(stack: Stack, known: Known) -> Palaver:
    """Register, mistype, log in, refresh, replay, redeem the link, log out; somebody signed in is left over."""
    email = f"ada-{new_id()}@example.org"
    known.secrets |= {"password": PASSWORD, "mistyped password": MISTYPED_PASSWORD}
    known.secrets["code of the sign-in link"] = stack.sign_in.link.code
    async with Palaver(stack.url) as owner:
        await owner.rest.redeem(stack.sign_in.link.code)
        known.tokens_of(owner, "the link")
        with pytest.raises(Failure):
            await owner.rest.redeem(stack.sign_in.link.code)
    async with Palaver(stack.url) as first:
        await first.rest.register(email, PASSWORD, "Ada")
        known.tokens_of(first, "registration")
        spent = first.rest.signed_in.refresh_token
        await first.rest.renewed_token()
        known.tokens_of(first, "refresh")
        with pytest.raises(Failure):
            await first.rest.resume(spent)
    ada = Palaver(stack.url)
    with pytest.raises(Failure):
        await ada.rest.log_in(email, MISTYPED_PASSWORD)
    await ada.rest.log_in(email, PASSWORD)
    known.tokens_of(ada, "an earlier log-in")
    await ada.rest.log_out()
    await ada.rest.log_in(email, PASSWORD)
    known.tokens_of(ada, "log-in")
    await malformed_requests(stack, known, ada)
    return ada


async def malformed_requests(stack: Stack, known: Known, ada: Palaver) -> None:
    """Requests that are refused before anything reads them, with a secret in them."""
    async with httpx2.AsyncClient(base_url=stack.url, trust_env=False) as http:
        for path, body in (
            ("/api/v1/auth/login", {"email": 5, "password": PASSWORD}),
            ("/api/v1/auth/register", {"email": "no address", "password": PASSWORD, "nickname": ""}),
            ("/api/v1/auth/refresh", {"refresh_token": [ada.rest.signed_in.refresh_token]}),
            ("/api/v1/auth/link", {"code": {"nested": stack.sign_in.link.code}}),
            ("/api/v1/keys", {"provider": "nobody", "api_key": OPENAI_KEY}),
            ("/api/v1/keys", {"provider": 5, "api_key": [OPENAI_KEY]}),
        ):
            authorization = {"Authorization": f"Bearer {ada.rest.signed_in.access_token}"}
            known.refusals.append(await http.post(path, json=body, headers=authorization))
        token = ada.rest.signed_in.access_token
        known.refusals.append(await http.get("/api/v1/sessions", headers={"Authorization": f"Bearer {token}x"}))
        known.refusals.append(await http.get("/api/v1/nothing", params={"token": token, "password": PASSWORD}))


async def use_a_second_factor(stack: Stack, known: Known) -> None:
    """Turn it on, guess, sign in with a code of the phone and with one for recovery, and off again."""
    email, mine = f"careful-{new_id()}@example.org", "/api/v1/users/me/second-factor"
    async with Palaver(stack.url) as person:
        await person.rest.register(email, PASSWORD, "Careful")
        secret = (await person.rest.post(mine, {"password": PASSWORD}))["secret"]
        recovery = (await person.rest.post(f"{mine}/confirm", {"code": TOTP(secret).now()}))["codes"]
        known.secrets["secret of the authenticator"] = secret
        known.secrets |= {f"recovery code {number}": code for number, code in enumerate(recovery)}
        known.secrets |= {f"recovery code {n}, as compared": c.replace("-", "") for n, c in enumerate(recovery)}
        with pytest.raises(Failure) as asked:
            await person.rest.log_in(email, PASSWORD)
        challenge = known.secrets["challenge of the second step"] = asked.value.details["challenge"]
        with pytest.raises(Failure):
            await person.rest.second_step(challenge, "no-code-at-all")
        await person.rest.second_step(challenge, recovery[0])
        known.tokens_of(person, "the second step")
        await person.rest.post(f"{mine}/disable", {"password": PASSWORD, "code": recovery[1]})


async def forget_the_password(stack: Stack, known: Known) -> None:
    """Have a link mailed, use it, and use it again."""
    email, mails = f"forgetful-{new_id()}@example.org", stack.home.path / "mail"
    known.secrets["password by a link"] = NEW_PASSWORD
    async with Palaver(stack.url) as person:
        await person.rest.register(email, PASSWORD, "Forgetful")
        await person.rest.forget_password(email)
        async with asyncio.timeout(30):
            while not (arrived := list(mails.glob("*.eml"))):  # noqa: ASYNC110 - files of another task
                await asyncio.sleep(0.05)
        mail = message_from_bytes(arrived[0].read_bytes(), policy=default)
        (token,) = re.findall(r"#reset=([\w-]+)", mail.get_content())
        known.secrets["token of the reset link"] = token
        await person.rest.reset_password(token, NEW_PASSWORD)
        with pytest.raises(Failure):
            await person.rest.reset_password(token, PASSWORD)
        await person.rest.log_in(email, NEW_PASSWORD)


async def invite(stack: Stack, known: Known) -> None:
    """Somebody comes by an invitation."""
    async with Palaver(stack.url) as owner:
        await owner.rest.redeem(stack.sign_in.command_line.code)
        code = (await owner.rest.post("/api/v1/admin/invitations", {}))["code"]
        known.secrets |= {"code of an invitation": code, "code for the command line": stack.sign_in.command_line.code}
        account = {"email": f"{new_id()}@example.org", "password": PASSWORD, "nickname": "Guest", "invitation": code}
        async with httpx2.AsyncClient(base_url=stack.url, trust_env=False) as http:
            assert (await http.post("/api/v1/auth/register", json=account)).is_success
            known.refusals.append(await http.post("/api/v1/auth/register", json={**account, "invitation": [code]}))


async def connect_with_a_ticket(stack: Stack, known: Known, person: Palaver) -> None:
    """A ticket opens one WebSocket and no second one."""
    ticket = (await person.rest.post("/api/v1/auth/ticket", {}))["ticket"]
    known.secrets["ticket"] = ticket
    url = stack.url.replace("http", "ws", 1) + f"/ws?ticket={ticket}"
    async with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None) as socket:
        assert '"welcome"' in str(await socket.recv())
    async with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None) as socket:
        assert '"UNAUTHENTICATED"' in str(await socket.recv())
        await socket.wait_closed()
        assert socket.close_code == CloseCode.UNAUTHENTICATED


async def store(stack: Stack, person: Palaver, provider: str, key: str) -> str:
    """Store a key, and send the same request once more, as after a lost answer. Gives the key's id."""
    headers = {"Authorization": f"Bearer {person.rest.signed_in.access_token}", "Idempotency-Key": new_id()}
    body = {"provider": provider, "api_key": key, "label": "mine"}
    async with httpx2.AsyncClient(base_url=stack.url, trust_env=False, headers=headers) as http:
        first, second = [await http.post("/api/v1/keys", json=body) for _ in range(2)]
    assert key not in first.text
    assert first.json() == second.json()
    return first.json()["data"]["id"]


async def is_valid(person: Palaver, key_id: str) -> bool:
    """What the provider says to the key."""
    return (await person.rest.post(f"/api/v1/keys/{key_id}/validate", {}))["valid"]


async def share(known: Known, ada: Palaver, room: Room) -> None:
    """A link to a room is made, read and taken back."""
    link = await ada.rest.share(room.id)
    known.secrets["token of a link to a room"] = link.rpartition("#")[2]
    assert ANSWER in {message.text for message in (await ada.rest.shared(link)).messages}
    (view,) = await ada.rest.shares(room.id)
    await ada.rest.revoke_share(room.id, view.id)


async def use_keys(stack: Stack, known: Known, ada: Palaver, providers: SimulatorServer) -> None:
    """Good keys answer, a refused one fails the turn; then one is deleted."""
    known.secrets |= {"key of OpenAI": OPENAI_KEY, "key of Anthropic": ANTHROPIC_KEY, "plain key": PLAIN_KEY}
    known.secrets |= {"refused key": REFUSED_KEY, "what a provider shows of a refused key": SHOWN_OF_REFUSED_KEY}
    plain = await store(stack, ada, "openai", PLAIN_KEY)
    assert await is_valid(ada, plain)
    await ada.rest.call("DELETE", f"/api/v1/keys/{plain}", None)
    protected = (await ada.keys.add("openai", PLAIN_KEY, passphrase=PASSPHRASE)).id
    assert await is_valid(ada, protected)
    derivation = (await ada.keys.lock()).derivation
    assert derivation is not None
    known.secrets |= {"passphrase": PASSPHRASE, "wrapping key": Wrapping.of(PASSPHRASE, derivation).text}
    await ada.keys.delete(protected)
    for provider, key in (("openai", OPENAI_KEY), ("anthropic", ANTHROPIC_KEY)):
        assert await is_valid(ada, await store(stack, ada, provider, key))
    room = await ada.create_room(["test-gpt", "test-claude"])
    await room.post(QUESTION)
    await until(room, rounds_ended(1))
    assert {reply.text for reply in room.transcript.replies.values()} == {ANSWER}
    await share(known, ada, room)
    used = {record.key for record in providers.stage.recorder.records() if record.text}
    assert used == {KeyTrace.of(OPENAI_KEY), KeyTrace.of(ANTHROPIC_KEY)}
    async with await stack.person("Bob") as bob:
        key_id = await store(stack, bob, "openai", REFUSED_KEY)
        refused = await bob.create_room(["test-gpt"])
        await refused.post("Will it be taken?")
        await until(refused, rounds_ended(1))
        assert {reply.code for reply in refused.transcript.replies.values()} == {"KEY_INVALID"}
        assert not await is_valid(bob, key_id)
