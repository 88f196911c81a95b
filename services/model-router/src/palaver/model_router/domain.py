"""The values of this service: models and providers as facts, a provider call, and what comes out of one."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from palaver.contracts.ids import CallId, KeyId
from palaver.contracts.model_router import (
    Capabilities,
    CatalogueSource,
    Grammar,
    Listing,
    ModelCard,
    ModelProfile,
    PromptCache,
    PromptCount,
    ProviderCard,
    WindowMessage,
)

ProtocolName = str
"""Names the adapter of a wire protocol: a built-in one, or one that a package brings (`providers.loading`)."""
CallOutcome = Literal["completed", "failed", "stopped", "cut"]


def host_of(base_url: str) -> str:
    """What a key is bound to: host name, and port where the URL names one, e.g. `api.openai.com`."""
    return urlsplit(base_url).netloc.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who runs models behind one wire protocol at one base URL.

    `output_limit` names the request field that bounds an answer; `reports_usage` says whether a stream can be asked
    to end with a usage figure. `tokenizer`, `grammar` and `cache` are those of its models that say nothing else.
    `max_calls` of one worker run there at once; None means as many as at most others.
    `listing`: who can be asked more about models than the protocol's own list tells.
    """

    id: str
    display_name: str
    protocol: ProtocolName
    base_url: str
    needs_key: bool
    output_limit: str
    reports_usage: bool
    source: CatalogueSource = "built_in"
    tokenizer: str = "o200k_base"
    grammar: Grammar = field(default_factory=Grammar)
    cache: PromptCache = field(default_factory=PromptCache)
    max_calls: int | None = None
    listing: Listing = "plain"

    @property
    def host(self) -> str:
        """See `host_of`."""
        return host_of(self.base_url)

    @property
    def card(self) -> ProviderCard:
        """As people see it."""
        return ProviderCard(
            id=self.id,
            display_name=self.display_name,
            protocol=self.protocol,
            host=self.host,
            needs_key=self.needs_key,
            source=self.source,
        )


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per 1,000 tokens.

    `cached_input` applies to input tokens that the provider had in its cache, `cache_write` to those that it put there.
    """

    input: Decimal
    output: Decimal
    cached_input: Decimal
    cache_write: Decimal


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another provider of the same model, and its name there if it is another one."""

    provider: str
    upstream: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One model of a provider. `upstream` is its name there; `reserve` tokens of the window are kept for an answer.

    `also_at` are other endpoints of the very same model, with the same price; `fallbacks` other models that answer
    where this one cannot.
    """

    id: str
    provider: Provider
    upstream: str
    display_name: str
    description: str
    window: int
    max_output: int
    reserve: int
    tokenizer: str
    message_overhead: int
    price: Price
    capabilities: Capabilities
    grammar: Grammar
    cache: PromptCache
    source: CatalogueSource = "built_in"
    also_at: tuple[Elsewhere, ...] = ()
    fallbacks: tuple[str, ...] = ()

    @property
    def profile(self) -> ModelProfile:
        """What context must know to fit a conversation."""
        return ModelProfile(
            model_id=self.id,
            window=self.window,
            reserve=self.reserve,
            tokenizer=self.tokenizer,
            message_overhead=self.message_overhead,
            grammar=self.grammar,
            cache=self.cache,
        )

    @property
    def card(self) -> ModelCard:
        """As people choose it."""
        return ModelCard(
            id=self.id,
            provider=self.provider.id,
            display_name=self.display_name,
            description=self.description,
            window=self.window,
            max_output=self.max_output,
            input_price=self.price.input,
            output_price=self.price.output,
            capabilities=self.capabilities,
            needs_key=self.provider.needs_key,
            profile=self.profile,
            cached_input_price=self.price.cached_input,
            source=self.source,
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A model as its provider lists it; what it does not tell is None.

    `longest_window`: what the model could read, if its server gave it that much. Prices as in `Price`.
    """

    upstream: str
    display_name: str | None = None
    window: int | None = None
    longest_window: int | None = None
    max_output: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A provider key lent to this worker, good at `host` only. `id` is None for a provider that needs none."""

    id: KeyId | None
    provider: str
    host: str
    secret: SecretStr
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """One request for a streamed answer of at most `max_tokens` tokens. `stable`: see `contracts.context.Window`.

    `temperature`, `top_p`: what the model takes of them; None is not sent. `call_id` is given where it was told before.
    """

    model: Model
    key: Key
    messages: tuple[WindowMessage, ...]
    max_tokens: int
    stable: int = 0
    temperature: float | None = None
    top_p: float | None = None
    call_id: CallId | None = None

    @property
    def sampling(self) -> dict[str, float]:
        """What is said of it, in the words of most formats."""
        wished = {"temperature": self.temperature, "top_p": self.top_p}
        return {name: value for name, value in wished.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What we hold a request to be: its tokens, and how context counted them, if it did."""

    tokens: int
    count: PromptCount | None = None


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Token counts as the provider reports them; None where it has not said.

    `tokens_input` are all of the prompt; `tokens_cached` of them were read from the provider's cache, and
    `tokens_written` put there.
    """

    tokens_input: int | None = None
    tokens_output: int | None = None
    tokens_cached: int | None = None
    tokens_written: int | None = None

    def updated(self, later: "UsageReport") -> "UsageReport":
        """What is known after a later report."""
        return UsageReport(
            self.tokens_input if later.tokens_input is None else later.tokens_input,
            self.tokens_output if later.tokens_output is None else later.tokens_output,
            self.tokens_cached if later.tokens_cached is None else later.tokens_cached,
            self.tokens_written if later.tokens_written is None else later.tokens_written,
        )


@dataclass(slots=True)
class Progress:
    """What one network chunk of a stream brought: text of all its events, and what it said about the end.

    `reasoning` is what the model lets be seen of its thinking; it belongs to no answer and to nobody's history.
    """

    text: str = ""
    usage: UsageReport | None = None
    finish_reason: Literal["stop", "length"] | None = None
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class CallFact:
    """A provider call that is over, as it is metered. Times in seconds."""

    call: int
    call_id: CallId
    model: Model
    key_id: KeyId | None
    usage: UsageReport
    prompt: Prompt
    text: str
    outcome: CallOutcome
    refused: bool
    started_at: datetime
    first_token_seconds: float | None
    duration_seconds: float
