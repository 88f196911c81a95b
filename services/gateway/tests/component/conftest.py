"""A real gateway on a real broker and Valkey, under its own permissions; its neighbours answer as told by the test."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import httpx2
import jwt
import pytest
import pytest_asyncio
import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from nats.aio.msg import Msg
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, SecretStr
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from palaver.contracts import gateway, identity, model_router, session
from palaver.contracts.catalogue import STREAMS
from palaver.contracts.deltas import encode_delta
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId, WorkerId, new_id
from palaver.contracts.permissions import permissions_of
from palaver.contracts.session_log import (
    EventFrame,
    MessagePosted,
    Posting,
    Reply,
    ReplyAppended,
    ReplyEnd,
    SessionEvent,
    SessionView,
    TurnRef,
    TurnRequested,
    UserMessage,
)
from palaver.contracts.subjects import Query
from palaver.contracts.testing import session_view
from palaver.gateway.app import build
from palaver.gateway.edge import Edge
from palaver.gateway.settings import Settings
from palaver.servicekit.broker import FAILURE_HEADER, Broker
from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.health import Health
from palaver.servicekit.sealing import KeyPair, from_base64url, key_id_of, seal, to_base64url, unseal
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.servicekit.testing.kits import BrokerFor, Declared, Running

Req = TypeVar("Req", bound=BaseModel)
Res = TypeVar("Res", bound=BaseModel)

PATIENCE_SECONDS = 15.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class TokenMint:
    """Plays identity's signing key."""

    def __init__(self, key_id: str = "k1") -> None:
        self.key_id = key_id
        self.private = Ed25519PrivateKey.generate()

    def jwk(self) -> dict[str, Any]:
        document = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**document, "kid": self.key_id, "alg": "EdDSA", "use": "sig"}

    def token(self, user_id: str, *, seconds: float = 900.0, role: str = "member", **claims: Any) -> str:
        own = {"sub": user_id, "sid": new_id(), "role": role, "nickname": "Ada", "iss": "palaver", "aud": "palaver"}
        body = {**own, "exp": time.time() + seconds, **claims}
        return jwt.encode(body, self.private, algorithm="EdDSA", headers={"kid": self.key_id})


@dataclass
class Neighbours:
    """Answers the subjects of other services, and says what they say."""

    broker: Broker
    asked: list[tuple[str, BaseModel]] = field(default_factory=list[tuple[str, BaseModel]])

    handlers: dict[str, Callable[[Any], Awaitable[BaseModel]]] = field(
        default_factory=dict[str, Callable[[Any], Awaitable[BaseModel]]]
    )

    async def answer(self, query: Query[Req, Res], handler: Callable[[Req], Awaitable[Res]], *keys: str) -> None:
        """From now on; an earlier answer to the same subject is replaced."""
        subject = query.address.at(*keys) if keys else query.address.wildcard
        known = subject in self.handlers
        self.handlers[subject] = handler
        if known:
            return

        async def on_request(message: Msg) -> None:
            request = query.request.model_validate_json(message.data)
            self.asked.append((query.address.stem, request))
            try:
                reply = await self.handlers[subject](request)
                headers = None
            except Failure as failure:
                reply, headers = failure.body, {FAILURE_HEADER: failure.code.value}
            await self.broker.nc.publish(message.reply, reply.model_dump_json().encode(), headers=headers)

        await self.broker.nc.subscribe(subject, cb=on_request)
        await self.broker.ping()

    async def always(self, query: Query[Req, Res], response: Res) -> None:
        async def handler(_request: Req) -> Res:
            return response

        await self.answer(query, handler)

    async def until_asked(self, query: Query[Req, Res]) -> None:
        """Whoever asks this has subscribed to what it will hear: what is said from now on is not lost."""
        while not self.asked_for(query):  # noqa: ASYNC110 - a test waits for a plain list
            await asyncio.sleep(0.01)

    def asked_for(self, query: Query[Req, Res]) -> list[Req]:
        return [cast("Req", request) for stem, request in self.asked if stem == query.address.stem]


@dataclass
class Log:
    """Plays session for one room: a log that can be said, withheld, and read."""

    neighbours: Neighbours
    session_id: str = field(default_factory=new_id)
    epoch: str = "e1"
    entries: list[SessionEvent] = field(default_factory=list[SessionEvent])
    running: dict[str, session.RunningTurn] = field(default_factory=dict[str, session.RunningTurn])
    owner: str = field(default_factory=new_id)
    attach_failure: Failure | None = None
    attach_gate: asyncio.Event | None = None

    @property
    def head(self) -> int:
        return len(self.entries)

    def view(self) -> SessionView:
        return session_view(id=SessionId(self.session_id), owner_id=UserId(self.owner), title="Room")

    async def serve(self) -> None:
        async def attach(request: session.ReadAttach) -> session.AttachState:
            if self.attach_failure is not None:
                raise self.attach_failure
            state = self._state(request)
            if self.attach_gate is not None:
                await self.attach_gate.wait()
            return state

        async def heads(request: session.ReadHeads) -> session.Heads:
            known = {SessionId(self.session_id): self.head} if self.session_id in request.sessions else {}
            return session.Heads(heads=known)

        async def log(request: session.ReadLog) -> session.LogPage:
            return session.LogPage(
                epoch=self.epoch,
                head_seq=self.head,
                entries=tuple(self.entries[request.after :]),
            )

        await self.neighbours.answer(session.ATTACH_READ, attach)
        await self.neighbours.answer(session.HEADS_GET, heads)
        await self.neighbours.answer(session.LOG_READ, log)

    def _state(self, request: session.ReadAttach) -> session.AttachState:
        recovered = request.after is not None and request.epoch in (None, self.epoch)
        return session.AttachState(
            session=self.view(),
            epoch=self.epoch,
            head_seq=self.head,
            recovered=recovered,
            entries=tuple(self.entries[request.after :]) if recovered else (),
            running=tuple(self.running.values()),
        )

    # ---- what happens in the room ----
    def frame(self, kind: type[EventFrame], data: BaseModel) -> EventFrame:
        facts = {"session_id": self.session_id, "epoch": self.epoch, "seq": self.head + 1, "at": NOW, "data": data}
        entry = cast("SessionEvent", kind.model_validate(facts))
        self.entries.append(entry)
        return entry

    async def say(self, entry: EventFrame) -> None:
        name = type(entry).model_fields["name"].default
        await self.neighbours.broker.publish(session.LOG_EVENTS[name], entry, self.session_id)

    async def post(self, text: str, client_message_id: str | None = None, *, silent: bool = False) -> EventFrame:
        message = UserMessage(
            id=MessageId(new_id()),
            client_message_id=client_message_id or new_id(),
            author=UserId(self.owner),
            content=text,
            branch="main",
            round=1,
            created_at=NOW,
        )
        entry = self.frame(MessagePosted, Posting(message=message))
        if not silent:
            await self.say(entry)
        return entry

    def turn(self) -> TurnRef:
        return TurnRef(
            turn_id=TurnId(new_id()),
            reply_id=MessageId(new_id()),
            participant_id=ParticipantId(new_id()),
            model="demo",
            branch="main",
            round=1,
            step=1,
            speaker="Demo",
        )

    async def request(
        self, turn: TurnRef, worker: str | None = None, *, checkpoint: str = "", attempt: int = 1, silent: bool = False
    ) -> EventFrame:
        self.running[turn.turn_id] = session.RunningTurn(
            session_id=SessionId(self.session_id),
            turn=turn,
            attempt=attempt,
            rank=None,
            worker=None if worker is None else WorkerId(worker),
            checkpoint=checkpoint,
        )
        entry = self.frame(TurnRequested, turn)
        if not silent:
            await self.say(entry)
        return entry

    async def finish(self, turn: TurnRef, text: str, *, silent: bool = False) -> EventFrame:
        self.running.pop(turn.turn_id, None)
        reply = Reply(
            id=turn.reply_id,
            turn_id=turn.turn_id,
            participant_id=turn.participant_id,
            model="demo",
            text=text,
            finish_reason="stop",
            rank=1,
            version=1,
            created_at=NOW,
        )
        entry = self.frame(ReplyAppended, ReplyEnd(**dict(turn), reply=reply))
        if not silent:
            await self.say(entry)
        return entry

    async def delta(self, turn: TurnRef, offset: int, text: str, attempt: int = 1) -> None:
        frame = encode_delta(turn.turn_id, attempt, offset, text)
        await self.neighbours.broker.nc.publish(model_router.TURN_DELTA.at(self.session_id), frame)


@dataclass
class Worker:
    """Plays a model worker: holds the text of its turns and answers snapshots."""

    neighbours: Neighbours
    id: str = field(default_factory=new_id)
    texts: dict[str, model_router.Snapshot] = field(default_factory=dict[str, model_router.Snapshot])
    answers: int = 0

    async def serve(self) -> None:
        async def snapshot(request: model_router.ReadSnapshots) -> model_router.Snapshots:
            self.answers += 1
            return model_router.Snapshots(turns=tuple(self.texts[turn] for turn in request.turns if turn in self.texts))

        await self.neighbours.answer(model_router.TURN_SNAPSHOT, snapshot, self.id)

    def hold(self, turn: TurnRef, text: str, attempt: int = 1) -> None:
        self.texts[turn.turn_id] = model_router.Snapshot(turn_id=turn.turn_id, attempt=attempt, text=text)


class Client:
    """A WebSocket client that sorts what it receives, batches opened."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.batches = 0

    async def send(self, *frames: Any) -> None:
        await self.socket.send(json.dumps(frames[0] if len(frames) == 1 else list(frames)))

    async def next(self) -> dict[str, Any]:
        while not self.frames:
            async with asyncio.timeout(PATIENCE_SECONDS):
                text = await self.socket.recv()
            self.batches += 1
            parsed: Any = json.loads(text)
            self.frames.extend(cast("list[dict[str, Any]]", parsed) if isinstance(parsed, list) else [parsed])
        return self.frames.pop(0)

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The next frame with these fields; others are skipped."""
        while True:
            frame = await self.next()
            if all(frame.get(name) == value for name, value in wanted.items()):
                return frame

    async def ask(self, frame: dict[str, Any], **wanted: Any) -> dict[str, Any]:
        request_id = new_id()
        await self.send({**frame, "id": request_id})
        return await self.until(id=request_id, **wanted)

    async def collect_until(self, **wanted: Any) -> list[dict[str, Any]]:
        """All frames up to one with these fields, which is the last."""
        seen: list[dict[str, Any]] = []
        while True:
            seen.append(await self.next())
            if all(seen[-1].get(name) == value for name, value in wanted.items()):
                return seen


@dataclass(frozen=True)
class Sent:
    """One server-sent event."""

    id: str | None
    name: str
    data: dict[str, Any]


class EventSource:
    """Reads an event stream as browsers do (WHATWG HTML, section 9.2.6): by blocks of lines."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.last_id: str | None = None
        self.comments = 0
        self.retries: list[int] = []
        self._bytes = answer.aiter_bytes()
        self._rest = b""

    async def next(self) -> Sent | None:
        """The next event; None at the end."""
        while (block := await self._block()) is not None:
            fields: dict[str, str] = {}
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                fields[name] = fields.get(name, "") + value.removeprefix(" ")
            self.comments += "" in fields
            if "retry" in fields:
                self.retries.append(int(fields["retry"]))
            if "data" in fields:
                self.last_id = fields.get("id", self.last_id)
                return Sent(fields.get("id"), fields["event"], json.loads(fields["data"]))
        return None

    async def frame(self) -> dict[str, Any]:
        sent = await self.next()
        assert sent is not None, "the stream has ended"
        return sent.data

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The next frame with these fields; others are skipped."""
        while True:
            frame = await self.frame()
            if all(frame.get(name) == value for name, value in wanted.items()):
                return frame

    async def rest(self) -> list[Sent]:
        """Everything up to the end."""
        found: list[Sent] = []
        while (sent := await self.next()) is not None:
            found.append(sent)
        return found

    async def _block(self) -> bytes | None:
        while b"\n\n" not in self._rest:
            async with asyncio.timeout(PATIENCE_SECONDS):
                more = await anext(self._bytes, None)
            if more is None:
                return None
            self._rest += more
        block, _, self._rest = self._rest.partition(b"\n\n")
        return block


@dataclass
class Gateway:
    """The running service and how to reach it."""

    port: int
    mint: TokenMint
    neighbours: Neighbours
    identity_keys: KeyPair
    keyvault_keys: KeyPair
    user_id: str = field(default_factory=new_id)
    identity: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return self.mint.token(self.user_id)

    def http(self, token: str | None = None, **headers: str) -> httpx2.AsyncClient:
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.AsyncClient(base_url=self.url, headers={**authorization, **headers}, timeout=PATIENCE_SECONDS)

    @asynccontextmanager
    async def streamed(
        self, session_id: str, *, token: str | None = None, headers: dict[str, str] | None = None, **query: str
    ) -> AsyncGenerator[EventSource]:
        """An event stream that was let in."""
        async with (
            self.http(token or self.token, **(headers or {})) as http,
            http.stream("GET", f"/api/v1/sessions/{session_id}/events", params=query) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            yield EventSource(answer)

    async def polled(self, session_id: str, *, wait: float = PATIENCE_SECONDS, **query: str) -> dict[str, Any]:
        """A long poll's answer."""
        async with self.signed_in(Accept="application/json") as http:
            answer = await http.get(
                f"/api/v1/sessions/{session_id}/events", params={"wait": str(wait), **query}, timeout=2 * wait + 10
            )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def play_identity(self) -> "Identity":
        played = Identity(self)
        await played.serve()
        return played

    def signed_in(self, **headers: str) -> httpx2.AsyncClient:
        return self.http(self.token, **headers)

    @asynccontextmanager
    async def connect(
        self, token: str | None = None, *, path: str = "/ws", headers: dict[str, str] | None = None, **options: Any
    ) -> AsyncGenerator[Client]:
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        url = f"ws://127.0.0.1:{self.port}{path}"
        async with websockets.connect(
            url,
            additional_headers=sent,
            subprotocols=[Subprotocol("palaver.v1")],
            max_size=None,
            **options,
        ) as socket:
            yield Client(socket)

    @asynccontextmanager
    async def welcomed(self, token: str | None = None, **options: Any) -> AsyncGenerator[Client]:
        async with self.connect(token or self.token, **options) as client:
            await client.until(type="welcome")
            yield client


@dataclass
class Identity:
    """Plays identity with real sealing: whoever gives the right password, token or code is Ada."""

    gateway: "Gateway"
    password: str = "correct horse battery"
    refresh_token: str = "planted-refresh-token"
    tickets: set[str] = field(default_factory=set[str])
    logged_out: list[str] = field(default_factory=list[str])

    def user(self) -> identity.UserView:
        return identity.UserView.model_validate(
            {
                "id": self.gateway.user_id,
                "email": "ada@example.org",
                "nickname": "Ada",
                "role": "member",
                "created_at": NOW,
            }
        )

    async def serve(self) -> None:
        answer = self.gateway.neighbours.answer
        await answer(identity.USER_REGISTER, self._register)
        await answer(identity.USER_LOGIN, self._log_in)
        await answer(identity.USER_REFRESH, self._refresh)
        await answer(identity.LINK_REDEEM, self._refresh)
        await answer(identity.USER_LOGOUT, self._log_out)
        await answer(identity.TICKET_ISSUE, self._issue)
        await answer(identity.TICKET_REDEEM, self._redeem)

    def _open(self, sealed: Any, kind: type[Any]) -> Any:
        return unseal(sealed, kind, keys=self.gateway.identity_keys, context=identity.SEAL_CONTEXT_REQUEST)

    def _sealed(self, payload: Any, reply_key: str) -> Any:
        public = from_base64url(reply_key)
        return seal(payload, public=public, key_id=key_id_of(public), context=identity.SEAL_CONTEXT_ANSWER)

    def _signed_in(self, reply_key: str) -> identity.SignedIn:
        soon = datetime.now(UTC) + timedelta(hours=1)
        tokens = identity.Tokens(
            access_token=self.gateway.token,
            refresh_token=self.refresh_token,
            expires_at=soon,
            refresh_expires_at=soon + timedelta(days=30),
        )
        return identity.SignedIn(user=self.user(), sealed=self._sealed(tokens, reply_key))

    async def _register(self, request: identity.Register) -> identity.SignedIn:
        self._open(request.sealed, identity.Registration)
        return self._signed_in(request.reply_key)

    async def _log_in(self, request: identity.LogIn) -> identity.SignedIn:
        if self._open(request.sealed, identity.Credentials).password != self.password:
            raise Failure(ErrorCode.INVALID_CREDENTIALS, "E-mail or password is wrong.")
        return self._signed_in(request.reply_key)

    async def _refresh(self, request: identity.Refresh | identity.RedeemLink) -> identity.SignedIn:
        if self._open(request.sealed, identity.SecretToken).token != self.refresh_token:
            raise Failure(ErrorCode.UNAUTHENTICATED, "This token is not valid.")
        return self._signed_in(request.reply_key)

    async def _log_out(self, request: identity.LogOut) -> session.Done:
        self.logged_out.append(self._open(request.sealed, identity.SecretToken).token)
        return session.Done()

    async def _issue(self, request: identity.IssueTicket) -> identity.IssuedTicket:
        ticket = new_id()
        self.tickets.add(ticket)
        sealed = self._sealed(identity.SecretToken(token=ticket), request.reply_key)
        return identity.IssuedTicket(sealed=sealed, expires_at=datetime.now(UTC) + timedelta(seconds=30))

    async def _redeem(self, request: identity.RedeemTicket) -> identity.TicketHolder:
        ticket = self._open(request.sealed, identity.SecretToken).token
        if ticket not in self.tickets:
            raise Failure(ErrorCode.UNAUTHENTICATED, "This ticket is not valid.")
        self.tickets.discard(ticket)
        return identity.TicketHolder(user=self.user(), expires_at=datetime.now(UTC) + timedelta(minutes=10))


@pytest.fixture(scope="session")
def gateway_nkey() -> Nkey:
    return new_nkey()


@pytest.fixture
def nats_users(gateway_nkey: Nkey) -> Sequence[NatsUser]:
    """The gateway works under the permissions that the catalogue grants it, and no others."""
    allowed = permissions_of(gateway.OWNER)
    return (NatsUser(gateway.OWNER, gateway_nkey.public, allowed.publish, allowed.subscribe, allow_responses=True),)


@pytest.fixture
def mint() -> TokenMint:
    return TokenMint()


@pytest_asyncio.fixture
async def neighbours(broker_for: BrokerFor, declared: Declared, mint: TokenMint) -> Neighbours:
    await declared(STREAMS, ())
    faked = Neighbours(await broker_for("neighbours"))
    await faked.always(identity.JWKS_GET, identity.Jwks(keys=(mint.jwk(),)))
    return faked


GatewayFor = Callable[..., Any]


@pytest.fixture
def gateway_for(  # noqa: PLR0917 - fixtures are passed by name
    neighbours: Neighbours,
    mint: TokenMint,
    broker_for: BrokerFor,
    gateway_nkey: Nkey,
    running: Running,
    redis_url: SecretStr,
    nats_server: RunningNats,
) -> GatewayFor:
    """`async with gateway_for(realtime={…})`: a running gateway with these settings."""

    @asynccontextmanager
    async def make(*, redis: SecretStr | None = None, **values: Any) -> AsyncGenerator[Gateway]:
        identity_keys, keyvault_keys = KeyPair.generate(), KeyPair.generate()
        settings = Settings.model_validate(
            {
                "port": 0,
                "redis": {"url": (redis or redis_url).get_secret_value()},
                "identity_key": {"key_id": identity_keys.key_id, "public_key": to_base64url(identity_keys.public)},
                "keyvault_key": {"key_id": keyvault_keys.key_id, "public_key": to_base64url(keyvault_keys.public)},
                **values,
            }
        )
        broker = await broker_for(gateway.OWNER, nkey_seed=gateway_nkey.seed)
        kit = Kit(gateway.OWNER, new_id(), broker, CollectorRegistry(), Health())
        service: Service = build(settings, kit)
        async with running(service, kit):
            (edge,) = (resource for resource in service.resources if isinstance(resource, Edge))
            yield Gateway(edge.port, mint, neighbours, identity_keys, keyvault_keys)

    return make


@pytest_asyncio.fixture
async def served(gateway_for: GatewayFor) -> AsyncGenerator[Gateway]:
    """A gateway with its usual settings."""
    async with gateway_for() as running_gateway:
        yield running_gateway


@pytest_asyncio.fixture
async def room(neighbours: Neighbours) -> Log:
    log = Log(neighbours)
    await log.serve()
    return log


@pytest_asyncio.fixture
async def worker(neighbours: Neighbours) -> Worker:
    played = Worker(neighbours)
    await played.serve()
    return played
