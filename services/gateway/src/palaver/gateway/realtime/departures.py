"""Connections whose sign-in is over are closed: when that is broadcast, and when a broadcast may have been missed."""

import asyncio

from palaver.contracts.sign_ins import SignInEnded
from palaver.gateway.ended import EndedSignIns
from palaver.gateway.realtime.hub import Hub

EVERY_SECONDS = 30.0
"""Core messages are lost silently, so Redis is asked about all connected sign-ins now and then."""


class Departures:
    """Give `run` to the service as a task, and `check` to the broker for its gaps."""

    def __init__(self, ended: EndedSignIns, hub: Hub) -> None:
        self._ended = ended
        self._hub = hub

    async def on_sign_in_ended(self, news: SignInEnded) -> None:
        """At once, and from now on."""
        self._ended.note(news.sid, news.until.timestamp())
        self._hub.end_sign_in(news.user_id, news.sid)

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.check()

    async def check(self) -> None:
        """Close what should have been closed."""
        signed_in = self._hub.sign_ins()
        for sid in await self._ended.among(signed_in):
            self._hub.end_sign_in(signed_in[sid], sid)
