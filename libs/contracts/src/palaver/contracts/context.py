"""What the context service owns: the window of each model, summaries of what falls out of it, and the meters."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import ContextSummaryNotice, ContextUsage, ContextUsageNotice
from palaver.contracts.ids import ParticipantId, SessionId, SummaryId, UserId
from palaver.contracts.model_router import ModelProfile, PromptCount, WindowMessage
from palaver.contracts.operations import dependency_changed, limits_get
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
    """What the model sees. `used` tokens of `maximum` (window less reserve); `left_out` older entries did not fit, and
    for `summarised` of them there is a summary.

    `speaker_prefixes` are the ways in which the model might echo its own name; they are stripped from its output.
    `stable`: so many messages at the beginning stay as they are in this participant's next windows, until old entries
    fall out: what ends there is worth caching. `count` goes into the fact that says what the provider counted.
    """

    messages: tuple[WindowMessage, ...]
    used: int
    maximum: int
    entries: int
    left_out: int
    summarised: int = 0
    speaker_prefixes: tuple[str, ...] = ()
    stable: int = 0
    count: PromptCount | None = None


WINDOW_BUILD = query("context.window.build.v1", BuildWindow, Window, "Fit a conversation to a model's window.")


class ReadUsage(Payload):
    """The meters of one room."""

    actor: Actor
    session_id: SessionId


# ---- summaries -------------------------------------------------------------------------------------------------------
SummaryText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.MAX_SUMMARY_CHARACTERS)
]


class Covered(Payload):
    """The last entry that a summary covers."""

    branch: str
    round: int
    step: int


class SummaryView(Payload):
    """One version of a summary. It covers the oldest `entries` on the way to `branch`, up to `through`, included.

    `tokens` are counted with `tokenizer`. `model_id` wrote it, or the person `author` did. `made_from`: the version
    that it goes on from, or edits. `applies`: what it covers is still said just so on the visible path; otherwise no
    window uses it.
    """

    id: SummaryId
    session_id: SessionId
    branch: str
    through: Covered
    entries: int
    version: int
    text: str
    tokens: int
    tokenizer: str
    model_id: str | None
    author: UserId | None
    made_from: SummaryId | None
    applies: bool
    created_at: datetime


class ListSummaries(Payload):
    """All versions of all summaries of a room."""

    actor: Actor
    session_id: SessionId


class SummaryList(Payload):
    """Newest version first."""

    summaries: tuple[SummaryView, ...]


class EditSummary(Payload):
    """Put the actor's words in the place of a version; they are a new one, and what is written later goes on from them.

    Refused with CONFLICT for a version from which another one was made already.
    """

    actor: Actor
    session_id: SessionId
    summary_id: SummaryId
    text: SummaryText


class DeleteSummary(Payload):
    """Delete a version and all that models made from it."""

    actor: Actor
    session_id: SessionId
    summary_id: SummaryId


class SummaryDeleted(Payload):
    """It is gone, and so are these versions."""

    versions: tuple[int, ...]


SUMMARY_LIST = query("context.summary.list.v1", ListSummaries, SummaryList, "The summaries of a room.")
SUMMARY_EDIT = query("context.summary.edit.v1", EditSummary, SummaryView, "Put a person's words in a summary's place.")
SUMMARY_DELETE = query("context.summary.delete.v1", DeleteSummary, SummaryDeleted, "Delete a summary.")
SUMMARY_CHANGED = live("context.summary.changed.v1", ContextSummaryNotice, "A summary came or changed.", "session")


USAGE_GET = query("context.usage.get.v1", ReadUsage, ContextUsage, "The meters of a room.")
USAGE_CHANGED = live("context.usage.changed.v1", ContextUsageNotice, "The meters of a room changed.", "session")
DEPENDENCY_CHANGED = dependency_changed(OWNER)
LIMITS_GET = limits_get(OWNER)
