"""Who says, asks and hears what: the one table from which permissions, durables and documents are made.

A service answers its own queries, takes its own commands and says its own events, live messages and broadcasts; that
needs no entry. What it may ask, order and hear of others stands here, and nothing else is allowed on the broker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from palaver.contracts import (
    administration,
    analytics,
    context,
    discovery,
    gateway,
    identity,
    invitations,
    key_locks,
    key_records,
    keyvault,
    limits,
    model_configs,
    model_router,
    oauth,
    passwords,
    personas,
    preferences,
    registry,
    second_factor,
    session,
    shares,
    sign_ins,
)
from palaver.contracts.operations import AuditRecorded, DependencyChanged
from palaver.contracts.streams import COMMANDS, EVENTS, STREAMS, Durable
from palaver.contracts.subjects import Command, Control, Event, Live, Query, Subject

AnySubject = Subject[Any]
AnyQuery = Query[Any, Any]

_AUDITS: tuple[Event[AuditRecorded], ...] = (
    session.AUDIT_RECORDED,
    model_router.AUDIT_RECORDED,
    keyvault.AUDIT_RECORDED,
    identity.AUDIT_RECORDED,
)
_DEPENDENCIES: tuple[Control[DependencyChanged], ...] = (
    gateway.DEPENDENCY_CHANGED,
    session.DEPENDENCY_CHANGED,
    context.DEPENDENCY_CHANGED,
    model_router.DEPENDENCY_CHANGED,
    keyvault.DEPENDENCY_CHANGED,
    analytics.DEPENDENCY_CHANGED,
    identity.DEPENDENCY_CHANGED,
)

_REPLIES: tuple[AnyQuery, ...] = (
    session.MESSAGE_EDIT,
    session.BRANCH_SELECT,
    session.REPLY_REGENERATE,
    session.REPLY_VERSIONS,
    session.REPLY_SELECT,
    session.REPLY_FEEDBACK,
)
_PERSONAS: tuple[AnyQuery, ...] = (
    personas.PERSONA_CREATE,
    personas.PERSONA_LIST,
    personas.PERSONA_GET,
    personas.PERSONA_UPDATE,
    personas.PERSONA_DELETE,
)

_REGISTRY: tuple[AnyQuery, ...] = (
    registry.PROVIDER_REGISTERED,
    registry.PROVIDER_CREATE,
    registry.PROVIDER_UPDATE,
    registry.PROVIDER_DELETE,
    registry.MODEL_REGISTERED,
    registry.MODEL_CREATE,
    registry.MODEL_UPDATE,
    registry.MODEL_DELETE,
    model_configs.CONFIG_GET,
    model_configs.CONFIG_PUT,
    discovery.MODEL_DISCOVER,
)

_ACCOUNTS: tuple[AnyQuery, ...] = (
    sign_ins.SIGN_IN_LIST,
    sign_ins.SIGN_IN_END,
    sign_ins.SIGN_IN_END_OTHERS,
    passwords.PASSWORD_CHANGE,
    passwords.PASSWORD_RESET_REQUEST,
    passwords.PASSWORD_RESET,
    preferences.PREFERENCES_GET,
    preferences.PREFERENCES_SET,
    second_factor.SECOND_FACTOR_REDEEM,
    second_factor.SECOND_FACTOR_GET,
    second_factor.SECOND_FACTOR_BEGIN,
    second_factor.SECOND_FACTOR_CONFIRM,
    second_factor.SECOND_FACTOR_DISABLE,
    second_factor.RECOVERY_CODES_RENEW,
)

_LIMITS: tuple[AnyQuery, ...] = (
    session.LIMITS_GET,
    context.LIMITS_GET,
    model_router.LIMITS_GET,
    keyvault.LIMITS_GET,
    analytics.LIMITS_GET,
    identity.LIMITS_GET,
)

_KEY_LOCKS = (key_locks.LOCK_GET, key_locks.KEYS_UNLOCK, key_locks.KEYS_LOCK)
_UNLOCKS = (key_locks.KEYS_UNLOCKED, key_locks.KEYS_LOCKED, key_locks.UNLOCKS_WANTED)

EVENTS_SAID: tuple[Event[Any], ...] = (
    *session.LOG_EVENTS.values(),
    session.ATTEMPT_LOST,
    session.SESSION_PURGED,
    model_router.TURN_STARTED,
    model_router.TURN_COMPLETED,
    model_router.TURN_FAILED,
    model_router.TURN_STOPPED,
    model_router.USAGE_METERED,
    model_router.COMPLETION_COMPLETED,
    model_router.COMPLETION_FAILED,
    model_router.COMPLETION_METERED,
    model_router.KEY_CHECKED,
    analytics.COMPLETION_CALL_LOST,
    identity.USER_REGISTERED,
    identity.USER_DELETED,
    administration.USER_SUSPENDED,
    *_AUDITS,
)
COMMANDS_TAKEN: tuple[Command[Any], ...] = (
    session.POST_MESSAGE,
    session.STOP_TURNS,
    session.STOP_ROUNDS,
    model_router.RUN_TURN,
    model_router.RUN_COMPLETION,
)
LIVE_SAID: tuple[Live[Any], ...] = (
    session.USER_NOTIFIED,
    session.ROOMS_CHANGED,
    model_router.TURN_DELTA,
    model_router.USER_NOTIFIED,
    context.USAGE_CHANGED,
    context.SUMMARY_CHANGED,
    keyvault.USER_NOTIFIED,
)
CONTROLS_SAID: tuple[Control[Any], ...] = (
    session.TURN_STOP,
    keyvault.KEY_REVOKED,
    keyvault.KEYS_CHANGED,
    model_router.BREAKER_CHANGED,
    *_UNLOCKS,
    sign_ins.SIGN_IN_ENDED,
    registry.REGISTRY_CHANGED,
    model_configs.CONFIG_CHANGED,
    *_DEPENDENCIES,
)
SUBJECTS: tuple[AnySubject, ...] = (*EVENTS_SAID, *COMMANDS_TAKEN, *LIVE_SAID, *CONTROLS_SAID)

QUERIES: tuple[AnyQuery, ...] = (
    session.SESSION_CREATE,
    session.SESSION_GET,
    session.SESSION_LIST,
    session.SESSION_UPDATE,
    session.SESSION_DELETE,
    session.SESSION_RESTORE,
    *shares.QUERIES,
    session.PARTICIPANT_ADD,
    session.PARTICIPANT_UPDATE,
    session.PARTICIPANT_REMOVE,
    session.MESSAGE_LIST,
    session.MESSAGE_GET,
    session.MESSAGE_DELETE,
    session.MESSAGE_PIN,
    *_REPLIES,
    session.PINNED_LIST,
    *_PERSONAS,
    session.ATTACH_READ,
    session.HEADS_GET,
    session.LOG_READ,
    session.TURN_CLAIM,
    session.TURN_RENEW,
    model_router.TURN_SNAPSHOT,
    model_router.MODEL_LIST,
    model_router.MODEL_READ,
    model_router.PROVIDER_LIST,
    model_router.KEY_VALIDATE,
    *_REGISTRY,
    context.WINDOW_BUILD,
    context.USAGE_GET,
    context.SUMMARY_LIST,
    context.SUMMARY_EDIT,
    context.SUMMARY_DELETE,
    keyvault.KEY_CREATE,
    keyvault.KEY_PROTECT,
    keyvault.KEY_LIST,
    keyvault.KEY_GET,
    keyvault.KEY_CHANGE,
    keyvault.KEY_ENABLE,
    keyvault.KEY_DISABLE,
    keyvault.KEY_DELETE,
    keyvault.KEY_CANDIDATES,
    keyvault.KEY_LEASE,
    key_records.KEY_USAGE_GET,
    key_records.KEY_AUDIT_LIST,
    *_KEY_LOCKS,
    analytics.BUDGET_RESERVE,
    analytics.COMPLETION_RESERVE,
    analytics.OVERVIEW_GET,
    analytics.QUOTA_GET,
    identity.USER_REGISTER,
    identity.USER_LOGIN,
    identity.USER_REFRESH,
    identity.USER_LOGOUT,
    identity.LINK_REDEEM,
    identity.TICKET_ISSUE,
    identity.TICKET_REDEEM,
    identity.USER_GET,
    identity.USER_UPDATE,
    identity.USER_DELETE,
    *administration.QUERIES,
    *oauth.QUERIES,
    *_LIMITS,
    *invitations.QUERIES,
    identity.JWKS_GET,
    identity.AUDIT_LIST,
    identity.TRAIL_READ,
    identity.ROLE_READ,
    *_ACCOUNTS,
)


def _wildcards(*subjects: AnySubject) -> tuple[str, ...]:
    return tuple(subject.address.wildcard for subject in subjects)


def _side_job_outcomes(asker: str) -> tuple[str, ...]:
    return tuple(outcome.at(asker) for outcome in (model_router.COMPLETION_COMPLETED, model_router.COMPLETION_FAILED))


def _posts(partition: int) -> Durable:
    return Durable(
        service=session.OWNER,
        name=f"session-post-{partition}",
        stream=COMMANDS,
        subjects=tuple(f"{order.address.stem}.{partition}.*" for order in (session.POST_MESSAGE, session.STOP_ROUNDS)),
        ack_wait_seconds=10.0,
        max_ack_pending=1,
    )


_ALL_DURABLES = (
    *(_posts(partition) for partition in range(limits.POST_PARTITIONS)),
    Durable(session.OWNER, "session-turn-stop", COMMANDS, _wildcards(session.STOP_TURNS), ack_wait_seconds=10.0),
    Durable(
        session.OWNER,
        "session-turn-outcomes",
        EVENTS,
        _wildcards(
            model_router.TURN_STARTED,
            model_router.TURN_COMPLETED,
            model_router.TURN_FAILED,
            model_router.TURN_STOPPED,
        ),
    ),
    Durable(session.OWNER, "session-completions", EVENTS, _side_job_outcomes(session.OWNER)),
    Durable(model_router.OWNER, "model-router-turn-run", COMMANDS, _wildcards(model_router.RUN_TURN)),
    Durable(model_router.OWNER, "model-router-completions", COMMANDS, _wildcards(model_router.RUN_COMPLETION)),
    Durable(context.OWNER, "context-completions", EVENTS, _side_job_outcomes(context.OWNER)),
    Durable(context.OWNER, "context-log", EVENTS, _wildcards(*session.LOG_EVENTS.values())),
    Durable(context.OWNER, "context-purges", EVENTS, _wildcards(session.SESSION_PURGED)),
    Durable(context.OWNER, "context-usage", EVENTS, _wildcards(model_router.USAGE_METERED)),
    Durable(keyvault.OWNER, "keyvault-key-checks", EVENTS, _wildcards(model_router.KEY_CHECKED)),
    Durable(
        keyvault.OWNER,
        "keyvault-usage",
        EVENTS,
        _wildcards(model_router.USAGE_METERED, model_router.COMPLETION_METERED),
    ),
    Durable(
        keyvault.OWNER,
        "keyvault-attempts",
        EVENTS,
        _wildcards(session.ATTEMPT_LOST, analytics.COMPLETION_CALL_LOST),
    ),
    Durable(
        analytics.OWNER,
        "analytics-usage",
        EVENTS,
        _wildcards(model_router.USAGE_METERED, model_router.COMPLETION_METERED),
    ),
    Durable(
        analytics.OWNER,
        "analytics-completion-ends",
        EVENTS,
        _wildcards(model_router.COMPLETION_COMPLETED, model_router.COMPLETION_FAILED),
    ),
    Durable(analytics.OWNER, "analytics-attempts", EVENTS, _wildcards(session.ATTEMPT_LOST)),
    Durable(
        analytics.OWNER,
        "analytics-turn-ends",
        EVENTS,
        _wildcards(
            session.LOG_EVENTS["reply.appended"],
            session.LOG_EVENTS["turn.failed"],
            session.LOG_EVENTS["turn.stopped"],
        ),
    ),
    Durable(
        session.OWNER,
        "session-people",
        EVENTS,
        _wildcards(identity.USER_DELETED, administration.USER_SUSPENDED),
    ),
    *(
        Durable(owner, f"{owner}-people", EVENTS, _wildcards(identity.USER_DELETED))
        for owner in (context.OWNER, model_router.OWNER, keyvault.OWNER, analytics.OWNER)
    ),
    Durable(identity.OWNER, "identity-audit", EVENTS, _wildcards(*_AUDITS)),
)
DURABLES: Mapping[str, Durable] = MappingProxyType({durable.name: durable for durable in _ALL_DURABLES})
"""Every durable consumer by name."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What one service may do beyond its own subjects. `hears` are core subscriptions, as wildcards."""

    asks: tuple[AnyQuery, ...] = ()
    orders: tuple[Command[Any], ...] = ()
    hears: tuple[str, ...] = ()


GRANTS: Mapping[str, Grants] = MappingProxyType(
    {
        gateway.OWNER: Grants(
            asks=(
                session.SESSION_CREATE,
                session.SESSION_GET,
                session.SESSION_LIST,
                session.SESSION_UPDATE,
                session.SESSION_DELETE,
                session.SESSION_RESTORE,
                *shares.QUERIES,
                session.PARTICIPANT_ADD,
                session.PARTICIPANT_UPDATE,
                session.PARTICIPANT_REMOVE,
                session.MESSAGE_LIST,
                session.MESSAGE_GET,
                session.MESSAGE_DELETE,
                session.MESSAGE_PIN,
                *_REPLIES,
                session.PINNED_LIST,
                *_PERSONAS,
                session.ATTACH_READ,
                session.HEADS_GET,
                session.LOG_READ,
                model_router.TURN_SNAPSHOT,
                model_router.MODEL_LIST,
                model_router.PROVIDER_LIST,
                model_router.KEY_VALIDATE,
                *_REGISTRY,
                context.USAGE_GET,
                context.SUMMARY_LIST,
                context.SUMMARY_EDIT,
                context.SUMMARY_DELETE,
                keyvault.KEY_CREATE,
                keyvault.KEY_PROTECT,
                keyvault.KEY_LIST,
                keyvault.KEY_GET,
                keyvault.KEY_CHANGE,
                keyvault.KEY_ENABLE,
                keyvault.KEY_DISABLE,
                keyvault.KEY_DELETE,
                key_records.KEY_USAGE_GET,
                key_records.KEY_AUDIT_LIST,
                *_KEY_LOCKS,
                analytics.OVERVIEW_GET,
                analytics.QUOTA_GET,
                identity.USER_REGISTER,
                identity.USER_LOGIN,
                identity.USER_REFRESH,
                identity.USER_LOGOUT,
                identity.LINK_REDEEM,
                identity.TICKET_ISSUE,
                identity.TICKET_REDEEM,
                identity.USER_GET,
                identity.USER_UPDATE,
                identity.USER_DELETE,
                *administration.QUERIES,
                *oauth.QUERIES,
                *_LIMITS,
                *invitations.QUERIES,
                identity.JWKS_GET,
                identity.AUDIT_LIST,
                *_ACCOUNTS,
            ),
            orders=(session.POST_MESSAGE, session.STOP_TURNS, session.STOP_ROUNDS),
            hears=(
                "evt.session.*.*.v1.*",
                "live.*.user.*.v1.*",
                *_wildcards(model_router.TURN_DELTA, context.USAGE_CHANGED, context.SUMMARY_CHANGED),
                *_wildcards(sign_ins.SIGN_IN_ENDED),
                "ctl.*.dependency.changed.v1",
            ),
        ),
        session.OWNER: Grants(
            asks=(model_router.MODEL_READ, keyvault.KEY_LIST),
            orders=(model_router.RUN_TURN, model_router.RUN_COMPLETION),
        ),
        context.OWNER: Grants(
            asks=(session.LOG_READ, model_router.MODEL_READ),
            orders=(model_router.RUN_COMPLETION,),
            hears=_wildcards(context.SUMMARY_CHANGED),
        ),
        model_router.OWNER: Grants(
            asks=(
                session.TURN_CLAIM,
                session.TURN_RENEW,
                context.WINDOW_BUILD,
                keyvault.KEY_CANDIDATES,
                keyvault.KEY_LEASE,
                analytics.BUDGET_RESERVE,
                analytics.COMPLETION_RESERVE,
                identity.ROLE_READ,
            ),
            hears=_wildcards(
                session.TURN_STOP,
                keyvault.KEY_REVOKED,
                keyvault.KEYS_CHANGED,
                model_router.BREAKER_CHANGED,
                registry.REGISTRY_CHANGED,
                model_configs.CONFIG_CHANGED,
            ),
        ),
        keyvault.OWNER: Grants(
            asks=(identity.ROLE_READ, identity.TRAIL_READ),
            hears=_wildcards(*_UNLOCKS, sign_ins.SIGN_IN_ENDED),
        ),
        analytics.OWNER: Grants(asks=(model_router.MODEL_READ,)),
        identity.OWNER: Grants(),
    }
)
SERVICES: tuple[str, ...] = tuple(GRANTS)
"""Every service that connects to the broker."""

__all__ = [
    "COMMANDS_TAKEN",
    "CONTROLS_SAID",
    "DURABLES",
    "EVENTS_SAID",
    "GRANTS",
    "LIVE_SAID",
    "QUERIES",
    "SERVICES",
    "STREAMS",
    "SUBJECTS",
    "Grants",
]
