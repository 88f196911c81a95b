"""Lending a key to a worker, sealed to it, for a minute at most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from palaver.contracts.failures import Failure
from palaver.contracts.ids import UserId
from palaver.contracts.keyvault import KeySecret, LeaseForCheck, LeaseForCompletion, LeaseForTurn, LeaseKey
from palaver.contracts.sealed import Sealed
from palaver.keyvault import store
from palaver.keyvault.audit_events import LEASE, done, refused
from palaver.keyvault.clear_bytes import wiped
from palaver.keyvault.domain import Key, Status
from palaver.keyvault.envelope import Envelopes, TamperedError, UnknownKekError
from palaver.keyvault.errors import (
    key_disabled,
    key_encryption_key_missing,
    key_invalid,
    key_missing,
    key_not_found,
    key_unreadable,
    place_missing,
    wrong_place,
)
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock
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
        transactions: Transactions,
        envelopes: Envelopes,
        metrics: KeyvaultMetrics,
        clock: Clock,
        *,
        lifetime: timedelta,
    ) -> None:
        self._transactions = transactions
        self._envelopes = envelopes
        self._metrics = metrics
        self._clock = clock
        self._lifetime = lifetime

    async def lend(self, request: LeaseKey, reply: ReplyBox) -> Lease:
        """A key for a turn, a side job or a check, in the worker's box.

        Raises Failure: KEY_MISSING, KEY_INVALID for work; NOT_FOUND for a check of somebody else's key; FORBIDDEN
        for another place than the key's.
        """
        purpose = request.purpose.kind
        async with self._transactions.begin() as work:
            chosen = await self._choose(work, request)
            outcome = await self._open(work, chosen, request, reply) if isinstance(chosen, Key) else chosen
        if isinstance(outcome, Failure):  # raised out here, so that the refusal's audit entry is kept
            self._metrics.leases.labels(purpose, outcome.code.value).inc()
            raise outcome
        self._metrics.leases.labels(purpose, "done").inc()
        return outcome

    async def _choose(self, work: Work, request: LeaseKey) -> Key | Failure:
        match request.purpose:
            case LeaseForTurn() | LeaseForCompletion():
                return await self._for_work(work, request, request.purpose.payer)
            case LeaseForCheck():
                return await self._for_check(work, request, request.purpose)

    async def _for_work(self, work: Work, request: LeaseKey, payer: UserId) -> Key | Failure:
        if request.provider is None or request.host is None:
            return place_missing()
        key = await store.newest_for(work.conn, payer, request.provider, request.host)
        if key is None:
            return key_missing(request.provider)
        if key.status is Status.ACTIVE:
            return key
        refusal = key_disabled(key) if key.status is Status.DISABLED else key_invalid(key)
        return await self._refused(work, key, request, refusal)

    async def _for_check(self, work: Work, request: LeaseKey, purpose: LeaseForCheck) -> Key | Failure:
        key = await store.read(work.conn, purpose.key_id)
        if key is None:
            return key_not_found()
        refusal: Failure | None = None
        if key.user_id != purpose.actor.user_id:
            refusal = key_not_found()
        elif key.status is Status.DISABLED:
            refusal = key_disabled(key)
        elif (request.provider or key.provider, request.host or key.host) != (key.provider, key.host):
            refusal = wrong_place(key)
        return key if refusal is None else await self._refused(work, key, request, refusal)

    async def _open(self, work: Work, key: Key, request: LeaseKey, reply: ReplyBox) -> Lease | Failure:
        envelope = await store.envelope_of(work.conn, key.id)
        if envelope is None:  # deleted a moment ago
            return key_missing(key.provider)
        try:
            with wiped(self._envelopes.decrypt(envelope, key)) as clear:
                sealed = reply.seal(KeySecret(secret=clear.decode()))
        except TamperedError:
            self._metrics.tampered.inc()
            _log.error("stored_key_does_not_open", key_id=key.id, user_id=key.user_id)
            return await self._refused(work, key, request, key_unreadable(key))
        except UnknownKekError as error:
            _log.error("key_encryption_key_missing", version=error.version, key_id=key.id)
            return await self._refused(work, key, request, key_encryption_key_missing(error.version))
        now = self._clock()
        if not isinstance(request.purpose, LeaseForCheck):
            await store.mark_used(work.conn, key.id, now)
        await work.say(done(LEASE, _person(request), key.id, now, **_details(request), host=key.host))
        return Lease(key, sealed, now + self._lifetime)

    async def _refused(self, work: Work, key: Key, request: LeaseKey, refusal: Failure) -> Failure:
        details = _details(request) | {"code": refusal.code.value}
        await work.say(refused(LEASE, _person(request), key.id, self._clock(), **details))
        return refusal


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
