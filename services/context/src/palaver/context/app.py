"""The context service, wired: every subject in, every adapter out."""

import time
from pathlib import Path

from palaver.context.building import Fitter, WindowBuilder
from palaver.context.calibrating import Calibrations
from palaver.context.calibration_store import CalibrationStore
from palaver.context.counting import TokenCounter
from palaver.context.curating import Curation
from palaver.context.drafting import Drafts
from palaver.context.families import SESSION_ENCODING
from palaver.context.following import Follower
from palaver.context.handlers import Handlers
from palaver.context.metering import Meters
from palaver.context.metrics import ContextMetrics
from palaver.context.neighbours import BrokerLog, BrokerNotices, BrokerProfiles, BrokerSideJobs
from palaver.context.news import SummaryNews
from palaver.context.rooms import Rooms
from palaver.context.settings import Settings
from palaver.context.shelf import Shelf
from palaver.context.store import RoomStore
from palaver.context.summarising import Summarising
from palaver.context.summary_store import SummaryStore
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.context import (
    LIMITS_GET,
    OWNER,
    SUMMARY_CHANGED,
    SUMMARY_DELETE,
    SUMMARY_EDIT,
    SUMMARY_LIST,
    USAGE_GET,
    WINDOW_BUILD,
)
from palaver.contracts.identity import USER_DELETED
from palaver.contracts.model_router import COMPLETION_COMPLETED, COMPLETION_FAILED, USAGE_METERED
from palaver.contracts.session import LOG_EVENTS, SESSION_PURGED
from palaver.servicekit.configured import limits_route
from palaver.servicekit.database import Database
from palaver.servicekit.routes import answer, bind, consume, hear
from palaver.servicekit.service import Kit, Service

SCHEMA = "context"
MIGRATIONS = Path(__file__).parent / "migrations"


def build(settings: Settings, kit: Kit) -> Service:
    """Make the service; nothing runs yet."""
    database = Database(settings.database, schema=SCHEMA)
    projection = RoomStore(database)
    log = BrokerLog(kit.broker)
    counter = TokenCounter((SESSION_ENCODING,))
    metrics = ContextMetrics(kit.metrics)
    rooms = Rooms(
        projection,
        log,
        counter,
        metrics,
        max_characters=settings.max_cached_characters,
        recheck_seconds=settings.recheck_seconds,
        clock=time.monotonic,
    )
    profiles = BrokerProfiles(kit.broker, ttl_seconds=settings.profile_ttl_seconds, clock=time.monotonic)
    calibrations = Calibrations(
        CalibrationStore(database), profiles, metrics, refresh_seconds=settings.calibration_refresh_seconds
    )
    summaries = SummaryStore(database)
    shelf = Shelf(summaries, recheck_seconds=settings.recheck_seconds, clock=time.monotonic)
    fitter = Fitter(counter, projection, calibrations, shelf)
    notices = BrokerNotices(kit.broker)
    meters = Meters(rooms, fitter, profiles, notices, debounce_seconds=settings.usage_debounce_seconds)
    news = SummaryNews(shelf, meters, notices)
    summarising = Summarising(
        rooms,
        summaries,
        counter,
        Drafts(counter, calibrations),
        profiles,
        BrokerSideJobs(kit.broker),
        news,
        metrics,
        model_id=settings.summary_model,
    )
    follower = Follower(
        projection,
        log,
        counter,
        metrics,
        gather_seconds=settings.gather_seconds,
        gap_patience_seconds=settings.gap_patience_seconds,
    )
    handlers = Handlers(
        follower,
        rooms,
        WindowBuilder(rooms, fitter, metrics, summarising.want if settings.summaries else None),
        meters,
        calibrations,
        summarising,
        Curation(rooms, summaries, counter, news),
        news,
        projection,
    )
    return Service(
        name=OWNER,
        routes=(
            limits_route(LIMITS_GET, settings, OWNER),
            consume(
                DURABLES["context-log"],
                *(bind(entry, handlers.on_log_entry) for entry in LOG_EVENTS.values()),
                concurrency=DURABLES["context-log"].max_ack_pending,  # most of them only wait to be gathered
            ),
            consume(DURABLES["context-people"], bind(USER_DELETED, handlers.on_user_deleted)),
            consume(DURABLES["context-purges"], bind(SESSION_PURGED, handlers.on_session_purged)),
            consume(DURABLES["context-usage"], bind(USAGE_METERED, handlers.on_usage_metered)),
            answer(WINDOW_BUILD, handlers.window_build),
            consume(
                DURABLES["context-completions"],
                bind(COMPLETION_COMPLETED, handlers.on_completion_completed),
                bind(COMPLETION_FAILED, handlers.on_completion_failed),
            ),
            answer(USAGE_GET, handlers.usage_get),
            answer(SUMMARY_LIST, handlers.summary_list),
            answer(SUMMARY_EDIT, handlers.summary_edit),
            answer(SUMMARY_DELETE, handlers.summary_delete),
            hear(SUMMARY_CHANGED, handlers.on_summary_changed),
        ),
        resources=(database, counter, calibrations),
        measured=(database,),
        tasks={"announce-usage": meters.announce, "calibrations": calibrations.follow, "summaries": summarising.follow},
        drain_seconds=settings.drain_seconds,
    )
