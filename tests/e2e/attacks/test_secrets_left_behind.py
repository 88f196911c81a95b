"""Passwords, tokens, tickets, codes and provider keys are nowhere to be found but with those who must have them."""

import base64
import binascii
import secrets
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from attacklab import secret_lives as lives
from attacklab.plants import Plants, plant
from attacklab.secret_lives import ANSWER, ANTHROPIC_KEY, OPENAI_KEY, PLAIN_KEY, QUESTION, Known, of_the_instance
from palaver.cli.testing import eavesdropping as taps
from palaver.cli.testing.secret_search import Evidence, forms
from palaver.cli.testing.stack import Stack
from palaver.cli.testing.trace_collector import collector
from palaver.contracts.catalogue import SERVICES
from palaver.gateway.settings import RateSettings
from palaver.servicekit.embedded import LOOPBACK
from palaver.simulator.faults import Script
from palaver.simulator.server import SimulatorServer
from palaver.simulator.settings import SimulatorSettings

pytestmark = [pytest.mark.e2e, pytest.mark.attack, pytest.mark.timeout(240)]

PLENTY = 1_000_000
TRACED = ("gateway", "session", "keyvault", "identity", "model-router", "context")
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


@pytest_asyncio.fixture(loop_scope="module")
async def providers() -> AsyncGenerator[SimulatorServer]:
    """OpenAI and Anthropic as they would be, but that they accept three keys only."""
    accepted: Any = (OPENAI_KEY, ANTHROPIC_KEY, PLAIN_KEY)
    async with SimulatorServer(SimulatorSettings(host=LOOPBACK, port=0, speed=50, accepted_keys=accepted)) as server:
        for model in ("sim-swift", "sim-sage"):
            server.stage.scripts.arm(Script(model=model, text=ANSWER, count=10))
        yield server


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shape(evidence: Evidence) -> AsyncGenerator[dict[str, Any]]:
    """All services send their traces; the test starts its own worker."""
    async with collector(lambda body: evidence.add(taps.TRACES, body)) as endpoint:
        traced: dict[str, dict[str, Any]] = {name: {"telemetry": {"otlp_endpoint": endpoint}} for name in SERVICES}
        traced["gateway"] |= {"rates": dict.fromkeys(RateSettings.model_fields, PLENTY)}
        yield {"copies": {"model-router": 0}, "overrides": traced}


@pytest.mark.asyncio(loop_scope="module")
async def test_no_secret_is_found_in_logs_traces_tables_redis_files_or_broker_traffic(
    stack: Stack, providers: SimulatorServer, evidence: Evidence, tmp_path: Path
):
    models = tmp_path / "models.toml"
    models.write_text(MODELS)
    played = {"openai": providers.openai_url, "anthropic": providers.anthropic_url}
    known, plants = Known(), Plants()
    known.secrets |= of_the_instance(stack.secrets.model_dump())
    with taps.logs_read(evidence):
        async with taps.broker_tapped(stack, evidence) as heard, taps.redis_tapped(stack, evidence):
            base_urls = stack.wiring.simulation.base_urls | played
            await stack.add("model-router", base_urls=base_urls, catalogue_file=models)
            await plant(stack, plants)
            async with await lives.sign_in_in_every_way(stack, known) as ada:
                await lives.connect_with_a_ticket(stack, known, ada)
                await lives.use_a_second_factor(stack, known)
                await lives.forget_the_password(stack, known)
                await lives.invite(stack, known)
                await lives.use_keys(stack, known, ada, providers)
        tables = await taps.dump_database(stack, evidence)
        await taps.dump_redis(stack, evidence)
        taps.read_metrics(stack, evidence)
        await stack.leave()  # the last traces are sent
    guarded = {stack.home.secrets, stack.home.path / "mail", stack.home.valkey / "valkey.conf"}
    assert {path: path.stat().st_mode & 0o077 for path in guarded} == dict.fromkeys(guarded, 0), "others may read it"
    taps.read_files(stack.home.path, evidence, but=guarded)
    for response in known.refusals:
        assert response.status_code in {401, 404, 422}, response.text
        evidence.add("refusals", response.text)

    assert plants.missed(evidence) == [], "the search is blind"
    assert any(subject.startswith("_INBOX_gateway.") for subject in heard)
    assert any(subject.startswith("qry.keyvault.key.lease.") for subject in heard)
    assert {"identity.users", "keyvault.keys", "session.messages"} <= set(tables)
    assert {name: found for name, secret in known.secrets.items() if (found := evidence.traces(secret))} == {}
    logged = {trace.place for text in (QUESTION, ANSWER) for trace in evidence.traces(text)}
    told = {taps.LOGS, taps.UNREDACTED_LOGS, taps.METRICS, taps.TRACES}
    assert logged & told == set(), "conversation text was logged"
    assert all(f"palaver-{name}".encode() in evidence.places[taps.TRACES] for name in TRACED), "traces are missing"
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
