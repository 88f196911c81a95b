"""Pulling from one durable, driven by demand: asks for as many messages as there are free places, as they become free.

nats-py's own `fetch` finishes one batch before it asks for the next and makes a task per message; this asks again while
earlier messages are still being worked on, and needs one subscription. A durable is only ever *bound*: at run time a
service may ask for its next messages and read its durable's info, nothing more.
"""

import asyncio
import json
from collections.abc import Callable

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import api
from nats.js.errors import APIError, NotFoundError

from palaver.contracts.streams import Durable
from palaver.servicekit.broker import Broker
from palaver.servicekit.connection import NATS
from palaver.servicekit.errors import NotProvisioned, Unavailable

EXPIRES_SECONDS = 30.0
HEARTBEAT_SECONDS = 10.0
"""The broker sends a sign of life this often while a request waits; the server allows at most half of the expiry."""
SILENCE_SECONDS = 2 * HEARTBEAT_SECONDS + 1
"""After this without message, status or heartbeat the requests are considered lost and made anew."""
REFUSED_PAUSE_SECONDS = 0.5
_NANOSECONDS = 1_000_000_000

_log = structlog.get_logger()


class Pull:
    """The flow of messages from one durable to `on_message`, at most `demand()` at a time."""

    def __init__(
        self, broker: Broker, durable: Durable, *, on_message: Callable[[Msg], None], demand: Callable[[], int]
    ) -> None:
        self._broker = broker
        self._durable = durable
        self._on_message = on_message
        self._demand = demand
        self._next_subject = f"$JS.API.CONSUMER.MSG.NEXT.{durable.stream.name}.{durable.name}"
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._asked = 0  # messages that the broker may still send us for requests made
        self._heard_at = 0.0
        self._refused = False
        self._stopped = False
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Pull until `stop`. Raises NotProvisioned and Unavailable; may be run again."""
        await self._check_durable()
        forget = self._broker.listen(self._forget_requests)
        try:
            while not self._stopped:
                await self._top_up()
                await self._wait()
        finally:
            forget()

    def wake(self) -> None:
        """Demand may have changed."""
        self._wake.set()

    async def stop(self, timeout_seconds: float) -> None:
        """Ask for nothing more; what the broker has sent already still arrives before this returns."""
        self._stopped = True
        self._wake.set()
        await self._unsubscribe(timeout_seconds)

    async def _check_durable(self) -> None:
        stream, name = self._durable.stream.name, self._durable.name
        try:
            await self._broker.nc.jsm(timeout=2).consumer_info(stream, name)
        except NotFoundError as error:
            raise NotProvisioned(f"durable {name} of stream {stream} is not declared; run `palaver migrate`") from error
        except (APIError, nats.errors.Error, TimeoutError, OSError) as error:
            await self._broker.check_permissions()
            raise Unavailable(NATS, f"no info about durable {name}: {error}") from error

    # ---- asking ----

    async def _top_up(self) -> None:
        if not self._broker.up:
            return
        if self._subscription is None or not self._inbox or self._silent():
            await self._renew_inbox()
            if self._stopped:
                await self._unsubscribe(1.0)
                return
        want = self._demand()
        missing = want - self._asked
        # While some requests are open, small differences are saved up: one request for half of the places costs the
        # broker less than one per finished message, and delays nothing, for what is asked for is delivered.
        if missing <= 0 or (self._asked > 0 and missing < want // 2):
            return
        if self._asked == 0:
            self._heard_at = _now()
        self._asked += missing
        request = {
            "batch": missing,
            "expires": int(EXPIRES_SECONDS * _NANOSECONDS),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * _NANOSECONDS),
        }
        try:
            await self._broker.nc.publish(self._next_subject, json.dumps(request).encode(), reply=self._inbox)
        except nats.errors.Error:
            self._asked = 0  # the connection broke between the check and here; its return wakes us

    async def _wait(self) -> None:
        if self._refused:
            self._refused = False
            await asyncio.sleep(REFUSED_PAUSE_SECONDS)
            return
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    def _silent(self) -> bool:
        if self._asked == 0 or _now() - self._heard_at < SILENCE_SECONDS:
            return False
        _log.warning("pull_silent", durable=self._durable.name, seconds=SILENCE_SECONDS)
        return True

    def _forget_requests(self) -> None:
        """The broker came back: it may or may not remember our requests, so answers to them are no longer wanted."""
        self._asked = 0
        self._heard_at = -SILENCE_SECONDS
        self._inbox = ""
        self._wake.set()

    # ---- the inbox ----

    async def _renew_inbox(self) -> None:
        await self._unsubscribe(1.0)
        self._asked = 0
        self._inbox = self._broker.nc.new_inbox()
        try:
            self._subscription = await self._broker.nc.subscribe(self._inbox, cb=self._on_any)
        except nats.errors.Error as error:
            raise Unavailable(NATS, str(error)) from error

    async def _unsubscribe(self, timeout_seconds: float) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is None or self._broker.nc.is_closed:
            return
        try:
            async with asyncio.timeout(timeout_seconds):
                await subscription.drain()
        except (nats.errors.Error, TimeoutError, OSError) as error:
            _log.info("pull_inbox_left_open", durable=self._durable.name, error=str(error))

    async def _on_any(self, msg: Msg) -> None:
        self._heard_at = _now()
        if msg.reply.startswith("$JS.ACK."):  # only the broker can put this there: a delivered message
            self._asked = max(0, self._asked - 1)
            self._on_message(msg)
        elif msg.subject == self._inbox:
            self._on_status(msg.headers or {})
        # else: the status of a request of an inbox that was given up

    def _on_status(self, headers: dict[str, str]) -> None:
        status = headers.get(api.Header.STATUS.value, "")
        if status == api.StatusCode.CONTROL_MESSAGE.value:  # heartbeat
            return
        unserved = headers.get("Nats-Pending-Messages")
        self._asked = max(0, self._asked - int(unserved)) if unserved is not None else 0
        if status != api.StatusCode.REQUEST_TIMEOUT.value:
            self._refused = True
            description = headers.get(api.Header.DESCRIPTION.value, "")
            _log.warning("pull_refused", durable=self._durable.name, status=status, description=description)
        self._wake.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
