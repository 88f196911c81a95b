"""The broker dies, comes back, changes its mind; the connection and the loops on it go on."""

import asyncio
import os
import signal
from collections.abc import Sequence

import pytest
from nats.aio.msg import Msg
from pydantic import SecretStr

from palaver.servicekit.broker import Broker
from palaver.servicekit.embedded import NatsServer, NatsUser, Nkey, new_nkey
from palaver.servicekit.errors import BrokerDenied, Unavailable
from palaver.servicekit.routes import answer, bind, consume, hear
from palaver.servicekit.service import Service
from palaver.servicekit.settings import BrokerSettings
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.servicekit.testing.kits import BrokerFor, Declared, KitFor, Running
from palaver.servicekit.testing.notes import (
    CLOSED,
    COUNT,
    STREAMS,
    WRITE,
    WRITER,
    WRITTEN,
    Count,
    Note,
    settled,
    until,
)


async def _kill(server: RunningNats) -> None:
    """As if the machine had lost power, where the server is a child process."""
    if isinstance(server, NatsServer):
        os.kill(server.pid, signal.SIGKILL)
        await server.wait()
    else:
        await server.stop()


async def test_consuming_goes_on_after_the_broker_was_killed_and_nothing_is_lost(
    nats_server: RunningNats, broker_for: BrokerFor, declared: Declared, kit_for: KitFor, running: Running
) -> None:
    await declared(STREAMS, (WRITER,))
    admin = await broker_for("admin")
    handled: set[str] = set()
    acknowledged: set[str] = set()

    async def write(note: Note) -> None:
        await asyncio.sleep(0.01)
        handled.add(note.text)

    async def publish(first: int, last: int) -> None:
        for number in range(first, last):
            try:
                await admin.publish(WRITE, Note(text=f"{number}"), "b1")
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                acknowledged.add(str(number))

    async with running(Service("notes", (consume(WRITER, bind(WRITE, write), concurrency=4),)), await kit_for("notes")):
        await publish(0, 200)
        await until(lambda: len(handled) > 20)
        await _kill(nats_server)
        await publish(200, 205)
        assert len(acknowledged) == 200
        await nats_server.start()
        await until(lambda: admin.up)
        await publish(300, 350)
        await settled(admin, WRITER)
    assert acknowledged <= handled


async def test_what_is_in_work_during_an_outage_runs_once(
    nats_server: RunningNats, broker_for: BrokerFor, declared: Declared, kit_for: KitFor, running: Running
) -> None:
    await declared(STREAMS, (WRITER,))
    admin = await broker_for("admin")
    runs: list[str] = []
    release = asyncio.Event()

    async def write(note: Note) -> None:
        runs.append(note.text)
        await release.wait()

    async with running(Service("notes", (consume(WRITER, bind(WRITE, write)),)), await kit_for("notes")):
        await admin.publish(WRITE, Note(text="a"), "b1")
        await until(lambda: runs == ["a"])
        await _kill(nats_server)
        await asyncio.sleep(2 * WRITER.ack_wait_seconds)
        await nats_server.start()
        await until(lambda: admin.up)
        await asyncio.sleep(2 * WRITER.ack_wait_seconds)  # the broker has delivered it again by now
        info = await admin.nc.jsm().consumer_info("COMMANDS", WRITER.name)
        assert info.num_redelivered
        release.set()
        await settled(admin, WRITER)
    assert runs == ["a"]


async def test_asking_and_hearing_go_on_after_a_restart(
    nats_server: RunningNats, broker_for: BrokerFor, kit_for: KitFor, running: Running
) -> None:
    admin = await broker_for("admin")
    heard: list[str] = []
    gaps: list[str] = []
    reconnects: list[str] = []

    async def count(note: Note) -> Count:
        return Count(number=1)

    async def closed(note: Note) -> None:
        heard.append(note.text)

    async def gap() -> None:
        gaps.append("gap")

    async def reconnected() -> None:
        reconnects.append("reconnected")

    kit = await kit_for("notes")
    kit.broker.on_gap(gap)
    kit.broker.on_reconnect(reconnected)
    async with running(Service("notes", (answer(COUNT, count), hear(CLOSED, closed))), kit):
        await nats_server.stop()
        await until(lambda: not admin.up and not kit.broker.up)
        await nats_server.start()
        await until(lambda: admin.up and kit.broker.up)
        await until(lambda: gaps == ["gap"] and reconnects == ["reconnected"])
        assert (await admin.ask(COUNT, Note(text="x"), timeout_seconds=5)).number == 1
        await admin.send(CLOSED, Note(text="bye"))
        await until(lambda: heard == ["bye"])


async def test_a_consumer_too_slow_to_keep_up_is_told_of_the_gap_once(broker_for: BrokerFor) -> None:
    slow, speaker = await broker_for("slow"), await broker_for("speaker")
    gaps: list[str] = []
    release = asyncio.Event()

    async def gap() -> None:
        gaps.append("gap")

    async def dawdle(msg: Msg) -> None:
        await release.wait()

    slow.on_gap(gap)
    await slow.nc.subscribe(CLOSED.at(), cb=dawdle, pending_msgs_limit=1)
    await slow.ping()
    for _ in range(50):
        await speaker.send(CLOSED, Note(text="x"))
    await speaker.ping()
    await until(lambda: gaps == ["gap"])
    await asyncio.sleep(0.4)
    assert gaps == ["gap"]
    release.set()


async def test_without_a_broker_everything_fails_at_once_and_says_why(
    nats_server: RunningNats, broker_for: BrokerFor, declared: Declared
) -> None:
    await declared(STREAMS, ())
    broker = await broker_for("notes")
    await nats_server.stop()
    await until(lambda: not broker.up)
    async with asyncio.timeout(1):  # far below the patience for an acknowledgement or an answer
        with pytest.raises(Unavailable, match="nats is unavailable"):
            await broker.publish(WRITTEN, Note(text="x"), "b1")
        with pytest.raises(Unavailable, match="nats is unavailable"):
            await broker.ask(COUNT, Note(text="x"))
        with pytest.raises(Unavailable, match="nats is unavailable"):
            await broker.ping()
        batch = [broker.outgoing(WRITTEN, Note(text="x"), "b1")] * 3
        assert await broker.publish_all(batch) == [False, False, False]
        await broker.send(CLOSED, Note(text="x"))  # buffered, promised to nobody
    await nats_server.start()
    await until(lambda: broker.up)
    assert await broker.publish_all(batch) == [True, True, True]
    info = await broker.nc.jsm().stream_info("EVENTS")
    assert info.state.messages == 3  # what was refused during the outage was not sent later


async def test_closing_during_an_outage_is_quiet_and_whole(broker_for: BrokerFor, nats_server: RunningNats) -> None:
    broker = await broker_for("leaving")
    await broker.nc.subscribe("notes.>")
    await nats_server.stop()
    async with asyncio.timeout(10):
        while broker.up:  # noqa: ASYNC110 - a plain flag
            await asyncio.sleep(0.01)
    await broker.nc.publish("notes.unsent", b"waits in the buffer")
    await broker.drain()
    assert broker.nc.is_closed
    await nats_server.start()


async def test_connecting_waits_for_a_broker_that_comes_late(nats_server: RunningNats, nats_admin: Nkey) -> None:
    await nats_server.stop()
    settings = BrokerSettings(url=nats_server.url, nkey_seed=nats_admin.seed)
    connecting = asyncio.create_task(Broker.connect(settings, service="notes"))
    await asyncio.sleep(0.6)
    assert not connecting.done()
    await nats_server.start()
    async with asyncio.timeout(10):
        broker = await connecting
    assert broker.up
    await broker.close()


async def test_a_revoked_user_comes_back_when_it_is_allowed_again(
    nats_server: RunningNats, nats_admin: Nkey, broker_for: BrokerFor
) -> None:
    admin = NatsUser("admin", nats_admin.public, (">",), (">",))
    guest_key = new_nkey()
    guest = NatsUser("guest", guest_key.public, ("ctl.>", "_INBOX_guest.>"), ("_INBOX_guest.>",))
    await nats_server.set_users((admin, guest))
    broker = await broker_for("guest", nkey_seed=guest_key.seed)
    await nats_server.set_users((admin,))
    await until(lambda: not broker.up)
    await asyncio.sleep(0.5)
    await nats_server.set_users((admin, guest))
    await until(lambda: broker.up)
    await broker.ping()


async def test_an_error_from_the_server_is_not_the_end(broker_for: BrokerFor, declared: Declared) -> None:
    """nats-py alone closes a connection for good on most protocol errors."""
    await declared(STREAMS, ())
    broker = await broker_for("notes")
    reconnected = asyncio.Event()

    async def again() -> None:
        reconnected.set()

    broker.on_reconnect(again)
    assert broker.nc._transport is not None
    broker.nc._transport.write(b"NONSENSE\r\n")
    async with asyncio.timeout(10):
        await reconnected.wait()
    await broker.publish(WRITTEN, Note(text="x"), "b1")


async def test_a_late_pong_does_not_deafen_the_connection(broker_for: BrokerFor, declared: Declared) -> None:
    """With nats-py alone a pong for a flush that was given up ends the reading loop."""
    await declared(STREAMS, ())
    broker = await broker_for("notes")
    given_up = asyncio.create_task(broker.nc.flush())
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0.05)
    await broker.publish(WRITTEN, Note(text="x"), "b1")


def _limited(key: Nkey, publish: Sequence[str], subscribe: Sequence[str]) -> NatsUser:
    return NatsUser("notes", key.public, tuple(publish), tuple(subscribe), allow_responses=True)


@pytest.fixture
def notes_key() -> Nkey:
    return new_nkey()


@pytest.fixture
def nats_users(notes_key: Nkey) -> Sequence[NatsUser]:
    publish = (
        "$JS.API.CONSUMER.MSG.NEXT.COMMANDS.notes-writer",
        "$JS.API.CONSUMER.INFO.COMMANDS.notes-writer",
        "$JS.ACK.COMMANDS.notes-writer.>",
        "dlq.notes-writer.>",
        "evt.notes.>",
    )
    return (_limited(notes_key, publish, ("_INBOX_notes.>", "qry.notes.>", "ctl.notes.>")),)


async def test_a_service_runs_with_no_more_than_its_permissions(
    notes_key: Nkey, broker_for: BrokerFor, declared: Declared, kit_for: KitFor, running: Running
) -> None:
    await declared(STREAMS, (WRITER,))
    admin = await broker_for("admin")
    kit = await kit_for("notes", nkey_seed=notes_key.seed)

    async def write(note: Note) -> None:
        if note.text == "bad":
            raise ValueError("always")
        await kit.broker.publish(WRITTEN, note, "b1")

    async def count(note: Note) -> Count:
        return Count(number=1)

    async with running(Service("notes", (consume(WRITER, bind(WRITE, write)), answer(COUNT, count))), kit):
        await admin.publish(WRITE, Note(text="a"), "b1")
        await admin.nc.jetstream().publish(WRITE.at("b1"), b"malformed")
        assert (await admin.ask(COUNT, Note(text="x"))).number == 1
        await settled(admin, WRITER)
    await kit.broker.check_permissions()
    assert (await admin.nc.jsm().stream_info("EVENTS")).state.messages == 1
    assert (await admin.nc.jsm().stream_info("DEAD_LETTERS")).state.messages == 1


async def test_a_refused_subscription_stops_the_start_and_names_the_subject(
    notes_key: Nkey, kit_for: KitFor, running: Running, nats_server: RunningNats
) -> None:
    """With nats-py alone the flush that looks for the refusal overtakes the subscription."""

    async def ignore(note: Note) -> None:
        pass

    service = Service("notes", (hear(WRITTEN, ignore),))
    with pytest.raises(BrokerDenied, match=r"evt\.notes.note.written.v1"):
        async with running(service, await kit_for("notes", nkey_seed=notes_key.seed)):
            pass


async def test_a_refused_publication_is_named_and_not_taken_for_an_outage(
    notes_key: Nkey, nats_server: RunningNats
) -> None:
    settings = BrokerSettings(url=nats_server.url, nkey_seed=notes_key.seed, publish_timeout_seconds=0.3)
    broker = await Broker.connect(settings, service="notes")
    with pytest.raises(BrokerDenied, match=r"cmd\.notes.note.write.v1.b1"):
        await broker.publish(WRITE, Note(text="x"), "b1")
    with pytest.raises(BrokerDenied, match=r"qry\.notes.note.count.v1"):
        await broker.ask(COUNT, Note(text="x"), timeout_seconds=0.3)
    await broker.close()


def test_a_seed_is_never_shown() -> None:
    settings = BrokerSettings(nkey_seed=SecretStr("SUAMLK2ZNL35"))
    assert "SUAMLK" not in repr(settings)
