"""What the session service owns: rooms, messages, rounds, turns and their claims."""

import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal
from zlib import crc32

from pydantic import Field, StrictBool, StringConstraints

from palaver.contracts import limits, session_log
from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import Error, MessageItem, PostOptions, RoomsNotice
from palaver.contracts.ids import CallId, KeyId, MessageId, ParticipantId, SessionId, TurnId, UserId, WorkerId
from palaver.contracts.operations import audit_recorded, dependency_changed, limits_get
from palaver.contracts.session_log import (
    AnswerSettings,
    EventFrame,
    Metadata,
    PromptMode,
    SessionEvent,
    SessionView,
    TurnRef,
)
from palaver.contracts.subjects import Event, Payload, command, control, event, live, query

OWNER = "session"

LOST_CHARACTERS_PER_TOKEN = 3
"""Low on purpose (English yields about 4, Chinese 1.5 with o200k_base): the text is the last checkpoint, up to two
seconds short of what the provider had sent."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.MAX_NAME_CHARACTERS)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=limits.MAX_TITLE_CHARACTERS)]
Prompt = Annotated[str, StringConstraints(max_length=limits.MAX_SYSTEM_PROMPT_CHARACTERS)]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=limits.MAX_SLUG_CHARACTERS)]
"""What names a persona, e.g. `friendly-sceptic`."""

PROMPT_PLACEHOLDERS = ("name", "others", "persona")
"""What `{{…}}` in a system prompt may name: the participant, those who sit with it, and, in a room's prompt, the
participant's own prompt. Anything else in two pairs of braces that could be such a name is refused; what is meant as
it stands is written with a space inside: `{{ user }}`."""


def partition_of(session_id: str) -> str:
    """The partition (0…15) that keeps one session's posts in order."""
    return str(crc32(session_id.encode()) % limits.POST_PARTITIONS)


# ---- commands --------------------------------------------------------------------------------------------------------
class PostMessage(Payload):
    """A person says something. `(session_id, actor, client_message_id)` is the idempotency key."""

    actor: Actor
    session_id: SessionId
    client_message_id: str
    content: str
    to: tuple[ParticipantId, ...] | None = None
    options: PostOptions = PostOptions()
    metadata: Metadata = Field(default_factory=dict[str, str | int | float | bool | None])


class StopTurns(Payload):
    """Stop one turn, one participant, or with neither all running and queued rounds of the session."""

    actor: Actor
    session_id: SessionId
    turn_id: TurnId | None = None
    participant_id: ParticipantId | None = None


POST_MESSAGE = command(
    "session.message.post.v1", PostMessage, "A person's message, in order per session.", "partition", "session"
)
STOP_TURNS = command("session.turn.stop.v1", StopTurns, "Stop turns of a session.", "session")
STOP_ROUNDS = command(
    "session.round.stop.v1",
    StopTurns,
    "A stop of everything once more, in order with posts: it ends what was sent before it and stored after it.",
    "partition",
    "session",
)


# ---- events ----------------------------------------------------------------------------------------------------------
LOG_EVENTS: Mapping[str, Event[EventFrame]] = MappingProxyType(
    {
        kind.model_fields["name"].default: event(
            f"session.{kind.model_fields['name'].default}.v1", kind, (kind.__doc__ or "").strip(), "session"
        )
        for kind in session_log.EVENT_TYPES
    }
)
"""Log entry name → its subject, e.g. `message.posted` → `evt.session.message.posted.v1.<session>`."""


class OpenCall(Payload):
    """A provider call in progress, as the worker last reported it. Prices are in US dollars per 1,000 tokens."""

    call_id: CallId
    call: int
    model: str
    tokens_input: int
    key_id: KeyId | None = None
    input_price: Decimal = Decimal(0)
    output_price: Decimal = Decimal(0)


class AttemptLost(Payload):
    """A worker died in mid-turn; what its open call cost is to be estimated."""

    session_id: SessionId
    turn_id: TurnId
    attempt: int
    payer: UserId
    participant_id: ParticipantId
    open_call: OpenCall | None
    text_length: int
    at: datetime

    @property
    def tokens_output(self) -> int:
        """What the open call is reckoned to have written: one token for `LOST_CHARACTERS_PER_TOKEN` of its text."""
        return math.ceil(self.text_length / LOST_CHARACTERS_PER_TOKEN)


ATTEMPT_LOST = event("session.attempt.lost.v1", AttemptLost, "An attempt at a turn died with its worker.", "turn")
AUDIT_RECORDED = audit_recorded(OWNER)


class SessionPurged(Payload):
    """A room and all that was said in it are removed for good; whoever followed its log forgets it, too."""

    session_id: SessionId
    at: datetime


SESSION_PURGED = event("session.session.purged.v1", SessionPurged, "A room is removed for good.", "user")
ROOMS_CHANGED = live(
    "session.user.informed.v1", RoomsNotice, "A person's list of rooms is another one than before.", "user"
)
USER_NOTIFIED = live("session.user.notified.v1", Error, "A post was refused; the frame goes to its author.", "user")


class TurnsStopping(Payload):
    """Workers that run one of these turns stop them at once."""

    turns: tuple[TurnId, ...]


TURN_STOP = control("session.turn.stop.v1", TurnsStopping, "Stop these turns at once, wherever they run.")
DEPENDENCY_CHANGED = dependency_changed(OWNER)
LIMITS_GET = limits_get(OWNER)


# ---- queries: rooms --------------------------------------------------------------------------------------------------
class NewParticipant(Payload):
    """A seat to be taken. Without a name it is called like its model.

    `persona`: what is not given here is taken from this preset; without one a `model` must be given.
    """

    model: str | None = Field(default=None, min_length=1, max_length=200)
    persona: Slug | None = None
    name: Name | None = None
    color: Color | None = None
    system_prompt: Prompt | None = None
    muted: StrictBool = False
    settings: AnswerSettings = AnswerSettings()


class CreateSession(Payload):
    """Open a room with one to ten participants; mode `single` takes exactly one."""

    actor: Actor
    title: Title = ""
    mode: str = "parallel"
    prompt_mode: PromptMode = "unified"
    system_prompt: Prompt | None = None
    participants: tuple[NewParticipant, ...] = Field(default=(), max_length=limits.MAX_PARTICIPANTS)


class OfSession(Payload):
    """A request about one session."""

    actor: Actor
    session_id: SessionId


class ListSessions(Payload):
    """Rooms of the actor, newest change first. `q` searches titles.

    `deleted`: instead those that can be restored, archived or not, the last deleted first.
    """

    actor: Actor
    page: int = Field(default=1, ge=1)
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)
    archived: bool | None = False
    mode: str | None = None
    q: str | None = Field(default=None, max_length=200)
    deleted: bool = False


class SessionPage(Payload):
    """One page of rooms."""

    sessions: tuple[SessionView, ...]
    total: int


class UpdateSession(OfSession):
    """Change what is given; what is not given stays."""

    title: Title | None = None
    prompt_mode: PromptMode | None = None
    system_prompt: Prompt | None = None
    archived: bool | None = None


class AddParticipant(OfSession):
    """Give a model a seat in a running room."""

    participant: NewParticipant


class UpdateParticipant(OfSession):
    """Change what is given; what is not given stays. An empty `system_prompt` removes it.

    Another `model` answers from the next turn on; a turn that runs or waits goes on as it began. `persona` gives what
    that preset says, as far as it is not given here; empty, it only forgets where the participant came from.
    """

    participant_id: ParticipantId
    model: str | None = None
    persona: Slug | Literal[""] | None = None
    name: Name | None = None
    color: Color | None = None
    system_prompt: Prompt | None = None
    muted: StrictBool | None = None
    settings: AnswerSettings | None = None


class RemoveParticipant(OfSession):
    """Take the seat away; a running turn of it is stopped."""

    participant_id: ParticipantId


class Done(Payload):
    """It is done."""


SESSION_CREATE = query("session.session.create.v1", CreateSession, SessionView, "Open a room.")
SESSION_GET = query("session.session.get.v1", OfSession, SessionView, "Read a room.")
SESSION_LIST = query("session.session.list.v1", ListSessions, SessionPage, "List the actor's rooms.")
SESSION_UPDATE = query("session.session.update.v1", UpdateSession, SessionView, "Rename, re-prompt or archive a room.")
SESSION_DELETE = query("session.session.delete.v1", OfSession, Done, "Delete a room.")
SESSION_RESTORE = query("session.session.restore.v1", OfSession, SessionView, "Take a deleted room back.")
PARTICIPANT_ADD = query("session.participant.add.v1", AddParticipant, session_log.Participant, "Seat a model.")
PARTICIPANT_UPDATE = query(
    "session.participant.update.v1", UpdateParticipant, session_log.Participant, "Rename, mute or change a seat."
)
PARTICIPANT_REMOVE = query("session.participant.remove.v1", RemoveParticipant, Done, "Remove a seat.")


# ---- queries: messages and the log -----------------------------------------------------------------------------------
class ListMessages(OfSession):
    """A page of the visible path, newest last, before the round `before_round` (exclusive) if given."""

    before_round: int | None = Field(default=None, ge=1)
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)


class MessagePage(Payload):
    """Messages oldest first. `next_before_round` continues further back; None at the beginning."""

    items: tuple[MessageItem, ...]
    next_before_round: int | None


class OfMessage(Payload):
    """A request about one message."""

    actor: Actor
    message_id: MessageId


class PinMessage(OfMessage):
    """Pin a message or reply, or take its pin away. Repeating it changes nothing."""

    pinned: bool


class RegenerateReply(Payload):
    """Ask the same participant for another version of an answer, also of one that failed, `model` instead of its own.

    `session_id`, where it is given, must be the answer's.
    """

    actor: Actor
    reply_id: MessageId
    session_id: SessionId | None = None
    model: str | None = None


class RequestedTurn(Payload):
    """The turn that will make the new version."""

    turn: TurnRef


class ReplyVersions(Payload):
    """All versions of an answer that have a text, oldest first; the `active` one is shown."""

    active: int
    versions: tuple[session_log.Reply, ...]


class SelectVersion(OfMessage):
    """Show this version of an answer. Repeating it changes nothing."""

    version: int = Field(ge=1)


class GiveFeedback(OfMessage):
    """Rate a version of an answer, the shown one if none is named; None takes it back. Repeating it changes nothing."""

    version: int | None = Field(default=None, ge=1)
    feedback: session_log.Feedback | None


class EditMessage(OfMessage):
    """Another wording of a person's message: the conversation goes on from there on a branch of its own.

    It is for whom the first wording was. `client_message_id` makes repeating it harmless.
    """

    client_message_id: str
    content: str = Field(repr=False)


class EditedMessage(Payload):
    """Which message stands in its place now, and on which branch."""

    message_id: MessageId
    branch: str


class SelectBranch(OfSession):
    """Show this branch, and go on with it. Repeating it changes nothing."""

    branch: str


class ListPinned(OfSession):
    """Pinned messages, the last pinned first; older pins than `before` (exclusive) if given."""

    before: int | None = Field(default=None, ge=1)
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)


class PinnedPage(Payload):
    """`next_before` continues with older pins; None at the end."""

    items: tuple[MessageItem, ...]
    next_before: int | None


class ReadAttach(OfSession):
    """What a client needs that follows the session from `after` on."""

    after: int | None = None
    epoch: str | None = None


class RunningTurn(Payload):
    """A turn that is not ended: who runs it, and the text that session has checkpointed for this attempt."""

    session_id: SessionId
    turn: TurnRef
    attempt: int
    rank: int | None
    worker: WorkerId | None
    checkpoint: str


class AttachState(Payload):
    """`entries` when `after` and `epoch` could be honoured, else `messages`: the newest page."""

    session: SessionView
    epoch: str
    head_seq: int
    recovered: bool
    entries: tuple[SessionEvent, ...] = ()
    messages: tuple[MessageItem, ...] = ()
    pinned: tuple[MessageId, ...] = ()
    branches: tuple[session_log.Branch, ...] = ()
    running: tuple[RunningTurn, ...] = ()


class ReadHeads(Payload):
    """Asked by the gateway for sessions that it has already authorised."""

    sessions: tuple[SessionId, ...] = Field(max_length=limits.MAX_HEADS_PER_REQUEST)


class Heads(Payload):
    """Session → the newest `seq`. Sessions that do not exist are left out."""

    heads: dict[SessionId, int]


class ReadLog(Payload):
    """Entries after `after`, asked by services that follow the log."""

    session_id: SessionId
    after: int
    limit: int = Field(default=limits.MAX_LOG_PAGE, ge=1, le=limits.MAX_LOG_PAGE)


class LogPage(Payload):
    """Entries in order. Without any, the reader is at the head."""

    epoch: str
    head_seq: int
    entries: tuple[SessionEvent, ...]


MESSAGE_LIST = query("session.message.list.v1", ListMessages, MessagePage, "A page of a room's messages.")
MESSAGE_GET = query("session.message.get.v1", OfMessage, MessagePage, "One message, as a page of one.")
MESSAGE_DELETE = query("session.message.delete.v1", OfMessage, Done, "Delete one message's text for good.")
MESSAGE_PIN = query("session.message.pin.v1", PinMessage, Done, "Pin a message, or take its pin away.")
MESSAGE_EDIT = query("session.message.edit.v1", EditMessage, EditedMessage, "Say a message in other words.")
BRANCH_SELECT = query("session.branch.select.v1", SelectBranch, Done, "Show another branch of a conversation.")
REPLY_REGENERATE = query("session.reply.regenerate.v1", RegenerateReply, RequestedTurn, "Ask for another version.")
REPLY_VERSIONS = query("session.reply.versions.v1", OfMessage, ReplyVersions, "All versions of an answer.")
REPLY_SELECT = query("session.reply.select.v1", SelectVersion, Done, "Show another version of an answer.")
REPLY_FEEDBACK = query("session.reply.feedback.v1", GiveFeedback, Done, "Rate an answer.")
PINNED_LIST = query("session.pinned.list.v1", ListPinned, PinnedPage, "A room's pinned messages.")
ATTACH_READ = query("session.attach.read.v1", ReadAttach, AttachState, "What a client needs to follow a session.")
HEADS_GET = query("session.heads.get.v1", ReadHeads, Heads, "The newest `seq` of many sessions in one statement.")
LOG_READ = query("session.log.read.v1", ReadLog, LogPage, "A page of one session's log.")


# ---- queries: the life of a turn -------------------------------------------------------------------------------------
class ClaimTurn(Payload):
    """A worker wants to run this attempt. Repeating it is safe."""

    turn_id: TurnId
    attempt: int
    worker: WorkerId


class TurnClaim(Payload):
    """`run`: the claim is the worker's for `lease_seconds`. `drop`: somebody else's, or over."""

    verdict: Literal["run", "drop"]
    lease_seconds: float = limits.TURN_LEASE_SECONDS


class Checkpoint(Payload):
    """Text since the last acknowledged checkpoint; `offset` counts the code points before it."""

    offset: int
    text: str


class Renewal(Payload):
    """One held claim. `released` hands it back: issued again at once, and not counted as a death."""

    turn_id: TurnId
    attempt: int
    checkpoint: Checkpoint | None = None
    open_call: OpenCall | None = None
    released: bool = False


class RenewTurns(Payload):
    """All claims of one worker."""

    worker: WorkerId
    turns: tuple[Renewal, ...]


class RenewedTurn(Payload):
    """`held`: go on. `stopped`: a person stopped it. `lost`: abort, it is not yours. `ended`: forget it.

    `acknowledged` is the count of code points that session has safely stored.
    """

    turn_id: TurnId
    status: Literal["held", "stopped", "lost", "ended"]
    acknowledged: int = 0


class RenewedTurns(Payload):
    """One answer a claim, in the order asked."""

    turns: tuple[RenewedTurn, ...]
    lease_seconds: float = limits.TURN_LEASE_SECONDS


TURN_CLAIM = query("session.turn.claim.v1", ClaimTurn, TurnClaim, "Claim one attempt at a turn.", timeout_seconds=2.0)
TURN_RENEW = query(
    "session.turn.renew.v1", RenewTurns, RenewedTurns, "Renew all claims of a worker.", timeout_seconds=0.5
)
