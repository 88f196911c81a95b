"""A key that is switched off is out of every worker's hands within a second, also of one that did not hear of it.

The real keyvault and the keys of two workers, wired as their `app.py` does; one is cut off while it happens.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry

from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import TurnId, UserId, WorkerId, new_id
from palaver.contracts.keyvault import KEY_DISABLE, KEY_ENABLE, KEY_REVOKED, KeyRevoked, LeaseForTurn, OfKey
from palaver.keyvault.app import MIGRATIONS, SCHEMA
from palaver.keyvault.app import build as build_vault
from palaver.keyvault.settings import Settings
from palaver.keyvault.testing.world import Edge, person
from palaver.model_router import catalogue
from palaver.model_router.keys import LeasedKeys
from palaver.servicekit.broker import Broker
from palaver.servicekit.embedded import Nkey
from palaver.servicekit.health import Health
from palaver.servicekit.routes import hear
from palaver.servicekit.sealing import KeyPair
from palaver.servicekit.secret_keys import new_secret_key, raw_key
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.settings import BrokerSettings
from palaver.servicekit.testing.fault_proxy import FaultProxy
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.servicekit.testing.kits import BrokerFor, DatabaseSettingsFor, Declared, KitFor, Running

pytestmark = pytest.mark.e2e

SECRET = "sk-live-c0ffee9e07b2d84a-WXYZ"
PROVIDER = catalogue.load().provider("openai")


class WorkerKeys:
    """What one worker holds of keys."""

    def __init__(self, broker: Broker) -> None:
        self.keys = LeasedKeys(broker, WorkerId(new_id()), KeyPair.generate())
        broker.on_reconnect(self.keys.forget_all)
        self.back = asyncio.Event()
        broker.listen(self.back.set)

    @property
    def service(self) -> Service:
        """Hears revocations."""
        return Service("model-router", (hear(KEY_REVOKED, self._on_revoked),))

    async def _on_revoked(self, revoked: KeyRevoked) -> None:
        self.keys.forget(revoked.key_id)

    async def key(self, payer: UserId) -> str:
        """The key for a turn, kept or asked for."""
        (candidate,) = await self.keys.candidates(PROVIDER, payer)
        work = LeaseForTurn(turn_id=TurnId(new_id()), payer=payer)
        return (await self.keys.lend(PROVIDER, candidate, work)).secret.get_secret_value()

    async def refused_within(self, seconds: float, payer: UserId) -> bool:
        """Whether this worker has lost the key by then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                await self.key(payer)
            except Failure as failure:
                return failure.code is ErrorCode.KEY_INVALID
            await asyncio.sleep(0.01)
        return False


async def test_a_key_is_switched_off_for_two_workers_one_of_which_was_away(
    *,
    nats_server: RunningNats,
    nats_admin: Nkey,
    kit_for: KitFor,
    broker_for: BrokerFor,
    running: Running,
    declared: Declared,
    database_settings_for: DatabaseSettingsFor,
) -> None:
    own = [durable for durable in DURABLES.values() if durable.service == "keyvault"]
    await declared(STREAMS, own)
    sealing = new_secret_key()
    database = await database_settings_for(SCHEMA, MIGRATIONS)
    values = {"database": database, "sealing_key": sealing, "keks": {1: new_secret_key()}}
    settings = Settings.model_validate(values)
    proxy = FaultProxy(urlsplit(nats_server.url).port or 0)
    async with AsyncExitStack() as stack:
        await proxy.start()
        stack.push_async_callback(proxy.stop)
        vault = await kit_for("keyvault")
        await stack.enter_async_context(running(build_vault(settings, vault), vault))
        edge = Edge(await broker_for("gateway"), KeyPair.from_private(raw_key(sealing)))
        behind = BrokerSettings(url=f"nats://127.0.0.1:{proxy.port}", nkey_seed=nats_admin.seed)
        far_broker = await Broker.connect(behind, service="model-router")
        stack.push_async_callback(far_broker.close)
        near_kit = await kit_for("model-router")
        far_kit = Kit("model-router", new_id(), far_broker, CollectorRegistry(), Health())
        near, far = WorkerKeys(near_kit.broker), WorkerKeys(far_broker)
        for worker, kit in ((near, near_kit), (far, far_kit)):
            await stack.enter_async_context(running(worker.service, kit))

        ada = person()
        stored = await edge.create(ada, SECRET, provider=PROVIDER.id, host=PROVIDER.host)
        of_it = OfKey(actor=ada, key_id=stored.id)
        for worker in (near, far):
            assert await worker.key(ada.user_id) == SECRET
        await edge.broker.ask(KEY_DISABLE, of_it)
        for worker in (near, far):
            assert await worker.refused_within(1.0, ada.user_id)

        await edge.broker.ask(KEY_ENABLE, of_it)
        for worker in (near, far):
            assert await worker.key(ada.user_id) == SECRET
        proxy.refusing = True
        proxy.reset()
        await edge.broker.ask(KEY_DISABLE, of_it)
        assert await near.refused_within(1.0, ada.user_id)
        far.back.clear()
        proxy.heal()
        await asyncio.wait_for(far.back.wait(), 30)
        assert await far.refused_within(1.0, ada.user_id)
