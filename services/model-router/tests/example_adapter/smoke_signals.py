"""A protocol of a third party: one JSON object a line, the key in a header of its own."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

import aiohttp
import msgspec
from pydantic import SecretStr

from palaver.contracts.adapters import Adapter
from palaver.contracts.failures import ErrorCode
from palaver.contracts.model_router import Grammar
from palaver.model_router.domain import Listed, Progress, Provider, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.network import Network
from palaver.model_router.providers.statuses import failure_of
from palaver.model_router.providers.streams import TRANSPORT_ERRORS


class _Puff(msgspec.Struct):
    say: str = ""
    counted: tuple[int, int] | None = None


class SmokeSignals:
    """`ProviderAdapter` of the protocol `smoke-signals`."""

    def __init__(self, network: Network) -> None:
        self._http = network.session()

    async def close(self) -> None:
        await self._http.close()

    @asynccontextmanager
    async def stream(self, call: ProviderCall) -> AsyncGenerator[AsyncIterator[Progress]]:
        body = {
            "hill": call.model.upstream,
            "at_most": call.max_tokens,
            "said": [[message.role, message.text] for message in call.messages],
            **call.sampling,
        }
        with _in_our_words(begun=False):
            async with self._http.post(
                f"{call.model.provider.base_url}/puffs",
                json=body,
                headers=_headers(call.key.secret),
                allow_redirects=False,
            ) as response:
                await _accepted(response)
                yield _read(response)

    async def check_key(self, provider: Provider, secret: SecretStr) -> None:
        await self.list_models(provider, secret)

    async def list_models(self, provider: Provider, secret: SecretStr) -> Sequence[Listed]:
        with _in_our_words(begun=False):
            url = f"{provider.base_url}/hills"
            async with self._http.get(url, headers=_headers(secret), allow_redirects=False) as response:
                await _accepted(response)
                return [Listed(name) for name in await response.json()]


class Puffs:
    """Counts three characters for a token."""

    name = "puffs"

    def count(self, text: str) -> int:
        return -(-len(text) // 3)


ADAPTER = Adapter(connect=SmokeSignals, grammar=Grammar(alternation=False, empty_text=True), tokenizer=Puffs())


def _headers(secret: SecretStr) -> dict[str, str]:
    return {"x-smoke-key": secret.get_secret_value()}


async def _accepted(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise failure_of(response.status, None, await response.text(), response.headers)


async def _read(response: aiohttp.ClientResponse) -> AsyncIterator[Progress]:
    with _in_our_words(begun=True):
        async for line in response.content:  # whole lines, however the network cuts them
            puff = msgspec.json.decode(line, type=_Puff)
            if puff.counted is None:
                yield Progress(text=puff.say)
            else:
                yield Progress(usage=UsageReport(*puff.counted), finish_reason="stop")


@contextmanager
def _in_our_words(*, begun: bool) -> Generator[None]:
    code = ErrorCode.PROVIDER_STREAM_BROKEN if begun else ErrorCode.PROVIDER_UNAVAILABLE
    try:
        yield
    except (*TRANSPORT_ERRORS, msgspec.DecodeError) as error:
        raise ProviderFailed(code, type(error).__name__, refused=not begun) from None
