"""Following a room without a WebSocket: as server-sent events, or by long polling. The frames are the WebSocket's."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel

from palaver.contracts.client_protocol import Attached, CloseCode, Delta, Error, Notice
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session_log import SessionEvent
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.middleware import WAITED_SECONDS
from palaver.gateway.api.surroundings import Around, Caller, Id, access_token, address_of
from palaver.gateway.edge import WIRE
from palaver.gateway.language import language_of
from palaver.gateway.realtime.connection import NORMAL_CLOSURE
from palaver.gateway.realtime.cursor import MAX_CURSOR_CHARACTERS, Cursor
from palaver.gateway.realtime.event_stream import EventStream
from palaver.gateway.realtime.following import Following
from palaver.gateway.realtime.poll import Poll
from palaver.gateway.realtime.ports import HttpWire
from palaver.gateway.realtime.server_sent import MEDIA_TYPE

DEFAULT_WAIT_SECONDS = 30.0
MAX_TICKET_CHARACTERS = 200
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second one tells nginx to pass on what comes when it comes."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

router = APIRouter(prefix="/sessions", tags=["sessions"])

Frame = Attached | SessionEvent | Delta | Notice | Error
"""Told apart by `type`, and within events and notices by `name`."""


class PollMeta(BaseModel):
    """Give `next_cursor` as `after` to hear what comes next; null if nothing is known yet."""

    next_cursor: str | None


class Polled(Envelope[list[Frame]]):
    """What a long poll answers. The list is empty if nothing happened."""

    meta: PollMeta


async def follower(
    request: Request,
    around: Around,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(access_token)],
    ticket: Annotated[
        str | None,
        Query(max_length=MAX_TICKET_CHARACTERS, description="Instead of a token, where no header can be set."),
    ] = None,
) -> Caller:
    """Who follows. Raises Failure(ORIGIN_NOT_ALLOWED, UNAUTHENTICATED, TOKEN_EXPIRED or RATE_LIMITED)."""
    if not around.origins.permit(request.headers.get("origin"), request.headers.get("host")):
        raise Failure(ErrorCode.ORIGIN_NOT_ALLOWED, "This web page may not follow rooms here.")
    if credentials is not None:
        person = await around.authenticator.by_token(credentials.credentials)
    elif ticket is not None:
        request.scope["query_string"] = b""  # it has been read, and a ticket must not reach a log, whoever writes it
        await around.rate_limits.check(around.rates.connects, address_of(request) or "unknown")
        person = await around.authenticator.by_ticket(ticket)
    else:
        raise Failure(ErrorCode.UNAUTHENTICATED, "This needs a sign-in.")
    await around.rate_limits.check(around.rates.requests, person.user_id)
    return Caller(person, address_of(request))


@router.get(
    "/{session_id}/events",
    response_model=Polled,
    responses={200: {"description": "A stream, or a poll's answer.", "content": {MEDIA_TYPE: {}}}},
)
async def follow_session(  # noqa: PLR0917 - FastAPI passes them by name
    session_id: Id,
    request: Request,
    who: Annotated[Caller, Depends(follower)],
    after: Annotated[
        str | None,
        Query(
            max_length=MAX_CURSOR_CHARACTERS,
            description="What was read last: an event's `id`, a poll's `next_cursor`, or a `seq`.",
        ),
    ] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=MAX_CURSOR_CHARACTERS, description="Browsers send it; it goes before `after`.")
    ] = None,
    wait: Annotated[
        float | None, Query(ge=0, description="Long polling: seconds to wait for something; at most 60.")
    ] = None,
) -> Response:
    """Hear what happens in a room: `text/event-stream`, or with `wait` or `Accept: application/json` one long poll.

    Without `after` it begins with `attached`, where the room stands. With it what was missed comes first, and of
    running answers the text so far. Going away stops no answer.
    """
    read = last_event_id or after
    cursor = Cursor.parse(read) if read else None
    visit = _Visit(request, who, session_id, cursor)
    if _wants_stream(request.headers.get("accept", ""), wait):
        return _EventStreamResponse(visit)
    return await _poll(visit, DEFAULT_WAIT_SECONDS if wait is None else wait)


def _wants_stream(accept: str, wait: float | None) -> bool:
    if MEDIA_TYPE in accept:
        return True
    return wait is None and "application/json" not in accept


class _Visit:
    """One request that follows a room."""

    def __init__(self, request: Request, who: Caller, session_id: str, cursor: Cursor | None) -> None:
        self.request = request
        self.cursor = cursor
        self.http = cast("HttpWire", request.scope["extensions"][WIRE])
        self.following = cast("Following", request.app.state.following)
        self._who = who
        self._session_id = session_id

    def on(self, wire: EventStream | Poll) -> Any:
        """Relay to this wire; see `Following.following`."""
        return self.following.following(
            self._who.person,
            wire,
            self._session_id,
            self.cursor,
            language=language_of(self.request.headers.get("accept-language")),
            address=self._who.address,
        )


async def _poll(visit: _Visit, wait_seconds: float) -> Response:
    settings, http = visit.following.settings, visit.http
    poll = Poll(visit.cursor, gather_seconds=settings.gather_seconds, max_bytes=settings.max_queue_bytes)
    http.on_lost = http.on_stopping = poll.finish
    if http.is_stopping:
        poll.finish()
    try:
        async with visit.on(poll) as connection:
            began = time.perf_counter()
            await poll.wait(min(wait_seconds, settings.max_poll_seconds))
            visit.request.scope["state"][WAITED_SECONDS] = time.perf_counter() - began
            connection.close(NORMAL_CLOSURE, "answered")  # with what is still queued
    finally:
        http.release()
    return Response(_envelope(poll), headers=_HEADERS, media_type="application/json")


def _envelope(poll: Poll) -> bytes:
    """`Polled`, around frames that are JSON already."""
    meta = PollMeta(next_cursor=None if poll.cursor is None else str(poll.cursor))
    return b'{"success":true,"data":[%b],"meta":%b}' % (b",".join(poll.frames), meta.model_dump_json().encode())


class _EventStreamResponse(Response):
    """Lets the client in before the response begins, so that a refusal is an error envelope."""

    media_type = MEDIA_TYPE

    def __init__(self, visit: _Visit) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({**_HEADERS, "Connection": "close"})
        self._visit = visit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Serve the stream to its end."""
        http, settings = self._visit.http, self._visit.following.settings
        stream = EventStream(http)
        http.on_lost = stream.ended.set
        try:
            async with self._visit.on(stream) as connection:
                http.on_writable = stream.resume
                http.on_stopping = lambda: connection.close(CloseCode.RESTARTING, "restarting")
                if http.is_stopping:
                    raise Failure(ErrorCode.SERVICE_UNAVAILABLE, "The server is restarting; connect again.")
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                stream.begin()
                await _keep_alive(stream, settings.comment_seconds)
        finally:
            http.release()
        # A client that does not read must not keep the socket: not while it is full, and not with what is left in it.
        asyncio.get_running_loop().call_later(settings.close_seconds, http.abort)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _keep_alive(stream: EventStream, comment_seconds: float) -> None:
    """Until the stream has ended."""
    while True:
        try:
            async with asyncio.timeout(comment_seconds):
                await stream.ended.wait()
                return
        except TimeoutError:
            stream.comment()
