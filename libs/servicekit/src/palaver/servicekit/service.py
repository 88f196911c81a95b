"""A service and its life: resources up, routes open, loops running; and all of it down again in the reverse order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog
from opentelemetry.trace import NoOpTracer, Tracer
from prometheus_client import CollectorRegistry
from structlog.contextvars import bound_contextvars

from palaver.contracts.streams import Durable
from palaver.servicekit.answering import Answering, Hearing
from palaver.servicekit.availability import Availability
from palaver.servicekit.backlog import Backlog
from palaver.servicekit.broker import Broker
from palaver.servicekit.consuming import Consumer
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.figures import Figure, Figures, Measured
from palaver.servicekit.health import Health, Phase
from palaver.servicekit.metrics import SERVICE_FIGURES, ConsumerMetrics, MessageMetrics, ProcessMetrics
from palaver.servicekit.ports import Loop, Resource
from palaver.servicekit.process import watch_loop
from palaver.servicekit.routes import Answer, Consume, Hear, Route
from palaver.servicekit.runtime import Runtime
from palaver.servicekit.tasks import TaskSet, supervise

DEFAULT_DRAIN_SECONDS = 6.0
"""All of Palaver must be able to stop within ten seconds."""
PERMISSION_PAUSE_SECONDS = 0.5
LEAVE_SECONDS = 2.0
"""For the broker's word that no further question comes."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kit:
    """What a service is given: its connection, its registry, its place to say how it is.

    `instance` is a UUIDv7 of this process's copy of the service. `shows_process`: it has this process to itself, or is
    the one that shows the process's own figures.
    """

    name: str
    instance: str
    broker: Broker
    metrics: CollectorRegistry
    health: Health
    tracer: Tracer = field(default_factory=NoOpTracer)
    shows_process: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A built service, not yet running.

    `tasks` are named long-running loops, run again with back-off when they raise. `on_stop` is awaited first when the
    service stops: routes still answer and tasks still run, so that work can be handed over; it shares the deadline
    `drain_seconds` with the messages in work. While `availability` says no, questions go to other replicas; with no
    other one, askers are told that nobody answers. `measured` are parts that show `figures`, besides those that
    every service has; `pulled` are durables that loops of the service's own pull from.
    """

    name: str
    routes: tuple[Route, ...]
    resources: tuple[Resource, ...] = ()
    tasks: Mapping[str, Loop] = field(default_factory=dict[str, Loop])
    on_stop: Callable[[], Awaitable[None]] | None = None
    availability: Availability | None = None
    drain_seconds: float = DEFAULT_DRAIN_SECONDS
    measured: tuple[Measured, ...] = ()
    figures: tuple[Figure, ...] = ()
    pulled: tuple[Durable, ...] = ()


async def run(service: Service, kit: Kit, stop: asyncio.Event) -> None:
    """Run until `stop` is set (or this task is cancelled), then stop in order.

    Starting raises what a resource raises, and BrokerDenied when a subscription is refused. The kit stays open.
    """
    with bound_contextvars(service=service.name):
        await _Life(service, kit).run(stop)


class _Life:
    def __init__(self, service: Service, kit: Kit) -> None:
        self._service = service
        self._kit = kit
        self._runtime = Runtime(service.name, kit.broker, MessageMetrics(kit.metrics), kit.tracer)
        self._consumers = [Consumer(route, self._runtime) for route in service.routes if isinstance(route, Consume)]
        self._subscribed: list[Answering | Hearing] = []
        self._started: list[Resource] = []
        self._loops = TaskSet(f"{service.name}.loop")
        self._show_figures()

    def _show_figures(self) -> None:
        health, metrics = self._kit.health, self._runtime.metrics
        metrics.broker_up.set_function(lambda: self._kit.broker.up)
        metrics.phase.set_function(lambda: health.ready)
        figures = Figures(self._kit.metrics, (*SERVICE_FIGURES, *self._service.figures))
        for part in (self._kit.broker, *self._service.measured):
            part.show(figures)

    async def run(self, stop: asyncio.Event) -> None:
        try:
            await self._start(stop)
            await stop.wait()
        finally:
            await self._stop()

    async def _start(self, stop: asyncio.Event) -> None:
        for resource in self._service.resources:
            self._started.append(resource)
            await resource.start()
        for route in self._service.routes:
            await self._subscribe(route)
        await self._await_permission(stop)
        if stop.is_set():
            return
        for consumer in self._consumers:
            self._supervise(consumer.name, consumer.run)
        for name, loop in self._service.tasks.items():
            self._supervise(name, loop)
        self._watch_figures()
        if (availability := self._service.availability) is not None:
            self._supervise("availability", lambda: self._follow(availability))
        self._kit.health.phase = Phase.READY
        _log.info("service_ready", instance=self._kit.instance)

    def _watch_figures(self) -> None:
        consumed = [route.durable for route in self._service.routes if isinstance(route, Consume)]
        if durables := (*consumed, *self._service.pulled):
            backlog = Backlog(self._kit.broker, durables, ConsumerMetrics(self._kit.metrics))
            self._supervise("backlog", backlog.run)
        if self._kit.shows_process:
            lag = ProcessMetrics(self._kit.metrics).loop_lag
            self._supervise("event-loop", lambda: watch_loop(lag))

    async def _subscribe(self, route: Route) -> None:
        match route:
            case Answer():
                running: Answering | Hearing = Answering(route, self._runtime)
            case Hear():
                running = Hearing(route, self._runtime)
            case Consume():
                return
        self._subscribed.append(running)
        await running.open()

    async def _await_permission(self, stop: asyncio.Event) -> None:
        """The broker's word that all subscriptions are allowed, however long it takes to get it.

        Unless it is told to end: when a launcher dies, its broker goes too, and services are told only once.
        """
        while not stop.is_set():
            try:
                await self._kit.broker.check_permissions()
            except Unavailable:
                await asyncio.sleep(PERMISSION_PAUSE_SECONDS)
            else:
                return

    async def _follow(self, availability: Availability) -> None:
        """Leave the queue groups and come back as it is said, for ever."""
        shared = [running for running in self._subscribed if isinstance(running, Answering) and running.shared]
        here = True
        while True:
            here = await availability.differs(from_=here)
            _log.warning("shared_questions", answered_here=here)
            if here:
                await asyncio.gather(*(answering.open() for answering in shared))
            else:
                await asyncio.gather(*(answering.leave(LEAVE_SECONDS) for answering in shared))

    def _supervise(self, name: str, loop: Loop) -> None:
        failures = self._runtime.metrics.task_failures.labels(name)
        self._loops.spawn(supervise(name, loop, failed=failures.inc))

    async def _stop(self) -> None:
        """Hand work over, finish or give back messages, end loops, close resources. Nothing here may skip the rest."""
        self._kit.health.phase = Phase.STOPPING
        _log.info("service_stopping")
        deadline = asyncio.get_running_loop().time() + self._service.drain_seconds
        if self._service.on_stop is not None:
            await _guarded("on_stop", self._service.on_stop, deadline)
        # Consumers first: their last handlers may still ask and hear.
        await _together("consumers", [consumer.close for consumer in self._consumers], deadline)
        await _together("subscriptions", [running.close for running in self._subscribed], deadline)
        await self._loops.cancel()
        for resource in reversed(self._started):
            await _guarded("resource", resource.stop, deadline + self._service.drain_seconds)
        _log.info("service_stopped")


async def _together(what: str, closes: list[Callable[[float], Awaitable[None]]], deadline: float) -> None:
    left = max(0.1, deadline - asyncio.get_running_loop().time())

    async def close(one: Callable[[float], Awaitable[None]]) -> None:
        await _guarded(what, lambda: one(left), deadline + 1.0)

    await asyncio.gather(*(close(one) for one in closes))


async def _guarded(what: str, step: Callable[[], Awaitable[None]], deadline: float) -> None:
    """One step of stopping: bounded, and whatever it raises must not keep the following steps from being taken."""
    try:
        async with asyncio.timeout_at(deadline):
            await step()
    except TimeoutError:
        _log.warning("stop_step_cut", step=what)
    except Exception as error:  # noqa: BLE001 - the rest must be closed all the same
        _log.error("stop_step_failed", step=what, exc_info=error)
