"""The WebSocket protocol `palaver.v1`: every frame a client may send and every frame it may receive.

A WebSocket text frame is one of these objects, or an array of them processed in order. Unknown fields are ignored;
an unknown `type` gets `error`. SSE and long polling carry the same objects.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints

from palaver.contracts import limits
from palaver.contracts.failures import FailureBody
from palaver.contracts.ids import KeyId, MessageId, ParticipantId, SessionId, SummaryId, TurnId, UserId
from palaver.contracts.operations import Dependency
from palaver.contracts.session_log import Branch, Metadata, Reply, SessionEvent, SessionView, TurnRef, UserMessage
from palaver.contracts.subjects import Payload

SUBPROTOCOL = "palaver.v1"

Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
RequestId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


# ---- client → server -------------------------------------------------------------------------------------------------
class ClientRequest(Payload):
    """`id` is echoed in the answer."""

    id: RequestId | None = None


class Authenticate(ClientRequest):
    """The first frame where the handshake carried no credential; later it renews a live connection."""

    type: Literal["authenticate"] = "authenticate"
    token: str = Field(repr=False)


class Attach(ClientRequest):
    """Follow a session. With `after` (the last `seq` seen) and its `epoch`, only what was missed comes back."""

    type: Literal["attach"] = "attach"
    session_id: Uuid
    after: int | None = Field(default=None, ge=0)
    epoch: str | None = None


class Detach(ClientRequest):
    """Stop following a session. It stops no answer."""

    type: Literal["detach"] = "detach"
    session_id: Uuid


class TextPart(Payload):
    """A piece of plain text."""

    type: Literal["text"] = "text"
    text: str


class PostOptions(Payload):
    """Wishes for the answers to one message."""

    model_id: str | None = None
    stream: StrictBool = True


class Post(ClientRequest):
    """Say something. `client_message_id` makes repeating it harmless: resend until `message.posted` is seen."""

    type: Literal["post"] = "post"
    session_id: Uuid
    client_message_id: Uuid
    content: str | tuple[TextPart, ...]
    to: tuple[ParticipantId, ...] | None = Field(default=None, max_length=limits.MAX_PARTICIPANTS)
    options: PostOptions = PostOptions()
    metadata: Metadata = Field(
        default_factory=dict[str, str | int | float | bool | None], max_length=limits.MAX_METADATA_ENTRIES
    )

    @property
    def text(self) -> str:
        """The whole text."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content)


class Stop(ClientRequest):
    """Stop one turn, one participant, or with neither everything that runs or waits in the session."""

    type: Literal["stop"] = "stop"
    session_id: Uuid
    turn_id: TurnId | None = None
    participant_id: ParticipantId | None = None


class Regenerate(ClientRequest):
    """Ask the same participant for another version of an answer, `model` instead of its own."""

    type: Literal["regenerate"] = "regenerate"
    session_id: Uuid
    reply_id: Uuid
    model: str | None = None


class Ping(ClientRequest):
    """A sign of life."""

    type: Literal["ping"] = "ping"


ClientFrame = Annotated[Authenticate | Attach | Detach | Post | Stop | Regenerate | Ping, Field(discriminator="type")]


# ---- server → client -------------------------------------------------------------------------------------------------
class ConnectionLimits(Payload):
    """What this server accepts from one client."""

    max_frame_bytes: int
    max_message_characters: int
    max_attached_sessions: int
    messages_per_minute: int


class ConnectedUser(Payload):
    """Who the server takes the client for."""

    id: UserId
    nickname: str
    role: str


class Welcome(Payload):
    """The connection is authenticated."""

    type: Literal["welcome"] = "welcome"
    id: RequestId | None = None
    connection_id: str
    user: ConnectedUser
    heartbeat_seconds: float
    limits: ConnectionLimits
    server_time: datetime


class LiveTurn(Payload):
    """A running turn's text so far. `offset` counts the code points before `text`, as in `Delta`; here it is 0."""

    turn_id: TurnId
    reply_id: MessageId
    participant_id: ParticipantId
    attempt: int
    rank: int | None = None
    offset: int = 0
    text: str


class UserMessageItem(Payload):
    """A person's message on the newest page."""

    kind: Literal["user"] = "user"
    message: UserMessage


class ReplyItem(Payload):
    """An answer on the newest page, in the version that is shown; `versions` is the highest number of one that was
    asked for."""

    kind: Literal["reply"] = "reply"
    turn: TurnRef
    reply: Reply
    versions: int = 1


class FailedTurnItem(Payload):
    """A turn on the newest page that ended without text."""

    kind: Literal["failed"] = "failed"
    turn: TurnRef
    error: FailureBody


MessageItem = Annotated[UserMessageItem | ReplyItem | FailedTurnItem, Field(discriminator="kind")]


class Attached(Payload):
    """Where the session stands. `entries` if `recovered`, else `messages`, oldest first.

    `running` names every turn that is requested and not ended, `live` the text of those that have any. `pinned` are all
    pinned messages and replies, in the order in which they were pinned. `branches` are all
    of the room, oldest first; none if `recovered`, for entries tell of them.
    """

    type: Literal["attached"] = "attached"
    id: RequestId | None = None
    session_id: SessionId
    epoch: str
    head_seq: int
    recovered: bool
    session: SessionView
    entries: tuple[SessionEvent, ...] = ()
    messages: tuple[MessageItem, ...] = ()
    pinned: tuple[MessageId, ...] = ()
    branches: tuple[Branch, ...] = ()
    running: tuple[TurnRef, ...] = ()
    live: tuple[LiveTurn, ...] = ()


class Delta(Payload):
    """A piece of one answer. `offset` counts the Unicode code points of this attempt before `text`."""

    type: Literal["delta"] = "delta"
    turn_id: TurnId
    attempt: int
    offset: int
    text: str
    channel: Literal["answer", "reasoning", "tool"] = "answer"


class SessionUsage(Payload):
    """The shared conversation, counted with one named tokenizer."""

    tokens: int
    messages: int
    tokenizer: str


class SeenSummary(Payload):
    """A summary that stands in a participant's request for the oldest `entries`."""

    id: SummaryId
    version: int
    entries: int


class ParticipantUsage(Payload):
    """What one participant's next request would contain, in that model's tokens.

    `left_out` entries are not seen by this model. `unseen` are the newest of them, in order; a notice does not list
    them. `unseen_pinned` are those of them that are pinned and for which its window has no room.
    `summary` stands in the request for some of the entries that are left out: for the share `summarised` (0 to 1) of
    the conversation's tokens.
    """

    id: ParticipantId
    used: int
    maximum: int
    reserve: int
    summarised: float = 0.0
    left_out: int = 0
    unseen: tuple[MessageId, ...] = ()
    unseen_pinned: tuple[MessageId, ...] = ()
    summary: SeenSummary | None = None


class ContextUsage(Payload):
    """The meters of a room."""

    session: SessionUsage
    participants: tuple[ParticipantUsage, ...]


class ContextUsageNotice(Payload):
    """The meters changed."""

    type: Literal["notice"] = "notice"
    name: Literal["context.usage"] = "context.usage"
    session_id: SessionId
    data: ContextUsage


class SummaryChange(Payload):
    """What became of a summary. It covers the oldest `entries` of its branch."""

    change: Literal["written", "edited", "deleted"]
    id: SummaryId
    version: int
    entries: int


class ContextSummaryNotice(Payload):
    """A summary of the room came, or one was edited or deleted. REST gives its text."""

    type: Literal["notice"] = "notice"
    name: Literal["context.summary"] = "context.summary"
    session_id: SessionId
    data: SummaryChange


class LaggingData(Payload):
    """How much was dropped from this connection's queue; fresh snapshots follow once it drains."""

    dropped_bytes: int


class LaggingNotice(Payload):
    """This client reads too slowly."""

    type: Literal["notice"] = "notice"
    name: Literal["lagging"] = "lagging"
    session_id: SessionId | None = None
    data: LaggingData


class DependencyState(Payload):
    """Which part of the service is meant."""

    dependency: Dependency
    message: str


class DegradedNotice(Payload):
    """Part of the service is down; what was accepted waits and nothing is lost."""

    type: Literal["notice"] = "notice"
    name: Literal["service.degraded"] = "service.degraded"
    session_id: SessionId | None = None
    data: DependencyState


class RecoveredNotice(Payload):
    """That part is back."""

    type: Literal["notice"] = "notice"
    name: Literal["service.recovered"] = "service.recovered"
    session_id: SessionId | None = None
    data: DependencyState


class TokenExpiringData(Payload):
    """When the access token of this connection ends."""

    expires_at: datetime


class TokenExpiringNotice(Payload):
    """Send `authenticate` with a fresh token to stay connected."""

    type: Literal["notice"] = "notice"
    name: Literal["token.expiring"] = "token.expiring"
    session_id: SessionId | None = None
    data: TokenExpiringData


class KeyQuotaData(Payload):
    """How much of one limit of a key is used in this day or month of UTC. `used` and `limit` are calls or US dollars.

    Without an `exceeded` it is a warning; with it, the key is not used until the period ends or the limit is raised.
    """

    key_id: KeyId
    provider: str
    label: str
    measure: Literal["calls", "dollars"]
    period: Literal["day", "month"]
    used: Decimal
    limit: Decimal
    exceeded: bool


class KeyQuotaNotice(Payload):
    """A provider key comes near its quota, or has used it up."""

    type: Literal["notice"] = "notice"
    name: Literal["key.quota"] = "key.quota"
    session_id: SessionId | None = None
    data: KeyQuotaData


UnusualRule = Literal["calls", "dollars", "failures", "silence"]
"""A day of far more calls, money or failed calls than others of late; or a call after a long time without one."""


class KeyUnusualData(Payload):
    """An unusual use of a key, said once for each rule and day of UTC.

    `amount` of the day stands beside what is `usual`, per day with a call: calls, US dollars, or failed calls. Of
    `silence` it is the days without a call, beside those from which on that is unusual.
    """

    key_id: KeyId
    provider: str
    label: str
    rule: UnusualRule
    day: date
    amount: Decimal
    usual: Decimal


class KeyUnusualNotice(Payload):
    """A provider key is used as it was not before: perhaps by somebody else."""

    type: Literal["notice"] = "notice"
    name: Literal["key.unusual"] = "key.unusual"
    session_id: SessionId | None = None
    data: KeyUnusualData


Availability = Literal["ready", "degraded", "unavailable", "no_key"]
"""`degraded`: some keys or endpoints are left alone at the moment, or only a fallback model would answer."""


class ModelAvailabilityData(Payload):
    """As on the model's card, for the person who is told. `retry_at` is when what is left alone is tried again."""

    model_id: str
    availability: Availability
    retry_at: datetime | None = None


class ModelAvailabilityNotice(Payload):
    """A model that answers for this person would now answer otherwise than before, or not at all, or again."""

    type: Literal["notice"] = "notice"
    name: Literal["model.availability"] = "model.availability"
    session_id: SessionId | None = None
    data: ModelAvailabilityData


class RoomsData(Payload):
    """Which room, and what became of it."""

    session_id: SessionId
    change: Literal["created", "updated", "archived", "deleted", "restored"]


class RoomsNotice(Payload):
    """One of the person's rooms came, changed or went, perhaps on another device: read the list of rooms anew."""

    type: Literal["notice"] = "notice"
    name: Literal["rooms.changed"] = "rooms.changed"
    data: RoomsData


Notice = Annotated[
    ContextUsageNotice
    | ContextSummaryNotice
    | LaggingNotice
    | DegradedNotice
    | RecoveredNotice
    | TokenExpiringNotice
    | KeyQuotaNotice
    | KeyUnusualNotice
    | ModelAvailabilityNotice
    | RoomsNotice,
    Field(discriminator="name"),
]


class Accepted(Payload):
    """The broker has the post; it is durable once `message.posted` comes."""

    type: Literal["accepted"] = "accepted"
    id: RequestId | None = None
    client_message_id: str


class Ack(Payload):
    """The request was taken."""

    type: Literal["ack"] = "ack"
    id: RequestId | None = None


class Error(FailureBody):
    """Something was refused."""

    type: Literal["error"] = "error"
    id: RequestId | None = None
    session_id: SessionId | None = None
    client_message_id: str | None = None


class Pong(Payload):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"
    id: RequestId | None = None


ServerFrame = Annotated[
    Welcome | Attached | SessionEvent | Delta | Notice | Accepted | Ack | Error | Pong, Field(discriminator="type")
]


class CloseCode:
    """Why the server closed the WebSocket."""

    UNAUTHENTICATED = 4001
    FORBIDDEN = 4003
    TOO_SLOW = 4008
    LIMIT = 4009
    RATE_LIMITED = 4029
    RESTARTING = 1012
