"""The simulated provider's control endpoints, as the benchmark uses them."""

from typing import Any

import aiohttp

from palaver.cli.bench.load import Load
from palaver.simulator.faults import Script

MODEL = "sim-echo"
MANY = 100_000
FIRST_TOKEN_SECONDS = 0.05


class Provider:
    """Tells the simulator what to say, and asks what it saw."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI's SDK."""
        return f"{self._url}/openai/v1"

    async def play(self, load: Load) -> None:
        """From now on every answer is one stream of this load; what was recorded is forgotten."""
        script = Script(
            model=MODEL,
            count=MANY,
            text=load.script_text,
            first_token_seconds=FIRST_TOKEN_SECONDS,
            tokens_per_second=load.rate,
            stamped=True,
        )
        async with aiohttp.ClientSession(self._url, raise_for_status=True) as http:
            for what in ("replies", "requests"):
                async with http.delete(f"/control/{what}"):
                    pass
            async with http.post("/control/replies", data=script.model_dump_json()):
                pass

    async def hung_up(self) -> list[tuple[str, float]]:
        """The newest words of each request whose client left before the end, and when, in seconds since the epoch."""
        async with (
            aiohttp.ClientSession(self._url, raise_for_status=True) as http,
            http.get("/control/requests", params={"model": MODEL}) as answer,
        ):
            records: list[dict[str, Any]] = (await answer.json())["requests"]
        return [
            (str(record["body"]["messages"][-1]["content"]), float(record["client_closed_at"]))
            for record in records
            if record["client_closed_at"] is not None
        ]
