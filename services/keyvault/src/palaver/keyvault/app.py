"""The keyvault, wired: every subject in, every adapter out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from palaver.contracts import key_locks, key_records, keyvault, limits
from palaver.contracts.analytics import COMPLETION_CALL_LOST
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.identity import USER_DELETED
from palaver.contracts.model_router import COMPLETION_METERED, KEY_CHECKED, USAGE_METERED
from palaver.contracts.session import ATTEMPT_LOST
from palaver.contracts.sign_ins import SIGN_IN_ENDED
from palaver.keyvault.choosing import Choosing
from palaver.keyvault.envelope import Envelopes
from palaver.keyvault.handlers import Handlers
from palaver.keyvault.housekeeping import Housekeeping
from palaver.keyvault.keepers import Keepers
from palaver.keyvault.keeping import Keeping
from palaver.keyvault.kek_check import KekCheck
from palaver.keyvault.keys import Keys
from palaver.keyvault.kms.loading import Keks
from palaver.keyvault.leases import Leases
from palaver.keyvault.leaving import Leaving
from palaver.keyvault.locking import Locking
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.neighbours import ConnectedKeepers, IdentityTrail
from palaver.keyvault.offered import ProtectedKeys
from palaver.keyvault.ports import Clock
from palaver.keyvault.records import Records
from palaver.keyvault.rewrapping import Rewrapping
from palaver.keyvault.roles import IdentityRoles
from palaver.keyvault.settings import Settings
from palaver.keyvault.unlocks import Unlocks
from palaver.keyvault.usage import UsageCounter
from palaver.keyvault.workers import BrokerWorkers
from palaver.servicekit.configured import limits_route
from palaver.servicekit.database import Database
from palaver.servicekit.dependencies import Dependencies
from palaver.servicekit.routes import answer, bind, consume, hear
from palaver.servicekit.sealing import KeyPair
from palaver.servicekit.secret_keys import raw_key
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.transactions import Transactions

SCHEMA = "keyvault"
MIGRATIONS = Path(__file__).parent / "migrations"


def _now() -> datetime:
    return datetime.now(UTC)


def build(settings: Settings, kit: Kit, *, clock: Clock = _now) -> Service:
    """Make the service; nothing runs yet."""
    metrics = KeyvaultMetrics(kit.metrics)
    database = Database(settings.database, schema=SCHEMA)
    transactions = Transactions(database, kit.broker)
    keks = Keks(settings.all_keks())
    envelopes = Envelopes(keks.by_version, current=settings.encrypting_version)
    roles = IdentityRoles(kit.broker, clock)
    workers = BrokerWorkers(kit.broker)
    pair = KeyPair.from_private(raw_key(settings.sealing_key))
    unlocks = Unlocks(kit.broker, pair, clock)
    locking = Locking(
        database=database,
        transactions=transactions,
        envelopes=envelopes,
        unlocks=unlocks,
        workers=workers,
        clock=clock,
        lifetime=timedelta(seconds=limits.KEY_UNLOCK_SECONDS),
    )
    keepers = Keepers(database, transactions, roles, clock)
    choosing = Choosing(database, transactions, roles, unlocks, clock)
    keys = Keys(
        database=database,
        transactions=transactions,
        envelopes=envelopes,
        keepers=keepers,
        roles=roles,
        workers=workers,
        unlocks=unlocks,
        metrics=metrics,
        clock=clock,
        max_per_user=settings.max_keys_per_user,
        max_shared=settings.max_shared_keys,
    )
    leases = Leases(
        database=database,
        transactions=transactions,
        choosing=choosing,
        envelopes=envelopes,
        unlocks=unlocks,
        metrics=metrics,
        clock=clock,
        lifetime=timedelta(seconds=settings.lease_seconds),
    )
    handlers = Handlers(
        pair=pair,
        keys=keys,
        keeping=Keeping(transactions, keepers, workers, metrics, clock),
        records=Records(database, keepers, IdentityTrail(kit.broker), clock),
        choosing=choosing,
        leases=leases,
        usage=UsageCounter(transactions, workers, ConnectedKeepers(kit.broker), metrics, clock),
        leaving=Leaving(transactions, workers, metrics, clock),
        protected=ProtectedKeys(database, unlocks, clock),
        unlocks=unlocks,
        locking=locking,
    )
    rewrapping = Rewrapping(database, transactions, envelopes, metrics, clock, batch=settings.rewrap_batch)
    dependencies = Dependencies(kit, {"postgres": database.ping})
    return Service(
        name=keyvault.OWNER,
        routes=(
            limits_route(keyvault.LIMITS_GET, settings, keyvault.OWNER),
            answer(keyvault.KEY_CREATE, handlers.key_create),
            answer(keyvault.KEY_PROTECT, handlers.key_protect),
            answer(keyvault.KEY_LIST, handlers.key_list),
            answer(keyvault.KEY_GET, handlers.key_get),
            answer(keyvault.KEY_CHANGE, handlers.key_change),
            answer(keyvault.KEY_ENABLE, handlers.key_enable),
            answer(keyvault.KEY_DISABLE, handlers.key_disable),
            answer(keyvault.KEY_DELETE, handlers.key_delete),
            answer(keyvault.KEY_CANDIDATES, handlers.key_candidates),
            answer(keyvault.KEY_LEASE, handlers.key_lease),
            answer(key_locks.LOCK_GET, handlers.lock_get),
            answer(key_locks.KEYS_UNLOCK, handlers.keys_unlock),
            answer(key_locks.KEYS_LOCK, handlers.keys_lock),
            hear(key_locks.KEYS_UNLOCKED, unlocks.on_unlocked),
            hear(key_locks.KEYS_LOCKED, unlocks.on_locked),
            hear(key_locks.UNLOCKS_WANTED, unlocks.on_wanted),
            hear(SIGN_IN_ENDED, handlers.on_sign_in_ended),
            answer(key_records.KEY_USAGE_GET, handlers.usage_get),
            answer(key_records.KEY_AUDIT_LIST, handlers.audit_list),
            consume(DURABLES["keyvault-key-checks"], bind(KEY_CHECKED, handlers.on_key_checked)),
            consume(
                DURABLES["keyvault-attempts"],
                bind(ATTEMPT_LOST, handlers.on_attempt_lost),
                bind(COMPLETION_CALL_LOST, handlers.on_side_job_call_lost),
            ),
            consume(DURABLES["keyvault-people"], bind(USER_DELETED, handlers.on_user_deleted)),
            consume(
                DURABLES["keyvault-usage"],
                bind(USAGE_METERED, handlers.on_usage_metered),
                bind(COMPLETION_METERED, handlers.on_completion_metered),
            ),
        ),
        resources=(database, keks, KekCheck(database, settings.versions)),
        measured=(transactions,),
        tasks={
            "outbox": transactions.relay,
            "rewrapping": rewrapping.run,
            "unlocks": locking.run,
            "housekeeping": Housekeeping(database, clock).run,
            "dependencies": dependencies.run,
        },
        drain_seconds=settings.drain_seconds,
    )
