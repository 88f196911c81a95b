"""The FastAPI application: routers, errors, middleware, OpenAPI."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from opentelemetry.trace import Tracer

from palaver.contracts.operations import ConfiguredLimit
from palaver.gateway.api import (
    account,
    admin,
    audit,
    auth,
    chat,
    events,
    invitations,
    key_locks,
    keys,
    limits,
    messages,
    models,
    oauth,
    passwords,
    personas,
    problems,
    registry,
    second_factor,
    sessions,
    shares,
    stats,
    status,
    summaries,
    users,
)
from palaver.gateway.api.envelope import ErrorEnvelope
from palaver.gateway.api.idempotency import REPLAYED
from palaver.gateway.api.middleware import BodyLimit, Observation, SecurityHeaders
from palaver.gateway.api.status import Running
from palaver.gateway.api.surroundings import Surroundings
from palaver.gateway.idempotency import Answers
from palaver.gateway.metrics import RestMetrics
from palaver.gateway.realtime.following import Following
from palaver.gateway.web import WebPage
from palaver.servicekit.client_traces import ClientTraces

PREFIX = "/api/v1"
_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorEnvelope, "description": "Not signed in, or no longer."},
    402: {"model": ErrorEnvelope, "description": "A limit on money or a quota is reached."},
    403: {"model": ErrorEnvelope, "description": "Not allowed."},
    404: {"model": ErrorEnvelope, "description": "There is no such thing."},
    409: {"model": ErrorEnvelope, "description": "It does not fit the present state."},
    413: {"model": ErrorEnvelope, "description": "Too large."},
    422: {"model": ErrorEnvelope, "description": "A part of the request is not valid."},
    423: {"model": ErrorEnvelope, "description": "Locked; unlock your keys."},
    429: {"model": ErrorEnvelope, "description": "Too often; `Retry-After` says when."},
    500: {"model": ErrorEnvelope, "description": "A mistake of ours."},
    502: {"model": ErrorEnvelope, "description": "The provider broke off."},
    503: {"model": ErrorEnvelope, "description": "A part of the service is down; try again."},
    504: {"model": ErrorEnvelope, "description": "The provider or a part of the service took too long."},
}


def create(
    around: Surroundings,
    answers: Answers,
    running: Running,
    following: Following,
    page: WebPage,
    *,
    metrics: RestMetrics,
    tracer: Tracer,
    traces: ClientTraces,
    max_body_bytes: int,
    limits_here: tuple[ConfiguredLimit, ...],
) -> FastAPI:
    """Everything that speaks HTTP, the web page last."""
    app = _endpoints()
    app.state.surroundings = around
    app.state.answers = answers
    app.state.limits = limits_here
    app.state.running = running
    app.state.following = following
    problems.install(app)
    app.router.default = page  # not mounted: a mount takes every path, and a wrong method would be no 405 any more
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)
    if around.origins.allowed:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(around.origins.allowed),
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
            expose_headers=["Retry-After", *REPLAYED],
        )
    app.add_middleware(SecurityHeaders, strict_transport=around.secure_cookies)
    app.add_middleware(Observation, metrics=metrics, tracer=tracer, traces=traces)
    return app


def describe() -> dict[str, Any]:
    """The OpenAPI document, without a running gateway."""
    return _endpoints().openapi()


def _endpoints() -> FastAPI:
    app = FastAPI(
        title="Palaver",
        summary="A self-hosted group chat with several language models.",
        version=version("palaver-gateway"),
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # their pages load scripts from elsewhere, which the content security policy forbids
        redoc_url=None,
    )
    api = APIRouter(prefix=PREFIX, responses=_ERRORS)
    for module in (
        auth,
        users,
        account,
        passwords,
        second_factor,
        sessions,
        shares,
        events,
        messages,
        personas,
        models,
        key_locks,  # before keys: its paths would be read as ids
        keys,
        stats,
        chat,
        summaries,
        registry,
        admin,
        invitations,
        audit,
        limits,
        oauth,
    ):
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(status.router)
    return app
