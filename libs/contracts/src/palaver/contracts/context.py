"""What the context service owns: the window of each model, and the meters."""

from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import ContextUsage, ContextUsageNotice
from palaver.contracts.ids import ParticipantId, SessionId
from palaver.contracts.model_router import ModelProfile, PromptCount, WindowMessage
from palaver.contracts.operations import dependency_changed
from palaver.contracts.subjects import Payload, live, query

OWNER = "context"


class Cut(Payload):
    """Everything strictly before this place in the conversation belongs to the window."""

    branch: str
    round: int
    step: int


class BuildWindow(Payload):
    """Fit the session to one participant's model. `min_seq`: the answer must contain the log up to there.

    `at_most`: tokens as `Window.used` counts them, because the provider refused a window that was larger.
    """

    session_id: SessionId
    participant_id: ParticipantId
    min_seq: int
    before: Cut
    profile: ModelProfile
    at_most: int | None = None


class Window(Payload):
    """What the model sees. `used` tokens of `maximum` (window less reserve); `left_out` older entries did not fit.

    `speaker_prefixes` are the ways in which the model might echo its own name; they are stripped from its output.
    `stable`: so many messages at the beginning stay as they are in this participant's next windows, until old entries
    fall out: what ends there is worth caching. `count` goes into the fact that says what the provider counted.
    """

    messages: tuple[WindowMessage, ...]
    used: int
    maximum: int
    entries: int
    left_out: int
    speaker_prefixes: tuple[str, ...] = ()
    stable: int = 0
    count: PromptCount | None = None


WINDOW_BUILD = query("context.window.build.v1", BuildWindow, Window, "Fit a conversation to a model's window.")


class ReadUsage(Payload):
    """The meters of one room."""

    actor: Actor
    session_id: SessionId


USAGE_GET = query("context.usage.get.v1", ReadUsage, ContextUsage, "The meters of a room.")
USAGE_CHANGED = live("context.usage.changed.v1", ContextUsageNotice, "The meters of a room changed.", "session")
DEPENDENCY_CHANGED = dependency_changed(OWNER)
