"""nats-py's client with four holes closed, so that "reconnects for ever" and "flushed" are true.

Checked against nats-py 2.16; `tests/component/test_broker_outages.py` fails if an upgrade changes what this relies on.
"""

import asyncio
from typing import cast

import nats.errors
from nats.aio.client import PING_PROTO, Client

_PERMISSIONS = "permissions violation"


class LastingClient(Client):
    """A connection that ends only when it is closed by us."""

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
