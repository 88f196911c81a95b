"""nats-py's client with four holes closed, so that "reconnects for ever" and "flushed" are true; and a way to hear
without a queue.

Checked against nats-py 2.16; `tests/component/test_broker_outages.py` fails if an upgrade changes what this relies on.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import nats.errors
from nats.aio.client import PING_PROTO, Client
from nats.aio.subscription import Subscription
from nats.protocol.parser import AWAITING_CONTROL_LINE, Parser

_PERMISSIONS = "permissions violation"
_FIELDS = 4


class DirectSubscription(Subscription):
    """A subscription without queue and task. Made by `LastingClient.subscribe_directly`."""

    def __init__(self, client: "LastingClient", sid: int, subject: str) -> None:
        super().__init__(client, sid, subject)
        self._pending_queue = None  # pyright: ignore[reportAttributeAccessIssue]  # nats-py asks before it uses it


class _DirectParser(Parser):
    """Takes whole messages for direct subscriptions from the beginning of what was read; the rest is nats-py's.

    Its regular expressions and coroutines cost a token's message twice as much (2.4 µs of CPU against 1.2).
    """

    def __init__(self, client: "LastingClient") -> None:
        super().__init__(client)
        self._client = client

    async def parse(self, data: bytes = b"") -> None:
        """See `Parser`."""
        if not self.buf and self.state == AWAITING_CONTROL_LINE:
            data = data[await self._client.hand_over(data) :]
        if data:
            await super().parse(data)


class LastingClient(Client):
    """A connection that ends only when it is closed by us."""

    def __init__(self) -> None:
        super().__init__()
        self._ps = _DirectParser(self)
        self._handlers: dict[int, Callable[[bytes], None]] = {}

    async def subscribe_directly(self, subject: str, handle: Callable[[bytes], None]) -> DirectSubscription:
        """Hear `subject`: each payload is handed over where it is read, in the broker's order over all such subjects.

        `handle` must be quick, for all messages of this connection wait for it; an error that it raises is reported.
        Raises ConnectionClosedError, ConnectionDrainingError.
        """
        # As it comes, a subscription has a queue and a task: 5 KiB each, and a wake-up of the loop per message.
        if self.is_closed:
            raise nats.errors.ConnectionClosedError
        if self.is_draining:
            raise nats.errors.ConnectionDrainingError
        self._sid += 1
        subscription = DirectSubscription(self, self._sid, subject)
        self._subs[self._sid] = subscription
        self._handlers[self._sid] = handle
        await self._send_subscribe(subscription)
        return subscription

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._handlers.pop(sid, None)
        super()._remove_sub(sid, max_msgs)

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: Any) -> None:
        handle = self._handlers.get(sid)
        if handle is None:
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        await self._hand(handle, data)

    async def hand_over(self, data: bytes) -> int:
        """Hand over the direct messages at the beginning of `data`; returns how many bytes they were."""
        done = 0
        while data.startswith(b"MSG ", done):
            end = data.find(b"\r\n", done)
            fields = data[done:end].split(b" ")  # MSG <subject> <sid> <size>, and a reply's subject before the size
            if end < 0 or len(fields) != _FIELDS or not (fields[2] + fields[3]).isdigit():
                break
            handle, begin = self._handlers.get(int(fields[2])), end + 2
            payload_end = begin + int(fields[3])
            if handle is None or payload_end + 2 > len(data):
                break
            done = payload_end + 2
            await self._hand(handle, data[begin:payload_end])
        return done

    async def _hand(self, handle: Callable[[bytes], None], data: bytes) -> None:
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        try:
            handle(data)
        except Exception as error:  # noqa: BLE001 - raised here it would end the read loop; nats-py, too, reports them
            await self._error_cb(error)

    async def _process_err(self, err_msg: str) -> None:
        # As it comes, any `-ERR` but a stale connection or a permission closes the client for good, for instance an
        # authorization violation while the operator reloads the server's users. Here all of them mean: connect again.
        if _PERMISSIONS in err_msg:
            await super()._process_err(err_msg)
            return
        await self._process_op_err(nats.errors.Error(f"nats: {err_msg}"))

    async def _send_ping(self, future: "asyncio.Future[bool] | None" = None) -> None:
        # As it comes, PING is written to the socket ahead of what waits in the buffer, so that a flush after a
        # subscription can return before the server knows of it. Here it queues behind.
        self._pongs.append(asyncio.get_running_loop().create_future() if future is None else future)
        await self._send_command(PING_PROTO)
        await self._flush_pending()

    async def _process_pong(self) -> None:
        # As it comes, a PONG for a flush that timed out meanwhile raises InvalidStateError inside the read loop, which
        # ends, and the connection is deaf until the next stale ping.
        if self._pongs:
            waiting = cast("asyncio.Future[bool]", self._pongs.pop(0))
            if not waiting.done():
                waiting.set_result(True)
        self._pongs_received += 1
        self._pings_outstanding = 0

    async def close(self) -> None:
        """Close; while disconnected, what waits to be sent is given up."""
        # As it comes, the buffer is flushed to a connection that is gone, too, which raises half-way through closing.
        if not self.is_connected:
            self._pending.clear()
            self._pending_data_size = 0
        await super().close()
