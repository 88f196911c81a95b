"""LiteLLM's proxy with one worker, in front of the same provider. A mere proxy: no room, no storage, no resume."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from palaver.cli.bench.peers.environment import PeerMissing, Peers
from palaver.cli.up.processes import Probe
from palaver.servicekit.embedded import LOOPBACK, free_port
from palaver.servicekit.embedded.child import PLAIN_ENVIRONMENT, Child

READY_SECONDS = 90.0
POLL_SECONDS = 0.2
CONFIGURATION = """\
model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: {provider_url}
      api_key: bench
litellm_settings:
  telemetry: false
  set_verbose: false
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it listens, as a base URL for an OpenAI client."""

    openai_url: str
    pid: int


@asynccontextmanager
async def litellm_proxy(peers: Peers, directory: Path, provider_url: str, model: str) -> AsyncGenerator[Proxy]:
    """Run it for as long as the block lasts. Raises PeerMissing."""
    program = await peers.program("litellm", "litellm")
    configuration = _configured(directory, provider_url, model)
    port = free_port()
    child = Child("litellm", directory)
    environment = {
        **PLAIN_ENVIRONMENT,
        "HOME": str(directory),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it asks the Internet for prices
        "LITELLM_LOG": "ERROR",
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # loopback, no real key, gone in a minute
        "PYTHONUNBUFFERED": "1",
    }
    where = ("--host", LOOPBACK, "--port", str(port), "--num_workers", "1")
    child.spawn([str(program), "--config", str(configuration), *where], environment=environment)
    try:
        await _until_ready(child, Probe(port, "/health/liveliness"))
        yield Proxy(f"http://{LOOPBACK}:{port}/v1", child.pid)
    finally:
        await child.stop()


def _configured(directory: Path, provider_url: str, model: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / "litellm.yaml"
    configuration.write_text(CONFIGURATION.format(model=model, provider_url=provider_url))
    return configuration


async def _until_ready(child: Child, probe: Probe) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not await probe():
        if not child.alive or time.monotonic() > deadline:
            raise PeerMissing(f"it did not start: {child.log_since(0)[-300:].strip() or 'it said nothing'}")
        await asyncio.sleep(POLL_SECONDS)
