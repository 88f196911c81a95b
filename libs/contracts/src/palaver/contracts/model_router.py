"""What the model-router owns: the catalogue of models, the workers' outcomes, and usage."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StringConstraints, model_validator

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import Availability, Delta, ModelAvailabilityNotice
from palaver.contracts.failures import ErrorCode
from palaver.contracts.figures import NUMBER
from palaver.contracts.ids import CallId, CompletionId, KeyId, ParticipantId, SessionId, TurnId, UserId, WorkerId
from palaver.contracts.operations import audit_recorded, dependency_changed, limits_get
from palaver.contracts.session_log import AnswerSettings, ContextFill, TurnRef, Usage
from palaver.contracts.subjects import Payload, command, control, event, live, query

OWNER = "model-router"


# ---- commands --------------------------------------------------------------------------------------------------------
class RunTurn(Payload):
    """Run one attempt at a turn. The message id on the broker is `<turn>:<attempt>:<issues>`.

    `min_seq` is the log entry that the window must at least contain; the window is cut before `turn`'s own step.
    `settings` are wishes: what the model's provider would refuse is brought into its bounds or left out.
    """

    session_id: SessionId
    turn: TurnRef
    attempt: int
    issues: int
    payer: UserId
    min_seq: int
    deadline: datetime
    settings: AnswerSettings = AnswerSettings()


class WindowMessage(Payload):
    """What a model is told: provider-neutral."""

    role: Literal["system", "user", "assistant"]
    text: str


Asker = Literal["context", "session"]
"""The services that may ask for side jobs."""
Purpose = Literal["summary", "title", "moderation"]


class RunCompletion(Payload):
    """Let a model write one text, as a side job. The message id on the broker is `completion_id`.

    `asker` hears the outcome, and takes the first one if there are several. `messages` begin and end with the user's,
    alternate, and are not empty, so that every provider's format allows them; instructions stand in `system`.
    `prompt_tokens` is what the asker counted of all this; without it the count is estimated. `session_id` is the room
    that the job is for.
    """

    completion_id: CompletionId
    asker: Asker
    payer: UserId
    purpose: Purpose
    model_id: str
    system: str | None = None
    messages: tuple[WindowMessage, ...] = Field(min_length=1, max_length=limits.MAX_COMPLETION_MESSAGES)
    max_output_tokens: int = Field(gt=0)
    prompt_tokens: int | None = Field(default=None, gt=0)
    session_id: SessionId | None = None

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        if any(message.role != ("assistant" if place % 2 else "user") for place, message in enumerate(self.messages)):
            raise ValueError("Messages alternate between user and assistant, beginning with the user.")
        if self.messages[-1].role != "user":
            raise ValueError("The last message is the user's.")
        if not all(message.text for message in self.messages):
            raise ValueError("Each message has a text.")
        if len(self.system or "") + sum(len(message.text) for message in self.messages) > (
            limits.MAX_COMPLETION_CHARACTERS
        ):
            raise ValueError(f"A side job has {limits.MAX_COMPLETION_CHARACTERS} characters at most.")
        return self


RUN_TURN = command("model-router.turn.run.v1", RunTurn, "Run one attempt at a turn.", "turn")
RUN_COMPLETION = command(
    "model-router.completion.run.v1", RunCompletion, "Let a model write one text, as a side job.", "completion"
)


# ---- events ----------------------------------------------------------------------------------------------------------
class TurnFact(Payload):
    """What every fact about a running turn says."""

    session_id: SessionId
    turn_id: TurnId
    attempt: int
    worker: WorkerId
    at: datetime


class TurnStarted(TurnFact):
    """The first token came from the provider. `model` is the one that really answers."""

    model: str


class Outcome(TurnFact):
    """How an attempt ended, with all its text."""

    text: str
    model: str
    usage: Usage | None = None
    cost: Decimal | None = None
    context: ContextFill | None = None
    first_token_at: datetime | None = None


class TurnCompleted(Outcome):
    """The provider finished."""

    finish_reason: Literal["stop", "length"]


class TurnFailed(Outcome):
    """The attempt failed for good; `text` is what came before."""

    code: ErrorCode
    message: str
    retryable: bool


class TurnStopped(Outcome):
    """A person stopped it; `text` is what came before."""


class PromptCount(Payload):
    """What context counted of a request, before any correction: tokens of `encoding`, messages, and characters.

    `wide` are the tokens of Chinese, Japanese and Korean characters, `plain` all others.
    """

    encoding: str
    plain: int
    wide: int
    messages: int
    plain_characters: int = 0
    wide_characters: int = 0


class Metered(Payload):
    """One provider call that is over, booked exactly once. `cost` is in US dollars."""

    call: int
    call_id: CallId
    payer: UserId
    provider: str
    model_id: str
    key_id: KeyId | None
    usage: Usage
    cost: Decimal
    outcome: Literal["completed", "failed", "stopped", "cut"]
    started_at: datetime
    first_token_seconds: float | None
    duration_seconds: float


class UsageMetered(Metered):
    """A turn's call, booked under `(turn_id, attempt, call)`.

    `prompt` is what the window said of itself, so that who estimates can learn from what the provider reports.
    """

    session_id: SessionId
    turn_id: TurnId
    participant_id: ParticipantId
    attempt: int
    prompt: PromptCount | None = None


class CompletionMetered(Metered):
    """A side job's call, booked under `(completion_id, delivery, call)`."""

    completion_id: CompletionId
    delivery: int
    purpose: Purpose
    session_id: SessionId | None


class CompletionOutcome(Payload):
    """How a delivery of a side job ended. Usage is that of its last call, cost that of all its calls."""

    completion_id: CompletionId
    delivery: int
    asker: Asker
    payer: UserId
    purpose: Purpose
    session_id: SessionId | None
    model: str
    at: datetime
    usage: Usage | None = None
    cost: Decimal | None = None


class CompletionCompleted(CompletionOutcome):
    """The model wrote it. `length`: it reached its tokens and may break off anywhere."""

    text: Annotated[str, StringConstraints(min_length=1)]
    finish_reason: Literal["stop", "length"]


class CompletionFailed(CompletionOutcome):
    """It failed for good; who still wants it asks anew, under another id, if it is `retryable`."""

    code: ErrorCode
    message: str
    retryable: bool


class KeyChecked(Payload):
    """A provider accepted or refused a key."""

    key_id: KeyId
    valid: bool
    code: ErrorCode | None
    at: datetime


class BreakerChanged(Payload):
    """A breaker opened, or closed if `open_until` is None; times are seconds since the epoch.

    `circuit` names what it is of: a key, a key for one model, a model at a host, or a host. No secret is in it.
    """

    circuit: str
    opened_at: float
    open_until: float | None
    closed_at: float
    openings: int
    code: ErrorCode | None


TURN_STARTED = event("model-router.turn.started.v1", TurnStarted, "A turn's first token came.", "session")
TURN_COMPLETED = event("model-router.turn.completed.v1", TurnCompleted, "An attempt completed.", "session")
TURN_FAILED = event("model-router.turn.failed.v1", TurnFailed, "An attempt failed.", "session")
TURN_STOPPED = event("model-router.turn.stopped.v1", TurnStopped, "An attempt was stopped.", "session")
USAGE_METERED = event("model-router.usage.metered.v1", UsageMetered, "A turn's provider call and its cost.", "payer")
COMPLETION_COMPLETED = event(
    "model-router.completion.completed.v1", CompletionCompleted, "A side job is done.", "asker"
)
COMPLETION_FAILED = event("model-router.completion.failed.v1", CompletionFailed, "A side job failed.", "asker")
COMPLETION_METERED = event(
    "model-router.completion.metered.v1", CompletionMetered, "A side job's provider call and its cost.", "payer"
)
KEY_CHECKED = event("model-router.key.checked.v1", KeyChecked, "A provider accepted or refused a key.", "key")
BREAKER_CHANGED = control(
    "model-router.breaker.changed.v1", BreakerChanged, "A worker saw a provider, model or key fail, or be well again."
)
USER_NOTIFIED = live(
    "model-router.user.notified.v1", ModelAvailabilityNotice, "A model would answer otherwise than before.", "user"
)
TURN_DELTA = live("model-router.turn.delta.v1", Delta, "A piece of an answer, as the client gets it.", "session")
AUDIT_RECORDED = audit_recorded(OWNER)
DEPENDENCY_CHANGED = dependency_changed(OWNER)
LIMITS_GET = limits_get(OWNER)


# ---- queries ---------------------------------------------------------------------------------------------------------
class ReadSnapshots(Payload):
    """The texts so far of these turns."""

    turns: tuple[TurnId, ...]


class Snapshot(Payload):
    """All text of one attempt so far."""

    turn_id: TurnId
    attempt: int
    text: str


class Snapshots(Payload):
    """Turns that this worker does not run are left out."""

    turns: tuple[Snapshot, ...]


TURN_SNAPSHOT = query(
    "model-router.turn.snapshot.v1",
    ReadSnapshots,
    Snapshots,
    "Running turns' text, from the worker that runs them.",
    "worker",
    timeout_seconds=0.5,
)


class Grammar(Payload):
    """What a provider's message format allows; facts, so that no code asks for a model's name.

    `system`: where the system prompt goes: as first message, as a field of its own, or nowhere (put into the first
    user message); `system_role` is the role of that first message. `alternation`: user and assistant must alternate.
    `starts_with_user`, `ends_with_user` as they say: what ends with the assistant's words is refused, or continued
    (`prefill`) where an answer was wanted. `names`: a message may carry its author's name (never relied on).
    `empty_text`: a message without text is accepted.
    """

    system: Literal["message", "field", "none"] = "message"
    system_role: Literal["system", "developer"] = "system"
    alternation: StrictBool = True
    starts_with_user: StrictBool = True
    ends_with_user: StrictBool = True
    prefill: StrictBool = False
    names: StrictBool = False
    empty_text: StrictBool = False


class PromptCache(Payload):
    """How a provider reuses the beginning of a prompt that it has seen before; all figures in its own tokens.

    `prefix`: by itself, from `min_tokens` on, in steps of `block_tokens`. `markers`: only up to marks in the request,
    at most `max_markers` of them. `none`: never, or unknown.
    """

    kind: Literal["none", "prefix", "markers"] = "none"
    min_tokens: Annotated[int, NUMBER] = 0
    block_tokens: Annotated[int, NUMBER] = 1
    max_markers: Annotated[int, NUMBER] = 0


class ModelProfile(Payload):
    """What context must know to fit a conversation: all counts in tokens of `tokenizer`.

    `reserve` is kept free for the answer; `message_overhead` is what the format adds to each message.
    """

    model_id: str
    window: int
    reserve: int
    tokenizer: str
    message_overhead: int = 4
    grammar: Grammar = Grammar()
    cache: PromptCache = PromptCache()


HIGHEST_TEMPERATURE = 2.0


class TemperatureRange(Payload):
    """The temperatures that a model takes, both ends included."""

    minimum: Annotated[float, NUMBER] = 0.0
    maximum: Annotated[float, NUMBER] = 2.0

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if not 0 <= self.minimum <= self.maximum <= HIGHEST_TEMPERATURE:
            raise ValueError(f"temperatures go from 0 to {HIGHEST_TEMPERATURE:g}, the minimum before the maximum")
        return self


class Capabilities(Payload):
    """What a model can do. Without a `temperature` it refuses that parameter, or takes its default only.

    `top_p`: whether it takes that one: `alone` means not beside a temperature, `no` not at all.
    """

    tools: StrictBool = False
    images: StrictBool = False
    reasoning: StrictBool = False
    temperature: TemperatureRange | None = None
    top_p: Literal["yes", "alone", "no"] = "yes"


CatalogueSource = Literal["built_in", "operator", "admin"]
"""Who says so: what ships with Palaver, the operator's catalogue file, or an administrator over REST."""


Listing = Literal["plain", "ollama"]
"""Who tells more about its models than its protocol's list does, and how."""


class ModelCard(Payload):
    """A model as people choose it. Prices are US dollars per 1,000 tokens.

    `availability` is that of the asking person's keys; without a person, that of the provider. `retry_at` is when what
    is left alone is tried again, unless somebody has to change something.
    """

    id: str
    provider: str
    display_name: str
    description: str
    window: int
    max_output: int
    input_price: Decimal
    output_price: Decimal
    capabilities: Capabilities
    needs_key: bool
    profile: ModelProfile
    cached_input_price: Decimal | None = None
    source: CatalogueSource = "built_in"
    availability: Availability = "ready"
    retry_at: datetime | None = None


class ProviderCard(Payload):
    """A provider as people add keys for it."""

    id: str
    display_name: str
    protocol: str
    host: str
    needs_key: bool
    source: CatalogueSource = "built_in"


class ListModels(Payload):
    """All models, or those of one provider."""

    actor: Actor
    provider: str | None = None


class ModelList(Payload):
    """Models in catalogue order."""

    models: tuple[ModelCard, ...]


class ListProviders(Payload):
    """All providers."""

    actor: Actor


class ProviderList(Payload):
    """Providers in catalogue order."""

    providers: tuple[ProviderCard, ...]


class ReadModels(Payload):
    """Cards of these models, asked by services. Unknown ids are left out of the answer."""

    ids: tuple[str, ...] = Field(max_length=limits.MAX_PAGE)


class ValidateKey(Payload):
    """Try the actor's key against its provider."""

    actor: Actor
    key_id: KeyId


class KeyVerdict(Payload):
    """What the provider said."""

    key_id: KeyId
    valid: bool
    code: ErrorCode | None = None
    message: str
    checked_at: datetime


MODEL_LIST = query("model-router.model.list.v1", ListModels, ModelList, "The catalogue of models.")
MODEL_READ = query("model-router.model.read.v1", ReadModels, ModelList, "Cards of some models.")
PROVIDER_LIST = query("model-router.provider.list.v1", ListProviders, ProviderList, "The catalogue of providers.")
KEY_VALIDATE = query(
    "model-router.key.validate.v1", ValidateKey, KeyVerdict, "Try a key at its provider.", timeout_seconds=15.0
)
