"""Opening a kit from settings: what `serve` does for one process and `palaver up` for several services in one."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from palaver.contracts.ids import new_id
from palaver.servicekit.broker import Broker
from palaver.servicekit.health import Health, HealthServer
from palaver.servicekit.service import Kit
from palaver.servicekit.settings import ServiceSettings
from palaver.servicekit.telemetry import Tracing, registry_for


@asynccontextmanager
async def open_kit(settings: ServiceSettings, *, process_metrics: bool = True) -> AsyncGenerator[Kit]:
    """The kit of the service that `settings` are for, open inside the block.

    Health is served first, so that a service that waits for its broker says so: alive, not ready. Waits for the
    broker however long it takes. `process_metrics` is for one service per process only.
    """
    name = settings.service_name()
    instance = new_id()
    async with AsyncExitStack() as stack:
        tracing = Tracing(settings.telemetry, service=name, instance=instance)
        stack.push_async_callback(tracing.stop)
        metrics = registry_for(name, f"palaver-{name}", process_metrics=process_metrics)
        health = Health()
        server = HealthServer(settings.health, health, metrics)
        await server.start()
        stack.push_async_callback(server.stop)
        broker = await Broker.connect(settings.nats, service=name)
        stack.push_async_callback(broker.drain)
        yield Kit(name, instance, broker, metrics, health, tracing.tracer, process_metrics)
