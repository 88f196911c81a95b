"""The simulated provider's control endpoints, as the benchmark uses them."""

from typing import Any

import aiohttp

from palaver.cli.bench.load import Load
from palaver.simulator.faults import Fault, FaultKind, Script

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

    async def play(
        self,
        load: Load,
        *,
        about: str | None = None,
        burst: int = 1,
        first_token_seconds: float = FIRST_TOKEN_SECONDS,
    ) -> None:
        """Forget everything; from now on every answer is one stream of this load."""
        async with self._control() as http:
            for what in ("replies", "requests", "faults"):
                async with http.delete(f"/control/{what}"):
                    pass
        await self.also_play(load, about=about, burst=burst, first_token_seconds=first_token_seconds)

    async def also_play(
        self,
        load: Load,
        *,
        about: str | None = None,
        burst: int = 1,
        first_token_seconds: float = FIRST_TOKEN_SECONDS,
    ) -> None:
        """Questions that contain `about`, and no word given earlier, are answered by a stream of this load."""
        script = Script(
            model=MODEL,
            count=MANY,
            about=about,
            text=load.script_text,
            first_token_seconds=first_token_seconds,
            tokens_per_second=load.rate,
            burst=burst,
            stamped=True,
        )
        async with self._control() as http, http.post("/control/replies", data=script.model_dump_json()):
            pass

    async def recite(self, text: str, rate: float, about: str) -> None:
        """Questions that contain `about`, and no word given earlier, are answered by just this text."""
        script = Script(model=MODEL, count=MANY, about=about, text=text, tokens_per_second=rate)
        async with self._control() as http, http.post("/control/replies", data=script.model_dump_json()):
            pass

    async def misbehave(self, kind: FaultKind) -> None:
        """Every answer has this fault, until the next `play`."""
        fault = Fault(model=MODEL, count=MANY, kind=kind)
        async with self._control() as http, http.post("/control/faults", data=fault.model_dump_json()):
            pass

    async def hung_up(self) -> list[tuple[str, float]]:
        """The newest words of each request whose client left before the end, and when, in seconds since the epoch."""
        async with self._control() as http, http.get("/control/requests", params={"model": MODEL}) as answer:
            records: list[dict[str, Any]] = (await answer.json())["requests"]
        return [
            (str(record["body"]["messages"][-1]["content"]), float(record["client_closed_at"]))
            for record in records
            if record["client_closed_at"] is not None
        ]

    def _control(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self._url, raise_for_status=True)
