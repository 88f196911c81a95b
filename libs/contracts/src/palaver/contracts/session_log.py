"""The session log: what happened in a room, in the words that clients and services share.

Every entry is an `EventFrame`: exactly what the gateway relays to a WebSocket client and what the broker carries as
`evt.session.<entity>.<verb>.v1.<session>`. `seq` is gapless per session.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from palaver.contracts.failures import ErrorCode
from palaver.contracts.figures import NUMBER
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId
from palaver.contracts.subjects import Payload

SessionState = Literal["initialised", "running", "awaiting_input", "interrupted", "paused", "completed", "ended"]
PromptMode = Literal["unified", "individual"]
FinishReason = Literal["stop", "length", "stopped", "error", "interrupted"]
RoundEnd = Literal["completed", "stopped", "failed", "limit"]
Metadata = dict[str, str | int | float | bool | None]


class AnswerSettings(Payload):
    """How a model is wished to answer; what is None is left to its provider.

    What the model's provider would refuse is brought into its bounds, or left out; `max_output_tokens` is at most what
    the model's window keeps free for an answer.
    """

    temperature: Annotated[float, Field(ge=0, le=2), NUMBER] | None = None
    top_p: Annotated[float, Field(ge=0, le=1), NUMBER] | None = None
    max_output_tokens: Annotated[int, Field(ge=1), NUMBER] | None = None


class Participant(Payload):
    """A model's seat in a room. One model may hold two seats: identity is the participant, never the model.

    `persona` is the slug of the preset that it was made from, which may have changed or gone since.
    """

    id: ParticipantId
    model_id: str
    name: str
    color: str
    system_prompt: str | None = None
    muted: bool = False
    position: int
    persona: str | None = None
    settings: AnswerSettings = AnswerSettings()


class SessionView(Payload):
    """A room as its members see it. `path` lists the visible branch ids from the root to the leaf.

    A deleted one says since when, and in lists when it goes for good; until then its owner may restore it.
    """

    id: SessionId
    owner_id: UserId
    title: str
    mode: str
    state: SessionState
    prompt_mode: PromptMode
    system_prompt: str | None
    archived: bool
    participants: tuple[Participant, ...]
    path: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    purge_at: datetime | None = None


class Branch(Payload):
    """A way that the conversation took. Its `parent` is shown before it, up to the round before `first_round`.

    It begins with `message_id`, another wording of the message `edits`; of several wordings all name the first one.
    The branch with which a room begins has no parent.
    """

    id: str
    parent: str | None = None
    first_round: int
    edits: MessageId | None = None
    message_id: MessageId | None = None


class UserMessage(Payload):
    """What a person posted. `to` restricts the round to these participants.

    `pinned` is true on pages only: an entry of the log says how a message began.
    """

    id: MessageId
    client_message_id: str
    author: UserId
    content: str
    branch: str
    round: int
    to: tuple[ParticipantId, ...] | None = None
    metadata: Metadata = Field(default_factory=dict[str, str | int | float | bool | None])
    created_at: datetime
    pinned: bool = False


class TurnRef(Payload):
    """Which answer is meant: carried by every `turn.*` and `reply.*` entry.

    `(branch, round, step)` orders conversations; `seq` never does. `version` counts regenerated answers from 1.
    """

    turn_id: TurnId
    reply_id: MessageId
    participant_id: ParticipantId
    model: str
    branch: str
    round: int
    step: int
    speaker: str
    version: int = 1


class Usage(Payload):
    """Tokens as the provider reported them, or our own estimate where it reported none."""

    tokens_input: int
    tokens_output: int
    tokens_cached: int = 0
    estimated: bool = False


class ContextFill(Payload):
    """How full the model's window was when it answered, in tokens."""

    used: int
    maximum: int


class Feedback(Payload):
    """What the room's person thinks of one version of an answer: 1 is good, -1 is bad."""

    rating: Literal[-1, 1]
    comment: str = ""


class Reply(Payload):
    """A persisted answer. `model` is the one that really answered; `cost` is in US dollars.

    `pinned` as in `UserMessage`; what is pinned is the answer in all its versions. `feedback` is on pages only, too.
    """

    id: MessageId
    turn_id: TurnId
    participant_id: ParticipantId
    model: str
    text: str
    finish_reason: FinishReason
    usage: Usage | None = None
    cost: Decimal | None = None
    context: ContextFill | None = None
    rank: int
    version: int
    first_token_at: datetime | None = None
    created_at: datetime
    pinned: bool = False
    feedback: Feedback | None = None


class EventFrame(Payload):
    """One entry of the session log."""

    type: Literal["event"] = "event"
    session_id: SessionId
    epoch: str
    seq: int
    at: datetime


class SessionChange(Payload):
    """The room after a change."""

    session: SessionView


class StateChange(Payload):
    """A step of the session's state machine."""

    state: SessionState
    previous: SessionState


class Nothing(Payload):
    """An entry that says everything by its name."""


class SeatChange(Payload):
    """The participant after a change. `previous_model` answered for it before, where another one does now."""

    participant: Participant
    previous_model: str | None = None


class SeatRemoval(Payload):
    """Who left."""

    participant_id: ParticipantId


class Branching(Payload):
    """The branch as it begins."""

    branch: Branch


class PathChange(Payload):
    """The visible branches from the root to the leaf."""

    path: tuple[str, ...]


class Posting(Payload):
    """The message as it was stored."""

    message: UserMessage


class MessageRemoval(Payload):
    """A message or reply whose text is gone for good."""

    message_id: MessageId


class PinChange(Payload):
    """Which message or reply is meant."""

    message_id: MessageId


class RoundStart(Payload):
    """A round of turns begins."""

    branch: str
    round: int
    message_id: MessageId | None


class RoundFinish(Payload):
    """A round is over and why. `last` says that nothing follows without a person."""

    branch: str
    round: int
    reason: RoundEnd
    last: bool


class TurnStart(TurnRef):
    """The first token came. `rank` is the order inside the round, the same live and after reload."""

    attempt: int
    rank: int


class TurnEnd(TurnRef):
    """The turn ended without any text."""

    code: ErrorCode
    message: str
    retryable: bool


class ReplyEnd(TurnRef):
    """The turn ended with this text."""

    reply: Reply


class FeedbackChange(Payload):
    """Which version of which answer is meant; None takes the feedback back."""

    reply_id: MessageId
    version: int
    feedback: Feedback | None


class SessionCreated(EventFrame):
    """A room was opened."""

    name: Literal["session.created"] = "session.created"
    data: SessionChange


class SessionUpdated(EventFrame):
    """Title, prompt or mode changed."""

    name: Literal["session.updated"] = "session.updated"
    data: SessionChange


class SessionStateChanged(EventFrame):
    """The state machine moved."""

    name: Literal["session.state_changed"] = "session.state_changed"
    data: StateChange


class SessionArchived(EventFrame):
    """The room was archived or taken back; `data.session.archived` says which."""

    name: Literal["session.archived"] = "session.archived"
    data: SessionChange


class SessionDeleted(EventFrame):
    """The room was deleted; nobody sees it until its owner restores it."""

    name: Literal["session.deleted"] = "session.deleted"
    data: Nothing


class SessionRestored(EventFrame):
    """A deleted room is back, as it was."""

    name: Literal["session.restored"] = "session.restored"
    data: SessionChange


class ParticipantAdded(EventFrame):
    """A model took a seat."""

    name: Literal["participant.added"] = "participant.added"
    data: SeatChange


class ParticipantUpdated(EventFrame):
    """A seat was renamed, recoloured, muted, or given another model or prompt."""

    name: Literal["participant.updated"] = "participant.updated"
    data: SeatChange


class ParticipantRemoved(EventFrame):
    """A model left."""

    name: Literal["participant.removed"] = "participant.removed"
    data: SeatRemoval


class MessagePosted(EventFrame):
    """A person's message is durable."""

    name: Literal["message.posted"] = "message.posted"
    data: Posting


class MessageDeleted(EventFrame):
    """A message or reply was deleted, and is thereby pinned no longer."""

    name: Literal["message.deleted"] = "message.deleted"
    data: MessageRemoval


class MessagePinned(EventFrame):
    """A message or reply stays in every model's window, as far as it fits."""

    name: Literal["message.pinned"] = "message.pinned"
    data: PinChange


class MessageUnpinned(EventFrame):
    """A message or reply may fall out of windows again."""

    name: Literal["message.unpinned"] = "message.unpinned"
    data: PinChange


class BranchCreated(EventFrame):
    """The conversation takes another way from an earlier message on."""

    name: Literal["branch.created"] = "branch.created"
    data: Branching


class PathChanged(EventFrame):
    """Other branches are shown, and go on."""

    name: Literal["path.changed"] = "path.changed"
    data: PathChange


class RoundStarted(EventFrame):
    """A round began."""

    name: Literal["round.started"] = "round.started"
    data: RoundStart


class RoundEnded(EventFrame):
    """A round ended."""

    name: Literal["round.ended"] = "round.ended"
    data: RoundFinish


class TurnRequested(EventFrame):
    """A participant will answer."""

    name: Literal["turn.requested"] = "turn.requested"
    data: TurnRef


class TurnStarted(EventFrame):
    """A participant's first token came."""

    name: Literal["turn.started"] = "turn.started"
    data: TurnStart


class TurnFailed(EventFrame):
    """A turn failed before any text."""

    name: Literal["turn.failed"] = "turn.failed"
    data: TurnEnd


class TurnStopped(EventFrame):
    """A turn was stopped before any text."""

    name: Literal["turn.stopped"] = "turn.stopped"
    data: TurnEnd


class ReplyAppended(EventFrame):
    """A turn ended with text: the whole of it."""

    name: Literal["reply.appended"] = "reply.appended"
    data: ReplyEnd


class ReplyVersionSelected(EventFrame):
    """This version of an answer is shown from now on, and is what everybody reads in later rounds."""

    name: Literal["reply.version_selected"] = "reply.version_selected"
    data: ReplyEnd


class FeedbackGiven(EventFrame):
    """A person rated an answer, or took that back."""

    name: Literal["feedback.given"] = "feedback.given"
    data: FeedbackChange


SessionEvent = Annotated[
    SessionCreated
    | SessionUpdated
    | SessionStateChanged
    | SessionArchived
    | SessionDeleted
    | SessionRestored
    | ParticipantAdded
    | ParticipantUpdated
    | ParticipantRemoved
    | MessagePosted
    | MessageDeleted
    | MessagePinned
    | MessageUnpinned
    | BranchCreated
    | PathChanged
    | RoundStarted
    | RoundEnded
    | TurnRequested
    | TurnStarted
    | TurnFailed
    | TurnStopped
    | ReplyAppended
    | ReplyVersionSelected
    | FeedbackGiven,
    Field(discriminator="name"),
]
"""Any entry of the log, told apart by `name`."""

EVENT_TYPES: tuple[type[EventFrame], ...] = (
    SessionCreated,
    SessionUpdated,
    SessionStateChanged,
    SessionArchived,
    SessionDeleted,
    SessionRestored,
    ParticipantAdded,
    ParticipantUpdated,
    ParticipantRemoved,
    MessagePosted,
    MessageDeleted,
    MessagePinned,
    MessageUnpinned,
    BranchCreated,
    PathChanged,
    RoundStarted,
    RoundEnded,
    TurnRequested,
    TurnStarted,
    TurnFailed,
    TurnStopped,
    ReplyAppended,
    ReplyVersionSelected,
    FeedbackGiven,
)
