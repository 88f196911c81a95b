"""What a person may order a room to do, the same from a WebSocket and from REST: say something, say it again, stop."""

from typing import Protocol, TypeVar

from opentelemetry.trace import SpanKind, Tracer
from pydantic import BaseModel

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import Post
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId
from palaver.contracts.session import (
    MESSAGE_EDIT,
    POST_MESSAGE,
    REPLY_REGENERATE,
    STOP_ROUNDS,
    STOP_TURNS,
    EditedMessage,
    EditMessage,
    PostMessage,
    RegenerateReply,
    StopTurns,
    partition_of,
)
from palaver.contracts.session_log import Metadata, TurnRef
from palaver.contracts.subjects import Command
from palaver.gateway.errors import unavailable
from palaver.gateway.limits import Rate, RateLimits
from palaver.gateway.metrics import EdgeMetrics
from palaver.servicekit.broker import Broker
from palaver.servicekit.client_traces import ClientTraces
from palaver.servicekit.errors import Unavailable

P = TypeVar("P", bound=BaseModel)


class PostWatch(Protocol):
    """Sees to it that the announcement of a post reaches whoever follows its session here, even if it gets lost."""

    def expect_post(self, session_id: str, client_message_id: str) -> None:
        """A post is on its way to the broker."""
        ...

    def settle_post(self, session_id: str, client_message_id: str) -> None:
        """It did not get there."""
        ...


class Conversation:
    """Publishes commands to session; the broker's acknowledgement is the promise that they will be carried out."""

    def __init__(
        self,
        broker: Broker,
        rates: RateLimits,
        tracer: Tracer,
        posts: PostWatch,
        *,
        metrics: EdgeMetrics,
        traces: ClientTraces,
        messages: Rate,
        max_characters: int,
    ) -> None:
        self._broker = broker
        self._rates = rates
        self._tracer = tracer
        self._posts = posts
        self._metrics = metrics
        self._traces = traces
        self._messages = messages
        self._max_characters = max_characters

    async def post(self, actor: Actor, request: Post) -> None:
        """Raises Failure: too long, too often, or SERVICE_UNAVAILABLE, and then the client sends it again."""
        text = request.text
        self._check(text, request.metadata)
        await self._rates.check(self._messages, actor.user_id)
        session_id = SessionId(request.session_id)
        message = PostMessage(
            actor=actor,
            session_id=session_id,
            client_message_id=request.client_message_id,
            content=text,
            to=request.to,
            options=request.options,
            metadata=request.metadata,
        )
        self._posts.expect_post(session_id, request.client_message_id)
        try:
            parent = self._traces.context(request.metadata)
            with self._tracer.start_as_current_span("post", parent, SpanKind.SERVER), self._metrics.post_seconds.time():
                await self._order(POST_MESSAGE, message, partition_of(session_id), session_id)
        except Failure as failure:
            if failure.code is ErrorCode.SERVICE_UNAVAILABLE:
                self._metrics.posts_failed.inc()
            self._posts.settle_post(session_id, request.client_message_id)
            raise

    async def regenerate(
        self, actor: Actor, reply_id: str, *, session_id: str | None = None, model: str | None = None
    ) -> TurnRef:
        """Ask for another version of an answer; it counts like a message. Raises Failure, Unavailable."""
        await self._rates.check(self._messages, actor.user_id)
        request = RegenerateReply(
            actor=actor,
            reply_id=MessageId(reply_id),
            session_id=None if session_id is None else SessionId(session_id),
            model=model,
        )
        with self._tracer.start_as_current_span("regenerate"):
            return (await self._broker.ask(REPLY_REGENERATE, request)).turn

    async def edit(self, actor: Actor, message_id: str, client_message_id: str, content: str) -> EditedMessage:
        """Say a message in other words; it counts like a message. Raises Failure, Unavailable."""
        self._check(content, {})
        await self._rates.check(self._messages, actor.user_id)
        request = EditMessage(
            actor=actor, message_id=MessageId(message_id), client_message_id=client_message_id, content=content
        )
        with self._tracer.start_as_current_span("edit"):
            return await self._broker.ask(MESSAGE_EDIT, request)

    async def stop(
        self,
        actor: Actor,
        session_id: str,
        *,
        turn_id: TurnId | None = None,
        participant_id: ParticipantId | None = None,
    ) -> None:
        """Stop one turn, one participant, or with neither everything, posts that are still on their way included.

        Raises Failure(SERVICE_UNAVAILABLE).
        """
        order = StopTurns(actor=actor, session_id=SessionId(session_id), turn_id=turn_id, participant_id=participant_id)
        with self._tracer.start_as_current_span("stop"):
            await self._order(STOP_TURNS, order, session_id)
            if turn_id is None and participant_id is None:
                await self._order(STOP_ROUNDS, order, partition_of(order.session_id), session_id)

    async def _order(self, command: Command[P], payload: P, *keys: str) -> None:
        try:
            await self._broker.publish(command, payload, *keys)
        except Unavailable as outage:
            raise unavailable(outage) from outage

    def _check(self, text: str, metadata: Metadata) -> None:
        if len(text) > self._max_characters:
            raise Failure(ErrorCode.MESSAGE_TOO_LONG, "This message is too long.", max_characters=self._max_characters)
        if not text.strip():
            raise Failure(ErrorCode.VALIDATION_FAILED, "A message needs some text.")
        for name, value in metadata.items():
            if len(name) + len(str(value)) > limits.MAX_METADATA_CHARACTERS:
                raise Failure(
                    ErrorCode.VALIDATION_FAILED,
                    "An entry of this message's metadata is too long.",
                    max_characters=limits.MAX_METADATA_CHARACTERS,
                )
