"""The inbound edge of a WebSocket: from a client's frame to a use-case, and its answer. It decides nothing itself."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from palaver.contracts.client_protocol import (
    Accepted,
    Attach,
    Authenticate,
    ClientRequest,
    Detach,
    Ping,
    Post,
    Regenerate,
    Stop,
)
from palaver.contracts.failures import ErrorCode, Failure
from palaver.gateway.auth import Authenticator
from palaver.gateway.conversation import Conversation
from palaver.gateway.errors import unavailable
from palaver.gateway.language import localised
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.frames import Echo, Rejected, Request, ack, encode, parse, pong
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.welcome import Welcomes
from palaver.servicekit.errors import BrokerDenied, NotProvisioned, Unavailable
from palaver.servicekit.tasks import TaskSet

Handle = Callable[[Connection, Any, Echo], Awaitable[None]]


class Handlers:
    """One handler per type of frame; `table` is what `/ws/handlers` lists."""

    def __init__(
        self, relay: Relay, conversation: Conversation, authenticator: Authenticator, welcomes: Welcomes
    ) -> None:
        self._relay = relay
        self._conversation = conversation
        self._authenticator = authenticator
        self._welcomes = welcomes
        self._tasks = TaskSet("gateway.attaching")
        self.table: Mapping[type[ClientRequest], Handle] = {
            Authenticate: self._authenticate,
            Attach: self._attach,
            Detach: self._detach,
            Post: self._post,
            Stop: self._stop,
            Regenerate: self._regenerate,
            Ping: self._ping,
        }

    async def start(self) -> None:
        """A `Resource`; there is nothing to open."""

    async def stop(self) -> None:
        """End what is under way."""
        await self._tasks.cancel()

    async def receive(self, connection: Connection, text: str | bytes) -> None:
        """Serve every object of one WebSocket frame, in order; each invalid one gets its own `error`."""
        await self.serve_all(connection, parse(text))

    async def serve_all(self, connection: Connection, items: Iterable[Request | Rejected]) -> None:
        """Serve what was parsed."""
        for item in items:
            if isinstance(item, Rejected):
                self._refuse(connection, item.failure, item.echo)
            else:
                await self._serve(connection, item)

    async def _serve(self, connection: Connection, request: Request) -> None:
        await self._guard(connection, request.echo, self.table[type(request.frame)], request.frame)

    async def _guard(self, connection: Connection, echo: Echo, handle: Handle, frame: ClientRequest) -> None:
        """Whatever goes wrong in the ways that are foreseen becomes the client's `error`."""
        try:
            await handle(connection, frame, echo)
        except Failure as failure:
            self._refuse(connection, failure, echo)
        except Unavailable as outage:
            self._refuse(connection, unavailable(outage), echo)
        except (BrokerDenied, NotProvisioned):
            self._refuse(connection, Failure(ErrorCode.INTERNAL, "Something went wrong on our side."), echo)

    def _refuse(self, connection: Connection, failure: Failure, echo: Echo) -> None:
        connection.refuse(localised(failure.body, connection.language), echo)

    # ---- one per type of frame ---------------------------------------------------------------------------------------
    async def _authenticate(self, connection: Connection, frame: Authenticate, echo: Echo) -> None:
        """Renew a live connection before its token ends."""
        person = await self._authenticator.by_token(frame.token)
        if person.user_id != connection.person.user_id:
            raise Failure(ErrorCode.FORBIDDEN, "This connection belongs to somebody else; open a new one.")
        connection.person = person
        connection.expiry_told = False
        connection.send(self._welcomes.welcome(connection, echo.id))

    async def _attach(self, connection: Connection, frame: Attach, echo: Echo) -> None:
        """Follow a session. It may take a moment, so later frames do not wait for it."""
        if connection.attaching >= self._welcomes.max_attached_sessions:
            raise Failure(ErrorCode.RATE_LIMITED, "Too many sessions are being attached at once; wait for the answers.")
        connection.attaching += 1
        self._tasks.spawn(self._guard(connection, echo, self._attach_meanwhile, frame))

    async def _attach_meanwhile(self, connection: Connection, frame: Attach, _echo: Echo) -> None:
        try:
            await self._relay.attach(connection, frame)
        finally:
            connection.attaching -= 1

    async def _detach(self, connection: Connection, frame: Detach, echo: Echo) -> None:
        """Stop following a session."""
        if not self._relay.detach(connection, frame.session_id):
            raise Failure(ErrorCode.NOT_ATTACHED, "This session is not attached.")
        connection.send(ack(echo))

    async def _post(self, connection: Connection, frame: Post, echo: Echo) -> None:
        """Say something; `accepted` means that the broker has it."""
        await self._conversation.post(connection.person.actor(connection.address), frame)
        connection.send(encode(Accepted(id=echo.id, client_message_id=frame.client_message_id)))

    async def _stop(self, connection: Connection, frame: Stop, echo: Echo) -> None:
        """Stop a turn, a participant or everything."""
        await self._conversation.stop(
            connection.person.actor(connection.address),
            frame.session_id,
            turn_id=frame.turn_id,
            participant_id=frame.participant_id,
        )
        connection.send(ack(echo))

    async def _regenerate(self, connection: Connection, frame: Regenerate, echo: Echo) -> None:
        """Ask for another version of an answer. Session is asked, so later frames do not wait for it."""
        self._tasks.spawn(self._guard(connection, echo, self._regenerate_meanwhile, frame))

    async def _regenerate_meanwhile(self, connection: Connection, frame: Regenerate, echo: Echo) -> None:
        actor = connection.person.actor(connection.address)
        await self._conversation.regenerate(actor, frame.reply_id, session_id=frame.session_id, model=frame.model)
        connection.send(ack(echo))

    async def _ping(self, connection: Connection, _frame: Ping, echo: Echo) -> None:
        """A sign of life."""
        connection.send(pong(echo))
