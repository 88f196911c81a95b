"""Lending a key to a worker, sealed to it, for a minute at most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from palaver.contracts.failures import Failure
from palaver.contracts.ids import UserId
from palaver.contracts.keyvault import KeySecret, LeaseForCheck, LeaseForCompletion, LeaseForTurn, LeaseKey
from palaver.contracts.sealed import Sealed
from palaver.keyvault import envelope_store, store
from palaver.keyvault.audit_events import LEASE, done, refused
from palaver.keyvault.choosing import Choosing
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key
from palaver.keyvault.envelope import Envelopes, UnknownKekError
from palaver.keyvault.errors import (
    key_encryption_key_missing,
    key_locked,
    key_not_found,
    key_unreadable,
    not_lendable,
    place_missing,
)
from palaver.keyvault.kms.port import TamperedError
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock
from palaver.keyvault.quota import day_of
from palaver.keyvault.unlocks import Unlocks
from palaver.servicekit.database import Database
from palaver.servicekit.reply_box import ReplyBox
from palaver.servicekit.transactions import Transactions, Work

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lease:
    """A key that only its worker can open."""

    key: Key
    sealed: Sealed[KeySecret]
    expires_at: datetime


class Leases:
    """Every lease and every refusal is in the audit trail before the worker has its answer."""

    def __init__(
        self,
        *,
        database: Database,
        transactions: Transactions,
        choosing: Choosing,
        envelopes: Envelopes,
        unlocks: Unlocks,
        metrics: KeyvaultMetrics,
        clock: Clock,
        lifetime: timedelta,
    ) -> None:
        self._database = database
        self._transactions = transactions
        self._choosing = choosing
        self._envelopes = envelopes
        self._unlocks = unlocks
        self._metrics = metrics
        self._clock = clock
        self._lifetime = lifetime

    async def lend(self, request: LeaseKey, reply: ReplyBox) -> Lease:
        """A key for a turn, a side job or a check, in the worker's box.

        Raises Failure: KEY_MISSING, KEY_INVALID, KEY_QUOTA_EXCEEDED for work; KEY_LOCKED; NOT_FOUND for somebody else's
        key; FORBIDDEN for another place than the key's.
        """
        purpose = request.purpose.kind
        chosen, concerned = await self._choose(request)
        outcome = await self._open(chosen, request, reply) if isinstance(chosen, Key) else chosen
        async with self._transactions.begin() as work:
            if isinstance(outcome, Lease):
                await self._note(work, outcome, request)
            elif concerned is not None:
                details = _details(request) | {"code": outcome.code.value}
                await work.say(refused(LEASE, _person(request), concerned.id, self._clock(), **details))
        if isinstance(outcome, Failure):  # raised out here, so that the refusal's audit entry is kept
            self._metrics.leases.labels(purpose, outcome.code.value).inc()
            raise outcome
        self._metrics.leases.labels(purpose, "done").inc()
        return outcome

    async def _choose(self, request: LeaseKey) -> tuple[Key | Failure, Key | None]:
        """The key or why there is none, and the key that the refusal is about."""
        match request.purpose:
            case LeaseForTurn(payer=payer) | LeaseForCompletion(payer=payer):
                if request.provider is None or request.host is None:
                    return place_missing(), None
                if request.key_id is None:
                    return await self._choosing.first(payer, request.provider, request.host)
                return await self._choosing.named(payer, request.provider, request.host, request.key_id)
            case LeaseForCheck():
                return await self._choosing.for_check(request.purpose, request.provider, request.host)

    async def _open(self, chosen: Key, request: LeaseKey, reply: ReplyBox) -> Lease | Failure:
        """Outside of any transaction: a key management system may take its time. Raises Unavailable."""
        now = self._clock()
        async with self._database.read() as conn:
            key = await store.read(conn, chosen.id, now)  # as it is now: perhaps just deleted, or switched off
            envelope = await envelope_store.envelope_of(conn, chosen.id)
        if key is None or envelope is None:
            return key_not_found()
        key = self._unlocks.marked(key)
        if not isinstance(request.purpose, LeaseForCheck) and not key.lendable:
            return not_lendable(key, day_of(now))
        try:
            with (
                wiped(await self._envelopes.decrypt(envelope, key)) as stored,
                wiped(self._opened(stored, key)) as clear,
            ):
                sealed = reply.seal(KeySecret(secret=clear.decode()))
        except LookupError:
            return key_locked(key)
        except TamperedError:
            self._metrics.tampered.inc()
            _log.error("stored_key_does_not_open", key_id=key.id, user_id=key.user_id)
            return key_unreadable(key)
        except UnknownKekError as error:
            _log.error("key_encryption_key_missing", version=error.version, key_id=key.id)
            return key_encryption_key_missing(error.version)
        return Lease(key, sealed, self._unlocks.until(key, now + self._lifetime))

    async def _note(self, work: Work, lease: Lease, request: LeaseKey) -> None:
        now, key = self._clock(), lease.key
        if not isinstance(request.purpose, LeaseForCheck):
            await store.mark_used(work.conn, key.id, now)
        await work.say(done(LEASE, _person(request), key.id, now, **_details(request), host=key.host))

    def _opened(self, stored: bytearray, key: Key) -> bytearray:
        """The secret: a protected key is in one more envelope. Raises TamperedError, LookupError for a locked key."""
        return stored if key.derivation is None else self._unlocks.open(key, stored)


def _person(request: LeaseKey) -> UserId:
    purpose = request.purpose
    return purpose.actor.user_id if isinstance(purpose, LeaseForCheck) else purpose.payer


def _details(request: LeaseKey) -> dict[str, str]:
    details: dict[str, str] = {"purpose": request.purpose.kind, "worker": request.worker}
    match request.purpose:
        case LeaseForTurn(turn_id=turn_id):
            return details | {"turn_id": turn_id}
        case LeaseForCompletion(completion_id=completion_id):
            return details | {"completion_id": completion_id}
        case LeaseForCheck():
            return details
