"""The gateway, put together: every part and every subject on one screen."""

from typing import Any

from palaver.contracts import analytics, context, gateway, identity, keyvault, model_router, session, sign_ins
from palaver.contracts.client_protocol import ConnectionLimits
from palaver.gateway.api.application import create
from palaver.gateway.api.status import Running
from palaver.gateway.api.surroundings import Rates, Surroundings
from palaver.gateway.auth import Authenticator, KeySet
from palaver.gateway.conversation import Conversation
from palaver.gateway.edge import Edge
from palaver.gateway.ended import EndedSignIns
from palaver.gateway.handlers import News
from palaver.gateway.idempotency import Answers
from palaver.gateway.limits import Rate, RateLimits
from palaver.gateway.metrics import FIGURES, EdgeMetrics, RealtimeFigures, RestMetrics
from palaver.gateway.origins import Origins
from palaver.gateway.realtime.census import Census
from palaver.gateway.realtime.departures import Departures
from palaver.gateway.realtime.endpoint import Endpoint
from palaver.gateway.realtime.following import Following
from palaver.gateway.realtime.handlers import Handlers
from palaver.gateway.realtime.heads import HeadChecks
from palaver.gateway.realtime.hub import Hub
from palaver.gateway.realtime.relay import Relay
from palaver.gateway.realtime.traffic import Traffic
from palaver.gateway.realtime.welcome import Welcomes
from palaver.gateway.recipients import Recipient
from palaver.gateway.settings import Settings
from palaver.gateway.web import WebPage
from palaver.servicekit.client_traces import ClientTraces
from palaver.servicekit.configured import configured
from palaver.servicekit.dependencies import Dependencies
from palaver.servicekit.redis import Redis
from palaver.servicekit.routes import hear
from palaver.servicekit.service import Kit, Service

_OUTAGE_NEWS = (
    session.DEPENDENCY_CHANGED,
    context.DEPENDENCY_CHANGED,
    model_router.DEPENDENCY_CHANGED,
    keyvault.DEPENDENCY_CHANGED,
    analytics.DEPENDENCY_CHANGED,
    identity.DEPENDENCY_CHANGED,
    gateway.DEPENDENCY_CHANGED,
)


def build(settings: Settings, kit: Kit) -> Service:
    """The service; `Edge` among its resources is where clients connect."""
    broker, realtime, rates = kit.broker, settings.realtime, settings.rates
    redis = Redis(settings.redis)
    traffic = Traffic()
    traces = ClientTraces(settings.telemetry)
    edge_metrics = EdgeMetrics(kit.metrics)
    rate_limits = RateLimits(redis.client, edge_metrics.rate_limited)
    origins = Origins(settings.allowed_origins)
    keys = KeySet(broker, keep_seconds=settings.jwks_seconds)
    recipient = Recipient.of(settings.identity_key)
    ended = EndedSignIns(redis.client)
    authenticator = Authenticator(
        broker, keys, recipient, ended, issuer=settings.token_issuer, audience=settings.token_audience
    )
    relay = Relay(broker, realtime, traffic)
    conversation = Conversation(
        broker,
        rate_limits,
        kit.tracer,
        relay,
        metrics=edge_metrics,
        traces=traces,
        messages=Rate("messages", rates.messages_per_minute),
        max_characters=settings.max_message_characters,
    )
    census = Census(redis.client, kit.instance, realtime)
    hub = Hub(broker, relay, ended, census, realtime)
    departures = Departures(ended, hub)
    heads = HeadChecks(broker, relay, realtime)
    welcomes = Welcomes(
        ConnectionLimits(
            max_frame_bytes=realtime.max_frame_bytes,
            max_message_characters=settings.max_message_characters,
            max_attached_sessions=realtime.max_attached_sessions,
            messages_per_minute=rates.messages_per_minute,
        ),
        heartbeat_seconds=realtime.heartbeat_seconds,
    )
    handlers = Handlers(relay, conversation, authenticator, welcomes)
    connects = Rate("connects", rates.connects_per_minute)
    endpoint = Endpoint(
        authenticator=authenticator,
        handlers=handlers,
        hub=hub,
        relay=relay,
        welcomes=welcomes,
        origins=origins,
        rates=rate_limits,
        connects=connects,
        settings=realtime,
        traffic=traffic,
    )
    rest = create(
        Surroundings(
            broker=broker,
            authenticator=authenticator,
            keys=keys,
            identity=recipient,
            keyvault=Recipient.of(settings.keyvault_key),
            conversation=conversation,
            rate_limits=rate_limits,
            rates=Rates(
                requests=Rate("requests", rates.requests_per_minute),
                sign_ins=Rate("sign-ins", rates.sign_ins_per_minute),
                refreshes=Rate("refreshes", rates.refreshes_per_minute),
                registrations=Rate("registrations", rates.registrations_per_minute),
                shared=Rate("shared", rates.shared_per_minute),
                proofs=Rate("proofs", rates.proofs_per_minute),
                mails=Rate("mails", rates.mails_per_minute),
                connects=connects,
            ),
            origins=origins,
            secure_cookies=settings.secure_cookies,
        ),
        Answers(redis.client, keep_seconds=settings.idempotency_seconds),
        Running(hub=hub, relay=relay, handlers=handlers, health=kit.health, limits=realtime),
        Following(hub, relay, realtime, traffic),
        WebPage(settings.web_directory),
        metrics=RestMetrics(kit.metrics),
        tracer=kit.tracer,
        traces=traces,
        max_body_bytes=settings.max_body_bytes,
        limits_here=configured(settings, gateway.OWNER),
    )

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        # WebSockets go straight to their endpoint: ten thousand of them should not each hold a stack of middleware.
        await (endpoint if scope["type"] == "websocket" else rest)(scope, receive, send)

    edge = Edge(
        serve,
        host=settings.host,
        port=settings.port,
        max_frame_bytes=realtime.max_frame_bytes,
        heartbeat_seconds=realtime.heartbeat_seconds,
        silence_seconds=realtime.silence_seconds,
        close_seconds=realtime.close_seconds,
        trusted_proxies=settings.trusted_proxies,
    )
    news = News(hub.outages)
    dependencies = Dependencies(
        kit, {"nats": broker.ping, "redis": redis.ping}, on_change=lambda name, up: hub.outages.observe(name, up=up)
    )
    broker.on_gap(heads.on_gap)
    broker.on_gap(departures.check)
    return Service(
        name=gateway.OWNER,
        routes=(
            hear(sign_ins.SIGN_IN_ENDED, departures.on_sign_in_ended),
            *(hear(subject, news.on_dependency_changed) for subject in _OUTAGE_NEWS),
        ),
        resources=(redis, census, relay, handlers, edge),
        measured=(RealtimeFigures(hub, relay, traffic),),
        figures=FIGURES,
        tasks={
            "heads": heads.run,
            "census": census.run,
            "sweep": hub.sweep,
            "departures": departures.run,
            "dependencies": dependencies.run,
        },
        on_stop=edge.stop,
        drain_seconds=settings.drain_seconds,
    )
