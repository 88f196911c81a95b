"""The session service, wired: every subject in, every adapter out."""

import time
from datetime import UTC, datetime
from pathlib import Path

from palaver.contracts import limits
from palaver.contracts.administration import USER_SUSPENDED
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.identity import USER_DELETED
from palaver.contracts.model_router import (
    COMPLETION_COMPLETED,
    COMPLETION_FAILED,
    TURN_COMPLETED,
    TURN_FAILED,
    TURN_STARTED,
    TURN_STOPPED,
)
from palaver.contracts.personas import (
    PERSONA_CREATE,
    PERSONA_DELETE,
    PERSONA_GET,
    PERSONA_LIST,
    PERSONA_UPDATE,
)
from palaver.contracts.session import (
    ATTACH_READ,
    BRANCH_SELECT,
    HEADS_GET,
    LIMITS_GET,
    LOG_READ,
    MESSAGE_DELETE,
    MESSAGE_EDIT,
    MESSAGE_GET,
    MESSAGE_LIST,
    MESSAGE_PIN,
    OWNER,
    PARTICIPANT_ADD,
    PARTICIPANT_REMOVE,
    PARTICIPANT_UPDATE,
    PINNED_LIST,
    POST_MESSAGE,
    REPLY_FEEDBACK,
    REPLY_REGENERATE,
    REPLY_SELECT,
    REPLY_VERSIONS,
    SESSION_CREATE,
    SESSION_DELETE,
    SESSION_GET,
    SESSION_LIST,
    SESSION_RESTORE,
    SESSION_UPDATE,
    STOP_ROUNDS,
    STOP_TURNS,
    TURN_CLAIM,
    TURN_RENEW,
)
from palaver.contracts.shares import SHARE_CREATE, SHARE_LIST, SHARE_REVOKE, SHARED_READ
from palaver.servicekit.availability import Availability
from palaver.servicekit.configured import limits_route
from palaver.servicekit.database import Database
from palaver.servicekit.dependencies import Dependencies
from palaver.servicekit.outbox import DatabaseOutbox, OutboxRelay
from palaver.servicekit.routes import Route, answer, bind, consume
from palaver.servicekit.service import Kit, Service
from palaver.session.announcing import BrokerAnnouncer
from palaver.session.answers import Answers
from palaver.session.deleting import Deletion
from palaver.session.directors import Directors
from palaver.session.editing import Editing
from palaver.session.handlers import Handlers
from palaver.session.leaving import Leaving
from palaver.session.log import LogSource
from palaver.session.metrics import SessionMetrics
from palaver.session.neighbours import CatalogueModels, VaultKeys
from palaver.session.personas import Personas
from palaver.session.pinning import Pinning
from palaver.session.posting import Posts
from palaver.session.purging import Purge
from palaver.session.reading import Reading
from palaver.session.room import Rooms
from palaver.session.roomkeeping import RoomKeeping
from palaver.session.rounds import Rounds
from palaver.session.seating import Seating
from palaver.session.settings import Settings
from palaver.session.sharing import Sharing
from palaver.session.stopping import Stops
from palaver.session.sweeping import Sweeper
from palaver.session.titling import Titling
from palaver.session.turns import Turns

SCHEMA = "session"
MIGRATIONS = Path(__file__).parent / "migrations"
LEFT_OVER_SECONDS = 1.0
"""Younger entries are being published by whoever committed them."""


def build(settings: Settings, kit: Kit) -> Service:
    """Make the service; nothing runs yet."""
    metrics = SessionMetrics(kit.metrics)
    policy = settings.turn_policy
    directors = Directors.installed()
    database = Database(settings.database, schema=SCHEMA)
    claims_pool = {"pool_size": settings.claims_pool_size, "max_overflow": 0}
    claims_database = Database(settings.database.model_copy(update=claims_pool), schema=SCHEMA, pool="claims")

    log_relay = OutboxRelay(kit.broker, LogSource(database, LEFT_OVER_SECONDS), name="log")
    outbox_relay = OutboxRelay(kit.broker, DatabaseOutbox(database))
    announcer = BrokerAnnouncer(kit.broker, log_relay, outbox_relay)

    rooms = Rooms(database, announcer, policy, _now)
    titling = Titling(rooms, enabled=settings.titles)
    rounds = Rounds(
        directors, titling, metrics, max_steps=settings.max_steps_per_round, max_seconds=settings.round_seconds
    )
    stops = Stops(database, rooms, rounds, announcer)
    models = CatalogueModels(kit.broker)
    keys = VaultKeys(kit.broker)
    personas = Personas(database, models, _now, settings.max_personas_per_owner)
    seating = Seating(
        database,
        rooms,
        directors=directors,
        personas=personas,
        models=models,
        keys=keys,
        stops=stops,
    )
    handlers = Handlers(
        posts=Posts(rooms, rounds, announcer, metrics, settings.max_queued_rounds),
        stops=stops,
        turns=Turns(claims_database, rooms, rounds, metrics, policy),
        roomkeeping=RoomKeeping(
            rooms,
            directors=directors,
            seating=seating,
            stops=stops,
            clock=_now,
            max_sessions_per_owner=settings.max_sessions_per_owner,
            deleted_room_days=settings.deleted_room_days,
        ),
        seating=seating,
        personas=personas,
        pinning=Pinning(database, rooms, settings.max_pinned_messages),
        deletion=Deletion(database, rooms),
        sharing=Sharing(database, rooms),
        leaving=Leaving(database, rooms, stops),
        reading=Reading(database, deleted_room_days=settings.deleted_room_days),
        answers=Answers(database, rooms, models, keys),
        editing=Editing(database, rooms, rounds),
        titling=titling,
    )
    sweeper = Sweeper(
        database,
        kit.broker,
        rooms,
        rounds,
        announcer=announcer,
        metrics=metrics,
        policy=policy,
        sweep_seconds=settings.sweep_seconds,
        monotonic=time.monotonic,
    )
    availability = Availability()
    dependencies = Dependencies(kit, {"postgres": database.ping}, on_change=lambda _, up: availability.set(up))
    return Service(
        name=OWNER,
        routes=(*_commands(handlers), *_queries(handlers), limits_route(LIMITS_GET, settings, OWNER)),
        resources=(database, claims_database),
        measured=(database, claims_database, log_relay, outbox_relay),
        tasks={
            "publish-log": log_relay.run,
            "publish-outbox": outbox_relay.run,
            "sweep": sweeper.run,
            "purge": Purge(database, deleted_room_days=settings.deleted_room_days).run,
            "watch-dependencies": dependencies.run,
        },
        availability=availability,
        drain_seconds=settings.drain_seconds,
    )


def _commands(handlers: Handlers) -> tuple[Route, ...]:
    posts = (
        consume(
            DURABLES[f"session-post-{partition}"],
            bind(POST_MESSAGE, handlers.post_message),
            bind(STOP_ROUNDS, handlers.stop_rounds),
            ordered=True,
            on_dead_letter=handlers.on_post_given_up,
        )
        for partition in range(limits.POST_PARTITIONS)
    )
    return (
        *posts,
        consume(DURABLES["session-turn-stop"], bind(STOP_TURNS, handlers.stop_turns)),
        consume(
            DURABLES["session-turn-outcomes"],
            bind(TURN_STARTED, handlers.on_turn_started),
            bind(TURN_COMPLETED, handlers.on_turn_completed),
            bind(TURN_FAILED, handlers.on_turn_failed),
            bind(TURN_STOPPED, handlers.on_turn_stopped),
            on_dead_letter=handlers.on_outcome_given_up,
        ),
        consume(
            DURABLES["session-completions"],
            bind(COMPLETION_COMPLETED, handlers.on_completion_completed),
            bind(COMPLETION_FAILED, handlers.on_completion_failed),
        ),
        consume(
            DURABLES["session-people"],
            bind(USER_DELETED, handlers.on_user_deleted),
            bind(USER_SUSPENDED, handlers.on_user_suspended),
        ),
    )


def _queries(handlers: Handlers) -> tuple[Route, ...]:
    return (
        answer(TURN_CLAIM, handlers.claim_turn),
        answer(TURN_RENEW, handlers.renew_turns),
        answer(SESSION_CREATE, handlers.create_session),
        answer(SESSION_GET, handlers.get_session),
        answer(SESSION_LIST, handlers.list_sessions),
        answer(SESSION_UPDATE, handlers.update_session),
        answer(SESSION_DELETE, handlers.delete_session),
        answer(SESSION_RESTORE, handlers.restore_session),
        answer(SHARE_CREATE, handlers.create_share),
        answer(SHARE_LIST, handlers.list_shares),
        answer(SHARE_REVOKE, handlers.revoke_share),
        answer(SHARED_READ, handlers.read_shared),
        answer(PARTICIPANT_ADD, handlers.add_participant),
        answer(PARTICIPANT_UPDATE, handlers.update_participant),
        answer(PARTICIPANT_REMOVE, handlers.remove_participant),
        answer(MESSAGE_LIST, handlers.list_messages),
        answer(MESSAGE_GET, handlers.get_message),
        answer(MESSAGE_DELETE, handlers.delete_message),
        answer(MESSAGE_PIN, handlers.pin_message),
        answer(MESSAGE_EDIT, handlers.edit_message),
        answer(BRANCH_SELECT, handlers.select_branch),
        answer(REPLY_REGENERATE, handlers.regenerate_reply),
        answer(REPLY_VERSIONS, handlers.list_versions),
        answer(REPLY_SELECT, handlers.select_version),
        answer(REPLY_FEEDBACK, handlers.give_feedback),
        answer(PINNED_LIST, handlers.list_pinned),
        answer(PERSONA_CREATE, handlers.create_persona),
        answer(PERSONA_LIST, handlers.list_personas),
        answer(PERSONA_GET, handlers.get_persona),
        answer(PERSONA_UPDATE, handlers.update_persona),
        answer(PERSONA_DELETE, handlers.delete_persona),
        answer(ATTACH_READ, handlers.read_attach),
        answer(HEADS_GET, handlers.get_heads),
        answer(LOG_READ, handlers.read_log),
    )


def _now() -> datetime:
    return datetime.now(UTC)
