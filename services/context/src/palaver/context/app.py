"""The context service, wired: every subject in, every adapter out."""

import time
from pathlib import Path

from palaver.context.building import Fitter, WindowBuilder
from palaver.context.calibrating import Calibrations
from palaver.context.calibration_store import CalibrationStore
from palaver.context.counting import TokenCounter
from palaver.context.families import SESSION_ENCODING
from palaver.context.following import Follower
from palaver.context.handlers import Handlers
from palaver.context.metering import Meters
from palaver.context.metrics import ContextMetrics
from palaver.context.neighbours import BrokerLog, BrokerNotices, BrokerProfiles
from palaver.context.rooms import Rooms
from palaver.context.settings import Settings
from palaver.context.store import RoomStore
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.context import OWNER, USAGE_GET, WINDOW_BUILD
from palaver.contracts.model_router import USAGE_METERED
from palaver.contracts.session import LOG_EVENTS
from palaver.servicekit.database import Database
from palaver.servicekit.routes import answer, bind, consume
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
    fitter = Fitter(counter, projection, calibrations)
    meters = Meters(
        rooms, fitter, profiles, BrokerNotices(kit.broker), debounce_seconds=settings.usage_debounce_seconds
    )
    follower = Follower(projection, log, counter, metrics, gap_patience_seconds=settings.gap_patience_seconds)
    handlers = Handlers(follower, rooms, WindowBuilder(rooms, fitter, metrics), meters, calibrations)
    return Service(
        name=OWNER,
        routes=(
            consume(DURABLES["context-log"], *(bind(entry, handlers.on_log_entry) for entry in LOG_EVENTS.values())),
            consume(DURABLES["context-usage"], bind(USAGE_METERED, handlers.on_usage_metered)),
            answer(WINDOW_BUILD, handlers.window_build),
            answer(USAGE_GET, handlers.usage_get),
        ),
        resources=(database, counter, calibrations),
        tasks={"announce-usage": meters.announce, "calibrations": calibrations.follow},
        drain_seconds=settings.drain_seconds,
    )
