"""Every subject in, every adapter out, on one screen."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from palaver.contracts import discovery, keyvault, model_configs, model_router, registry, session
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.identity import USER_DELETED
from palaver.contracts.ids import WorkerId
from palaver.model_router import catalogue
from palaver.model_router.addresses import Addresses
from palaver.model_router.administering import Administration
from palaver.model_router.answering import TurnCalls
from palaver.model_router.availability import Standings
from palaver.model_router.breaker import BreakerPolicy
from palaver.model_router.breaker_figures import BreakerFigures
from palaver.model_router.budgets import AnalyticsBudgets
from palaver.model_router.calling import ProviderCalls
from palaver.model_router.checking import KeyCheck
from palaver.model_router.circuits import Circuits, key_circuit
from palaver.model_router.completing import Completing
from palaver.model_router.configuring import Configuration
from palaver.model_router.deltas import BrokerDeltas
from palaver.model_router.discovering import Discovery
from palaver.model_router.generation import Generation
from palaver.model_router.handlers import (
    CatalogueHandlers,
    ConfigHandlers,
    DiscoveryHandlers,
    KeyHandlers,
    TurnHandlers,
)
from palaver.model_router.itineraries import Itineraries
from palaver.model_router.keys import LeasedKeys
from palaver.model_router.metrics import FIGURES, RouterMetrics
from palaver.model_router.neighbours import BrokerNews, ContextWindows, IdentityRoles, SessionClaims
from palaver.model_router.places import ProviderPlaces
from palaver.model_router.preparing import Preparation
from palaver.model_router.providers.loading import LoadedAdapters
from palaver.model_router.providers.network import Network
from palaver.model_router.publishing import BreakerNews, BrokerEvents, PeoplesEar
from palaver.model_router.redis_breakers import RedisBreakers
from palaver.model_router.registry import Registry
from palaver.model_router.registry_handlers import RegistryHandlers
from palaver.model_router.renewing import Renewals
from palaver.model_router.retrying import Retrying
from palaver.model_router.route import Surroundings
from palaver.model_router.routing import RetryPolicy
from palaver.model_router.running import HeldTurns
from palaver.model_router.settings import Settings
from palaver.model_router.side_jobs import SideJobs
from palaver.model_router.silence import Patience
from palaver.model_router.watching import Watching
from palaver.model_router.wishes import Wishes
from palaver.model_router.worker import Worker
from palaver.servicekit.configured import limits_route
from palaver.servicekit.database import Database
from palaver.servicekit.dependencies import Dependencies
from palaver.servicekit.jobs import JobLoop
from palaver.servicekit.redis import Redis
from palaver.servicekit.routes import answer, bind, consume, hear
from palaver.servicekit.sealing import KeyPair
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.transactions import Transactions

SCHEMA = "model_router"
MIGRATIONS = Path(__file__).parent / "migrations"
TURN_RUN = "model-router-turn-run"
PEOPLE = "model-router-people"
COMPLETION_RUN = "model-router-completions"


def build(settings: Settings, kit: Kit) -> Service:
    """The service. Raises ValueError or OSError for a catalogue that cannot be used."""
    limits = settings.limits
    shipped = catalogue.shipped(settings.catalogue_file, settings.base_urls)
    addresses = Addresses(
        settings.addresses.allow_private_networks, frozenset(settings.addresses.allowed_hosts)
    ).trusting(provider.base_url for provider in shipped.own_providers.values())
    database = Database(settings.database, schema=SCHEMA)
    transactions = Transactions(database, kit.broker)
    models = Registry(shipped, database)
    wishes = Wishes(database)
    news = BrokerNews(kit.broker)
    metrics = RouterMetrics(kit.metrics)
    worker_id = WorkerId(kit.instance)
    turns = HeldTurns()

    claims = SessionClaims(kit.broker, worker_id)
    keys = LeasedKeys(kit.broker, worker_id, KeyPair.generate())
    budgets = AnalyticsBudgets(kit.broker)
    events = BrokerEvents(kit.broker)
    deltas = BrokerDeltas(kit.broker, metrics.deltas, metrics.deltas_dropped)
    adapters = LoadedAdapters(Network(connect_seconds=limits.connect_seconds, addresses=addresses))
    renewals = Renewals(claims, turns)

    calls = ProviderCalls(adapters, Patience(limits.first_token_seconds, limits.gap_seconds, limits.call_seconds))
    policy = BreakerPolicy(**settings.breakers.model_dump())
    redis = None if settings.redis is None else Redis(settings.redis)
    shared = None if redis is None else RedisBreakers(redis, policy, worker_id)
    breaker_news = BreakerNews(kit.broker)
    circuits = Circuits(policy, shared, breaker_news.tell)
    places = ProviderPlaces(limits.max_provider_calls)
    itineraries = Itineraries(Surroundings(circuits, places), keys, RetryPolicy(**settings.retry.model_dump()))
    retrying = Retrying(keys, events)

    standings = Standings(keys, circuits)
    watching = Watching(models, keys, standings, circuits, PeoplesEar(kit.broker).tell)
    generation = Generation(
        worker=worker_id,
        preparation=Preparation(models, ContextWindows(kit.broker), itineraries, budgets, wishes, note=watching.note),
        calls=TurnCalls(calls, renewals.nudge, max_characters=limits.max_answer_characters),
        events=events,
        retrying=retrying,
        turn_seconds=limits.turn_seconds,
        metrics=metrics,
        tracer=kit.tracer,
    )
    worker = Worker(
        turns=turns,
        claims=claims,
        renewals=renewals,
        generation=generation,
        outlet=deltas,
        max_turns=limits.max_turns,
        max_held=limits.max_held,
        flush_window_seconds=limits.flush_window_seconds,
    )
    jobs = JobLoop(
        kit.broker, DURABLES[TURN_RUN], model_router.RUN_TURN, worker.free_slots, worker.take, tracer=kit.tracer
    )
    side_jobs = SideJobs(
        Completing(
            registry=models,
            itineraries=itineraries,
            budgets=budgets,
            calls=calls,
            retrying=retrying,
            events=events,
            completion_seconds=limits.completion_seconds,
            metrics=metrics,
        ),
        events,
        most=limits.max_side_jobs,
        max_characters=limits.max_answer_characters,
    )
    completions = JobLoop(
        kit.broker,
        DURABLES[COMPLETION_RUN],
        model_router.RUN_COMPLETION,
        side_jobs.free_slots,
        side_jobs.take,
        tracer=kit.tracer,
    )
    kit.broker.on_reconnect(worker.resend)
    kit.broker.on_reconnect(keys.forget_all)
    kit.broker.on_gap(keys.forget_all)
    kit.broker.listen(models.nudge)
    kit.broker.listen(wishes.forget_all)

    async def drain() -> None:
        await asyncio.gather(
            worker.drain(jobs.stop, settings.drain_seconds), side_jobs.drain(completions.stop, settings.drain_seconds)
        )

    about_models = CatalogueHandlers(models, standings)
    about_turns = TurnHandlers(turns)
    administration = Administration(
        registry=models,
        transactions=transactions,
        addresses=addresses,
        news=news,
        roles=IdentityRoles(kit.broker),
        clock=_now,
    )
    about_configs = ConfigHandlers(Configuration(models, database, wishes, news), wishes)
    about_registry = RegistryHandlers(administration, models)
    check = KeyCheck(models, keys, adapters, events, lambda key_id: circuits.reset(key_circuit(key_id)))
    about_keys = KeyHandlers(check, keys, circuits)
    about_offers = DiscoveryHandlers(Discovery(models, keys, adapters, events))
    return Service(
        name=kit.name,
        routes=(
            limits_route(model_router.LIMITS_GET, settings, model_router.OWNER),
            answer(model_router.MODEL_LIST, about_models.on_model_list),
            answer(model_router.MODEL_READ, about_models.on_model_read),
            answer(model_router.PROVIDER_LIST, about_models.on_provider_list),
            answer(model_router.KEY_VALIDATE, about_keys.on_key_validate),
            answer(discovery.MODEL_DISCOVER, about_offers.on_model_discover),
            answer(model_router.TURN_SNAPSHOT, about_turns.on_turn_snapshot, worker_id),
            answer(registry.PROVIDER_REGISTERED, about_registry.on_provider_registered),
            answer(registry.PROVIDER_CREATE, about_registry.on_provider_create),
            answer(registry.PROVIDER_UPDATE, about_registry.on_provider_update),
            answer(registry.PROVIDER_DELETE, about_registry.on_provider_delete),
            answer(registry.MODEL_REGISTERED, about_registry.on_model_registered),
            answer(registry.MODEL_CREATE, about_registry.on_model_create),
            answer(registry.MODEL_UPDATE, about_registry.on_model_update),
            answer(registry.MODEL_DELETE, about_registry.on_model_delete),
            consume(DURABLES[PEOPLE], bind(USER_DELETED, about_configs.on_user_deleted)),
            answer(model_configs.CONFIG_GET, about_configs.on_config_get),
            answer(model_configs.CONFIG_PUT, about_configs.on_config_update),
            hear(model_configs.CONFIG_CHANGED, about_configs.on_config_changed),
            hear(registry.REGISTRY_CHANGED, about_models.on_registry_changed),
            hear(session.TURN_STOP, about_turns.on_turn_stop),
            hear(keyvault.KEY_REVOKED, about_keys.on_key_revoked),
            hear(keyvault.KEYS_CHANGED, about_keys.on_keys_changed),
            hear(model_router.BREAKER_CHANGED, about_keys.on_breaker_changed),
        ),
        resources=(database, models, *(() if redis is None else (redis,)), circuits, adapters, budgets, breaker_news),
        measured=(transactions, metrics, BreakerFigures(circuits, models), places),
        figures=FIGURES,
        pulled=(DURABLES[TURN_RUN], DURABLES[COMPLETION_RUN]),
        tasks={
            "jobs": jobs.run,
            "side-jobs": completions.run,
            "renewals": renewals.run,
            "deltas": deltas.run,
            "breakers": circuits.run,
            "watching": watching.run,
            "warm-up": adapters.warm_up,
            "registry": models.follow,
            "outbox": transactions.relay,
            "dependencies": Dependencies(kit, {"postgres": database.ping}).run,
        },
        on_stop=drain,
        drain_seconds=settings.drain_seconds,
    )


def _now() -> datetime:
    return datetime.now(UTC)
