"""How news leaves the service: entries through the log's relay, commands and broadcasts straight to the broker."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import structlog

from palaver.contracts.client_protocol import Error, RoomsData, RoomsNotice
from palaver.contracts.failures import FailureBody
from palaver.contracts.ids import SessionId, UserId
from palaver.contracts.model_router import RUN_TURN, RunTurn
from palaver.contracts.session import ROOMS_CHANGED, TURN_STOP, USER_NOTIFIED, TurnsStopping
from palaver.servicekit.broker import Broker, Outgoing
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.outbox import OutboxRelay
from palaver.session.domain import Turn
from palaver.session.log import said
from palaver.session.ports import News
from palaver.session.store.log import EntryKey

LISTED: Mapping[str, Literal["created", "updated", "archived", "deleted", "restored"]] = MappingProxyType(
    {
        "session.created": "created",
        "session.updated": "updated",
        "session.archived": "archived",
        "session.deleted": "deleted",
        "session.restored": "restored",
    }
)
"""Entries that change what stands in its owner's list of rooms."""

_log = structlog.get_logger()


def run_command(turn: Turn) -> Outgoing:
    """The order to run an issued turn. Its message id is new for every issue: the broker swallows one used before."""
    if turn.deadline is None:
        raise ValueError(f"turn {turn.ref.turn_id} was never issued")
    command = RunTurn(
        session_id=turn.session_id,
        turn=turn.ref,
        attempt=turn.attempt,
        issues=turn.issues,
        payer=turn.payer,
        min_seq=turn.min_seq,
        deadline=turn.deadline,
        settings=turn.settings,
    )
    turn_id = turn.ref.turn_id
    return Broker.outgoing(RUN_TURN, command, turn_id, message_id=f"{turn_id}:{turn.attempt}:{turn.issues}")


class BrokerAnnouncer:
    """An `Announcer`. An order that the broker did not take is issued again by the sweep."""

    def __init__(self, broker: Broker, log_relay: OutboxRelay[EntryKey], outbox_relay: OutboxRelay[int]) -> None:
        self._broker = broker
        self._log_relay = log_relay
        self._outbox_relay = outbox_relay

    async def announce(self, news: News) -> None:
        """See `Announcer`."""
        if news.stopping:
            await self._broadcast_stop(news)
        if news.outbox:
            self._outbox_relay.nudge()
        # The orders first: a worker is on its way to its claim while the rest is being said.
        await asyncio.gather(
            self._order(news.issued), self._log_relay.publish_now([said(entry) for entry in news.entries])
        )
        for entry in news.entries:
            if news.owner is not None and (change := LISTED.get(entry.name)):
                await self._relist(news.owner, RoomsData(session_id=entry.session_id, change=change))

    async def refuse(
        self, author: UserId, session_id: SessionId, client_message_id: str | None, refusal: FailureBody
    ) -> None:
        """See `Announcer`."""
        frame = Error(**refusal.model_dump(), session_id=session_id, client_message_id=client_message_id)
        try:
            await self._broker.send(USER_NOTIFIED, frame, author)
        except Unavailable:
            _log.warning("refusal_unsaid", session=session_id, code=refusal.code)

    async def _order(self, issued: Sequence[Turn]) -> None:
        if issued:
            taken = await self._broker.publish_all([run_command(turn) for turn in issued])
            if not all(taken):
                _log.warning("turns_not_offered", turns=taken.count(False))

    async def _relist(self, owner: UserId, change: RoomsData) -> None:
        try:
            await self._broker.send(ROOMS_CHANGED, RoomsNotice(data=change), owner)
        except Unavailable:
            _log.warning("rooms_unsaid", session=change.session_id)  # who comes back reads the list anyway

    async def _broadcast_stop(self, news: News) -> None:
        try:
            await self._broker.send(TURN_STOP, TurnsStopping(turns=news.stopping))
        except Unavailable:
            _log.warning("stop_unsaid", turns=len(news.stopping))  # renewals repeat it
