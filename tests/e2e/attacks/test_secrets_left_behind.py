"""Passwords, tokens, tickets, codes and provider keys are nowhere to be found but with those who must have them."""

import base64
import binascii
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from palaver.cli.testing import eavesdropping as taps
from palaver.cli.testing.broker_access import access
from palaver.cli.testing.secret_search import Evidence, forms
from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.cli.up.secret_store import ADMIN
from palaver.client import Failure, Palaver
from palaver.client.passphrase import Wrapping
from palaver.contracts.client_protocol import SUBPROTOCOL, CloseCode
from palaver.contracts.ids import new_id
from palaver.servicekit.embedded import LOOPBACK
from palaver.simulator.faults import Script
from palaver.simulator.recorder import KeyTrace
from palaver.simulator.server import SimulatorServer
from palaver.simulator.settings import SimulatorSettings

pytestmark = [pytest.mark.e2e, pytest.mark.attack, pytest.mark.timeout(240)]

OPENAI_KEY = f"sk-proj-{secrets.token_urlsafe(36)}"
ANTHROPIC_KEY = f"sk-ant-api03-{secrets.token_urlsafe(36)}"
PLAIN_KEY = f"an unusual key {secrets.token_hex(20)}".replace(" ", "_")  # looks like no provider's
REFUSED_KEY = f"sk-proj-{secrets.token_urlsafe(36)}"
SHOWN_OF_REFUSED_KEY = f"{REFUSED_KEY[:8]}********{REFUSED_KEY[-4:]}"
PASSWORD, MISTYPED_PASSWORD = f"correct horse {secrets.token_hex(8)}", f"wrong horse {secrets.token_hex(8)}"
PASSPHRASE = f"several words {secrets.token_hex(8)}"
QUESTION, ANSWER = f"Who keeps a secret? {secrets.token_hex(16)}", f"Nobody does. {secrets.token_hex(16)}"
MODELS = """
[[models]]
id = "test-gpt"
provider = "openai"
display_name = "Probe"
upstream = "sim-swift"
window = 32_768
max_output = 4_096
input_price = "0"
output_price = "0"

[[models]]
id = "test-claude"
provider = "anthropic"
display_name = "Probe"
upstream = "sim-sage"
window = 32_768
max_output = 4_096
input_price = "0"
output_price = "0"
"""


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


@pytest_asyncio.fixture(loop_scope="module")
async def providers() -> AsyncGenerator[SimulatorServer]:
    """OpenAI and Anthropic as they would be, but that they accept three keys only."""
    accepted: Any = (OPENAI_KEY, ANTHROPIC_KEY, PLAIN_KEY)
    async with SimulatorServer(SimulatorSettings(host=LOOPBACK, port=0, speed=50, accepted_keys=accepted)) as server:
        for model in ("sim-swift", "sim-sage"):
            server.stage.scripts.arm(Script(model=model, text=ANSWER, count=10))
        yield server


# ---- planted secrets -------------------------------------------------------------------------------------------------
ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "clear": lambda secret: secret,
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
    **{
        f"base64 at {offset}": lambda secret, offset=offset: base64.b64encode(
            b"abc"[:offset] + secret.encode() + b"def"
        ).decode()
        for offset in range(3)
    },
    **{
        f"base64url at {offset}": lambda secret, offset=offset: base64.urlsafe_b64encode(
            b"abc"[:offset] + secret.encode() + b"def"
        ).decode()
        for offset in range(3)
    },
}


@dataclass(slots=True)
class Plants:
    """A secret of its own for each place and each form, so that every find proves one thing."""

    planted: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])

    def text(self, place: str, spot: str) -> str:
        """What to put there: all forms, each of another secret."""
        parts: list[str] = []
        for form, encode in ENCODINGS.items():
            secret = f"{secrets.token_urlsafe(18)}?>~{secrets.token_urlsafe(6)}"  # so that both alphabets differ
            self.planted[place, spot, form] = secret
            parts.append(encode(secret))
        return " ".join(parts)

    def missed(self, evidence: Evidence) -> list[tuple[str, str, str]]:
        """Where the search is blind."""
        return [
            (place, spot, form)
            for (place, spot, form), secret in self.planted.items()
            if (place, form.replace("base64url", "base64"))
            not in {(t.place, t.form.replace("base64url", "base64")) for t in evidence.traces(secret)}
        ]


async def plant(stack: Stack, plants: Plants) -> None:
    """In every place that is searched."""
    taps.log_everywhere(plants.text(taps.LOGS, "a log line"))
    taps.log_everywhere(plants.text(taps.UNREDACTED_LOGS, "a log line"))
    await _plant_on_broker(stack, plants)
    connection: Any = await asyncpg.connect(stack.servers.postgres.url().get_secret_value(), ssl=False)
    await connection.execute("CREATE TABLE keyvault.planted (note text, raw bytea, facts jsonb)")
    await connection.execute(
        "INSERT INTO keyvault.planted VALUES ($1, $2, jsonb_build_object('deep', $3::text))",
        plants.text(taps.DATABASE, "text"),
        plants.text(taps.DATABASE, "bytea").encode(),
        plants.text(taps.DATABASE, "jsonb"),
    )
    await connection.close()
    client = Redis.from_url(stack.servers.valkey.url().get_secret_value())
    await client.set("planted", plants.text(taps.REDIS, "a value"))
    await client.set(plants.text(taps.REDIS, "a key"), "")
    await client.execute_command("HSET", "planted-hash", "field", plants.text(taps.REDIS, "a hash"))
    await client.set("planted-and-gone", plants.text(taps.REDIS_COMMANDS, "a value for a moment"))
    await client.delete("planted-and-gone")
    await client.aclose()
    (stack.home.nats / "planted.blk").write_text(plants.text(taps.FILES, "a file"))


async def _plant_on_broker(stack: Stack, plants: Plants) -> None:
    async def leak(msg: Any) -> None:
        await msg.respond(plants.text(taps.BROKER, "an answer into an inbox").encode())

    seed = stack.secrets.nkey_seeds[ADMIN]
    async with (
        access(stack.servers.nats.url, "gateway", seed) as asker,
        access(stack.servers.nats.url, "keyvault", seed) as answerer,
    ):
        await answerer.client.subscribe("planted.question", cb=leak)
        await answerer.client.flush()
        await asker.client.request("planted.question", plants.text(taps.BROKER, "a question").encode(), timeout=5)
        header = {"Planted": plants.text(taps.BROKER, "a header")}
        await asker.client.publish("planted.note", b"", headers=header)
        await asker.client.jetstream().publish("evt.planted", plants.text(taps.BROKER, "a stored event").encode())
        await asker.client.flush()


# ---- what people do --------------------------------------------------------------------------------------------------
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
    used = {record.key for record in providers.stage.recorder.records() if record.text}
    assert used == {KeyTrace.of(OPENAI_KEY), KeyTrace.of(ANTHROPIC_KEY)}
    async with await stack.person("Bob") as bob:
        key_id = await store(stack, bob, "openai", REFUSED_KEY)
        refused = await bob.create_room(["test-gpt"])
        await refused.post("Will it be taken?")
        await until(refused, rounds_ended(1))
        assert {reply.code for reply in refused.transcript.replies.values()} == {"KEY_INVALID"}
        assert not await is_valid(bob, key_id)


@pytest.fixture(scope="module")
def shape() -> dict[str, Any]:
    """The test starts its own worker."""
    return {"copies": {"model-router": 0}}


@pytest.mark.asyncio(loop_scope="module")
async def test_no_secret_is_found_in_logs_tables_redis_files_or_broker_traffic(
    stack: Stack, providers: SimulatorServer, tmp_path: Path
):
    models = tmp_path / "models.toml"
    models.write_text(MODELS)
    played = {"openai": providers.openai_url, "anthropic": providers.anthropic_url}
    evidence, known, plants = Evidence(), Known(), Plants()
    with taps.logs_read(evidence):
        async with taps.broker_tapped(stack, evidence) as heard, taps.redis_tapped(stack, evidence):
            base_urls = stack.wiring.simulation.base_urls | played
            await stack.add("model-router", base_urls=base_urls, catalogue_file=models)
            await plant(stack, plants)
            async with await sign_in_in_every_way(stack, known) as ada:
                await connect_with_a_ticket(stack, known, ada)
                await use_keys(stack, known, ada, providers)
        tables = await taps.dump_database(stack, evidence)
        await taps.dump_redis(stack, evidence)
        taps.read_metrics(stack, evidence)
    taps.read_files(stack.home.path, evidence)
    for response in known.refusals:
        assert response.status_code in {401, 404, 422}, response.text
        evidence.add("refusals", response.text)

    assert plants.missed(evidence) == [], "the search is blind"
    assert any(subject.startswith("_INBOX_gateway.") for subject in heard)
    assert any(subject.startswith("qry.keyvault.key.lease.") for subject in heard)
    assert {"identity.users", "keyvault.keys", "session.messages"} <= set(tables)
    assert {name: found for name, secret in known.secrets.items() if (found := evidence.traces(secret))} == {}
    logged = {trace.place for text in (QUESTION, ANSWER) for trace in evidence.traces(text)}
    assert logged & {taps.LOGS, taps.UNREDACTED_LOGS, taps.METRICS} == set(), "conversation text was logged"
    assert taps.DATABASE in logged, "the search is blind for conversation text"


SPELLINGS: tuple[Callable[[bytes], bytes], ...] = (base64.b64encode, base64.urlsafe_b64encode, binascii.hexlify, bytes)


def test_every_spelling_of_a_secret_is_found_wherever_it_stands_in_a_longer_text():
    for length in range(8, 20):
        secret = secrets.token_urlsafe(40)[:length]
        for before in range(6):
            for after in range(4):
                padded = b"x" * before + secret.encode() + b"y" * after
                for encode in SPELLINGS:
                    evidence = Evidence()
                    evidence.add("here", b"..." + encode(padded) + b"...")
                    assert evidence.traces(secret), (secret, before, after)


def test_what_is_not_there_is_not_found():
    evidence = Evidence()
    evidence.add("here", secrets.token_bytes(100_000))
    evidence.add("here", base64.b64encode(secrets.token_bytes(100_000)))
    assert evidence.traces(secrets.token_urlsafe(16)) == set()
    assert all(needle for needle, _ in forms("short"))
