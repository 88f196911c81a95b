"""What OpenAI's two wire protocols have in common: connections, the official SDK's client, trying a key, errors."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import openai
from openai import AsyncOpenAI
from pydantic import SecretStr

from palaver.contracts.failures import ErrorCode
from palaver.model_router.domain import Listed, Provider
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers import listings
from palaver.model_router.providers.network import Network
from palaver.model_router.providers.ollama import asked_at_ollama
from palaver.model_router.providers.sdk_client import sdk_client
from palaver.model_router.providers.statuses import failure_of
from palaver.model_router.providers.streams import TRANSPORT_ERRORS, all_of, body_of, readable


class OpenAIAdapter:
    """All of a `ProviderAdapter` but `stream`. Connections are shared by all providers and keys."""

    def __init__(self, network: Network) -> None:
        self._http = sdk_client(network)
        self._timeout = network.timeout

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    def client(self, provider: Provider, secret: SecretStr) -> AsyncOpenAI:
        """A client for one key. It costs 30 µs and holds nothing but the key; retries are ours to decide."""
        return AsyncOpenAI(
            api_key=secret.get_secret_value(),
            base_url=provider.base_url,
            http_client=self._http,
            timeout=self._timeout,
            max_retries=0,
        )

    async def check_key(self, provider: Provider, secret: SecretStr) -> None:
        """See `ProviderAdapter`: lists the models."""
        with in_our_words():
            await self.client(provider, secret).models.list()

    async def list_models(self, provider: Provider, secret: SecretStr) -> Sequence[Listed]:
        """See `ProviderAdapter`."""
        with in_our_words(), readable():
            client = self.client(provider, secret)
            async with client.models.with_streaming_response.list() as response:
                listed = listings.of_openai(await all_of(body_of(response.http_response)))
            if provider.listing == "ollama":
                return await asked_at_ollama(self._http, provider, listed)
        return listed


@contextmanager
def in_our_words() -> Generator[None, None, None]:
    """Turns what the SDK and its transport raise into ProviderFailed."""
    try:
        yield
    except openai.APIStatusError as error:
        raise failure_of(error.status_code, error.code, error.message, error.response.headers) from None
    except openai.APIConnectionError as error:
        cause = type(error.__cause__).__name__
        raise ProviderFailed(
            ErrorCode.PROVIDER_UNAVAILABLE, f"no connection: {cause}", refused=True, fault="unreachable"
        ) from None
    except TRANSPORT_ERRORS as error:
        raise ProviderFailed(
            ErrorCode.PROVIDER_UNAVAILABLE, type(error).__name__, refused=True, fault="unreachable"
        ) from None
    except openai.OpenAIError as error:
        raise ProviderFailed(ErrorCode.PROVIDER_REFUSED, type(error).__name__) from None
