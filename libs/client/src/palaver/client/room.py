"""A room as a program lives in it: post, watch the answers grow, read the log, stop."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from palaver.client.transcript import Piece, ReplyState, Transcript, Verdict
from palaver.contracts.client_protocol import (
    Ack,
    Attach,
    Attached,
    ClientRequest,
    ContextSummaryNotice,
    ContextUsageNotice,
    Delta,
    Error,
    Post,
    PostOptions,
    Stop,
)
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import ParticipantId, SessionId, TurnId, new_id
from palaver.contracts.limits import CONFIRM_SECONDS, REQUEST_SECONDS
from palaver.contracts.session_log import EventFrame, MessagePosted, Metadata, SessionEvent, UserMessage

ATTACH_AGAIN_SECONDS = 1.0
"""An attach that was refused for the moment is asked for again after this, give or take a half."""

Send = Callable[[ClientRequest], Awaitable[bool]]


class Room:
    """Follows one session. Made by `Palaver.room`; the connection may come and go underneath."""

    def __init__(self, session_id: SessionId, send: Send) -> None:
        self.id = session_id
        self.transcript = Transcript()
        self._send = send
        self._unconfirmed: dict[str, tuple[Post, asyncio.Future[UserMessage]]] = {}
        self._stops: dict[str, asyncio.Future[bool]] = {}
        self._changed = asyncio.Event()
        self._attached = asyncio.Event()
        self._attach_id: str | None = None
        self._refused: Failure | None = None
        self._attach_due = False
        self._attaching_again: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Ask for nothing any more."""
        if self._attaching_again is not None:
            self._attaching_again.cancel()
            await asyncio.gather(self._attaching_again, return_exceptions=True)

    # ---- what a program does ----------------------------------------------------------------------------------------
    async def post(
        self,
        text: str,
        *,
        to: tuple[ParticipantId, ...] | None = None,
        model_id: str | None = None,
        metadata: Metadata | None = None,
    ) -> UserMessage:
        """Say something; returns once it is durable. Raises Failure when it is refused.

        `model_id`: a model that answers this message instead of the participant's own, where one alone answers.
        `metadata` comes back with the message; a W3C `traceparent` in it makes this the beginning of a longer trace.
        """
        post = Post(
            id=new_id(),
            session_id=self.id,
            client_message_id=new_id(),
            content=text,
            to=to,
            options=PostOptions(model_id=model_id),
            metadata=metadata or {},
        )
        stored: asyncio.Future[UserMessage] = asyncio.get_running_loop().create_future()
        self._unconfirmed[post.client_message_id] = (post, stored)
        try:
            while True:
                await self._send(post)
                with suppress(TimeoutError):
                    return await asyncio.wait_for(asyncio.shield(stored), CONFIRM_SECONDS)
        finally:
            self._unconfirmed.pop(post.client_message_id, None)

    async def ask(self, text: str, *, to: tuple[ParticipantId, ...] | None = None) -> AsyncIterator[ReplyState]:
        """Post, then yield each answer of its round as soon as it is requested, until the round has ended.

        Read an answer's text as it grows with `pieces`, or wait with `finished`.
        """
        message = await self.post(text, to=to)
        async for reply in self.round(message.branch, message.round):
            yield reply

    async def round(self, branch: str, number: int) -> AsyncIterator[ReplyState]:
        """Yield the answers of one round as they are requested; ends with the round."""
        seen: set[str] = set()
        while True:
            changed = self._changed
            for reply in self.transcript.replies_in(branch, number):
                if reply.turn.turn_id not in seen:
                    seen.add(reply.turn.turn_id)
                    yield reply
            if (branch, number) in self.transcript.ended_rounds:
                return
            await changed.wait()

    async def progress(self, branch: str, number: int) -> AsyncIterator[None]:
        """Yield whenever anything in the room changed, until this round has ended; read `transcript` in between."""
        while (branch, number) not in self.transcript.ended_rounds:
            changed = self._changed
            yield
            if changed is self._changed:
                await changed.wait()

    async def pieces(self, reply: ReplyState) -> AsyncIterator[Piece]:
        """The text of one answer as it grows. A slow reader gets larger pieces; nothing is queued."""
        turn_id, have, attempt = reply.turn.turn_id, "", reply.attempt
        while True:
            changed = self._changed
            now = self.transcript.replies.get(turn_id, reply)
            restarted = bool(have) and (now.attempt != attempt or not now.text.startswith(have))
            if restarted or len(now.text) > len(have):
                yield Piece(now.text if restarted else now.text[len(have) :], restarted)
            have, attempt = now.text, now.attempt
            if now.ended:
                return
            if changed is self._changed:
                await changed.wait()

    async def finished(self, reply: ReplyState) -> ReplyState:
        """Wait for the end of one answer."""
        while True:
            changed = self._changed
            now = self.transcript.replies.get(reply.turn.turn_id, reply)
            if now.ended:
                return now
            await changed.wait()

    async def events(self) -> AsyncIterator[SessionEvent]:
        """Log entries from now on, in order."""
        last = self.transcript.head_seq
        while True:
            changed = self._changed
            for entry in [e for e in self.transcript.entries if e.seq > last]:
                last = entry.seq
                yield entry
            if changed is self._changed:
                await changed.wait()

    async def stop(self, *, turn_id: TurnId | None = None, participant_id: ParticipantId | None = None) -> bool:
        """Stop one answer, one participant, or everything.

        True once the server has it and will see it through, whatever breaks; False when it did not say so: ask again.
        Raises Failure when it is refused.
        """
        request_id = new_id()
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._stops[request_id] = taken
        try:
            stop = Stop(id=request_id, session_id=self.id, turn_id=turn_id, participant_id=participant_id)
            return await self._send(stop) and await asyncio.wait_for(taken, CONFIRM_SECONDS)
        except TimeoutError:
            return False
        finally:
            del self._stops[request_id]

    async def changed(self) -> None:
        """Wait until anything in `transcript` changes."""
        await self._changed.wait()

    # ---- what the connection tells ----------------------------------------------------------------------------------
    async def attach(self) -> None:
        """Ask for what was missed, then send again what is not confirmed."""
        transcript = self.transcript
        self._attach_id = new_id()
        await self._send(
            Attach(
                id=self._attach_id,
                session_id=self.id,
                after=transcript.head_seq if transcript.epoch else None,
                epoch=transcript.epoch,
            )
        )
        await self.resend()

    async def resend(self) -> None:
        """Send again what is not confirmed, instead of waiting out `CONFIRM_SECONDS`."""
        for post, _ in list(self._unconfirmed.values()):
            await self._send(post)

    def _attach_soon(self) -> None:
        """Until then the server relays nothing: without this a room would stay silent on a connection that is up."""

        async def later() -> None:
            await asyncio.sleep(ATTACH_AGAIN_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            self._attach_due = False
            if self._attach_id is None:  # nobody asked meanwhile, as a new connection does
                await self.attach()

        if not self._attach_due:
            self._attach_due = True
            self._attaching_again = asyncio.create_task(later(), name="palaver-attach-again")

    async def ready(self) -> None:
        """Wait for the first `attached`. Raises Failure when it is refused or does not come."""
        try:
            await asyncio.wait_for(self._attached.wait(), REQUEST_SECONDS)
        except TimeoutError as error:
            raise self._refused or Failure(ErrorCode.TIMEOUT, "The room did not answer in time.") from error
        if self._refused:
            raise self._refused

    async def take(
        self, frame: Ack | Attached | EventFrame | Delta | Error | ContextUsageNotice | ContextSummaryNotice
    ) -> None:
        """Fold one frame; a gap attaches again."""
        verdict = Verdict.APPLIED
        match frame:
            case Attached():
                self.transcript.attach(frame)
                self._attach_id = self._refused = None
                self._attached.set()
                self._confirm_known()
            case Delta():
                verdict = self.transcript.delta(frame)
            case ContextUsageNotice() | ContextSummaryNotice():
                self.transcript.notice(frame)
            case Ack():
                verdict = Verdict.IGNORED
                if (taken := self._stops.get(frame.id or "")) and not taken.done():
                    taken.set_result(True)
            case Error():
                self._refuse(frame)
            case _:
                verdict = self.transcript.apply(frame)  # pyright: ignore[reportArgumentType] - EventFrame's members
                if verdict is Verdict.APPLIED and isinstance(frame, MessagePosted):
                    self._confirm(frame.data.message)
        if verdict is Verdict.GAP and self._attach_id is None:
            await self.attach()
        if verdict is not Verdict.IGNORED:
            self._changed.set()
            self._changed = asyncio.Event()

    def _confirm_known(self) -> None:
        for message in list(self.transcript.messages.values()):
            self._confirm(message)

    def _confirm(self, message: UserMessage) -> None:
        _, stored = self._unconfirmed.get(message.client_message_id, (None, None))
        if stored and not stored.done():
            stored.set_result(message)

    def _refuse(self, error: Error) -> None:
        if error.id is not None and error.id == self._attach_id:
            self._attach_id = None
            self._refused = Failure.of(error)
            if error.retryable:
                self._attach_soon()
            else:
                self._attached.set()
        if (taken := self._stops.get(error.id or "")) and not taken.done():
            if error.retryable:
                taken.set_result(False)
            else:
                taken.set_exception(Failure.of(error))
        _, stored = self._unconfirmed.get(error.client_message_id or "", (None, None))
        if stored and not stored.done() and not error.retryable:
            stored.set_exception(Failure.of(error))
