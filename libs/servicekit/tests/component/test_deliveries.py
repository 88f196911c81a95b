"""The delivery policy on a real broker."""

import asyncio
from collections import Counter

import pytest

from palaver.contracts.failures import ErrorCode, Failure
from palaver.servicekit import delivery
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.routes import Route, bind, consume
from palaver.servicekit.service import Service
from palaver.servicekit.testing.kits import BrokerFor, Declared, KitFor, Running
from palaver.servicekit.testing.notes import (
    ACK_WAIT_SECONDS,
    ORDERED_WRITER,
    READER,
    STREAMS,
    WRITE,
    WRITER,
    WRITTEN,
    Note,
    dead_letters,
    settled,
    until,
)


@pytest.fixture(autouse=True)
def short_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_RETRY_SECONDS", 0.02)


@pytest.fixture
async def admin(broker_for: BrokerFor, declared: Declared) -> Broker:
    await declared(STREAMS, (WRITER, READER))
    return await broker_for("admin")


@pytest.fixture
async def ordered_admin(broker_for: BrokerFor, declared: Declared) -> Broker:
    await declared(STREAMS, (ORDERED_WRITER,))
    return await broker_for("admin")


class Writer:
    """A handler that fails as told and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.errors: dict[str, list[Exception]] = {}
        self.given_up: list[tuple[Note | None, str]] = []

    async def write(self, note: Note) -> None:
        self.seen.append(note.text)
        if self.errors.get(note.text):
            raise self.errors[note.text].pop(0)

    async def gave_up(self, note: Note | None, error: BaseException) -> None:
        self.given_up.append((note, type(error).__name__))

    def unordered(self) -> Route:
        return consume(WRITER, bind(WRITE, self.write), on_dead_letter=self.gave_up)

    def ordered(self) -> Route:
        return consume(ORDERED_WRITER, bind(WRITE, self.write), ordered=True, on_dead_letter=self.gave_up)


async def test_messages_are_handled_and_acknowledged(admin: Broker, kit_for: KitFor, running: Running) -> None:
    writer, read = Writer(), Writer()
    routes = (writer.unordered(), consume(READER, bind(WRITTEN, read.write)))
    async with running(Service("notes", routes), await kit_for("notes")):
        for number in range(200):
            await admin.publish(WRITE, Note(text=f"{number}"), "b1")
            await admin.publish(WRITTEN, Note(text=f"{number}"), "b1")
        await settled(admin, WRITER)
        await settled(admin, READER)
    assert sorted(writer.seen, key=int) == sorted(read.seen, key=int) == [str(number) for number in range(200)]


async def test_a_failure_is_retried_later_until_it_succeeds(admin: Broker, kit_for: KitFor, running: Running) -> None:
    writer = Writer()
    writer.errors["a"] = [RuntimeError("bug"), Failure(ErrorCode.RATE_LIMITED, "later")]
    async with running(Service("notes", (writer.unordered(),)), await kit_for("notes")):
        await admin.publish(WRITE, Note(text="a"), "b1")
        await admin.publish(WRITE, Note(text="b"), "b1")
        await settled(admin, WRITER)
    assert Counter(writer.seen) == {"a": 3, "b": 1}
    assert await dead_letters(admin) == []


async def test_a_refused_message_is_a_dead_letter_at_once(admin: Broker, kit_for: KitFor, running: Running) -> None:
    writer = Writer()
    writer.errors["a"] = [Failure(ErrorCode.NOT_FOUND, "no such book")]
    async with running(Service("notes", (writer.unordered(),)), await kit_for("notes")):
        await admin.publish(WRITE, Note(text="a"), "b1")
        await settled(admin, WRITER)
    ((subject, headers, body),) = await dead_letters(admin)
    assert subject == "dlq.notes-writer.cmd.notes.note.write.v1.b1"
    assert body == b'{"text":"a"}'
    assert headers["Palaver-Reason"] == "NOT_FOUND"
    assert headers["Palaver-Error"] == "Failure"
    assert headers["Palaver-Deliveries"] == "1"
    assert writer.seen == ["a"]
    assert writer.given_up == [(Note(text="a"), "Failure")]


async def test_a_malformed_message_is_a_dead_letter_whose_reason_shows_no_value(
    admin: Broker, kit_for: KitFor, running: Running
) -> None:
    writer = Writer()
    async with running(Service("notes", (writer.unordered(),)), await kit_for("notes")):
        await admin.nc.jetstream().publish(WRITE.at("b1"), b'{"text": 7, "diary": "dear diary"}')
        await admin.nc.jetstream().publish(WRITE.at("b1"), b"not json")
        await settled(admin, WRITER)
    letters = await dead_letters(admin)
    assert [headers["Palaver-Error"] for _, headers, _ in letters] == ["ValidationError", "ValidationError"]
    assert letters[0][1]["Palaver-Reason"] == "text: string_type"
    assert "diary" not in str([headers for _, headers, _ in letters])
    assert writer.seen == []
    assert writer.given_up == [(None, "ValidationError")] * 2


async def test_a_bug_is_a_dead_letter_after_five_deliveries(admin: Broker, kit_for: KitFor, running: Running) -> None:
    writer = Writer()
    writer.errors["a"] = [RuntimeError("bug")] * 9
    async with running(Service("notes", (writer.unordered(),)), await kit_for("notes")):
        await admin.publish(WRITE, Note(text="a"), "b1")
        await settled(admin, WRITER)
    assert writer.seen == ["a"] * delivery.MAX_DELIVERIES
    ((_, headers, _),) = await dead_letters(admin)
    assert headers["Palaver-Error"] == "RuntimeError"
    assert headers["Palaver-Deliveries"] == "5"


async def test_a_message_that_kills_its_process_is_given_up_unhandled(
    admin: Broker, kit_for: KitFor, running: Running
) -> None:
    await admin.publish(WRITE, Note(text="deadly"), "b1")
    js = admin.nc.jetstream()
    crashing = await js.pull_subscribe_bind(durable=WRITER.name, stream="COMMANDS")
    for delivered in range(1, delivery.MAX_DELIVERIES + 1):  # processes that took it and were never heard of again
        (message,) = await crashing.fetch(1, timeout=5 * ACK_WAIT_SECONDS)
        assert message.metadata.num_delivered == delivered
    writer = Writer()
    async with running(Service("notes", (writer.unordered(),)), await kit_for("notes")):
        await settled(admin, WRITER)
    assert writer.seen == []
    ((_, headers, _),) = await dead_letters(admin)
    assert headers["Palaver-Error"] == "Exhausted"
    assert writer.given_up == [(Note(text="deadly"), "Exhausted")]


async def test_an_outage_holds_what_is_in_work_and_pulls_nothing_new(
    admin: Broker, kit_for: KitFor, running: Running
) -> None:
    down = True
    handled: list[str] = []
    touched: set[str] = set()

    async def write(note: Note) -> None:
        touched.add(note.text)
        if down:
            raise Unavailable("postgres")
        handled.append(note.text)

    route = consume(WRITER, bind(WRITE, write), concurrency=2)
    async with running(Service("notes", (route,)), await kit_for("notes")):
        for number in range(20):
            await admin.publish(WRITE, Note(text=f"{number}"), "b1")
        await until(lambda: len(touched) > 0)
        await asyncio.sleep(2.5 * ACK_WAIT_SECONDS)  # several ack waits: nothing may be delivered a second time
        assert len(touched) <= 2
        info = await admin.nc.jsm().consumer_info("COMMANDS", WRITER.name)
        assert info.num_redelivered == 0
        down = False
        await settled(admin, WRITER)
    assert sorted(handled, key=int) == [str(number) for number in range(20)]
    assert await dead_letters(admin) == []


async def test_a_handler_may_outlive_the_ack_wait(admin: Broker, kit_for: KitFor, running: Running) -> None:
    runs: list[str] = []

    async def write(note: Note) -> None:
        runs.append(note.text)
        await asyncio.sleep(2.5 * ACK_WAIT_SECONDS)

    async with running(Service("notes", (consume(WRITER, bind(WRITE, write)),)), await kit_for("notes")):
        await admin.publish(WRITE, Note(text="slow"), "b1")
        await settled(admin, WRITER)
    assert runs == ["slow"]


async def test_the_next_message_is_pulled_while_a_slow_one_is_in_work(
    admin: Broker, kit_for: KitFor, running: Running
) -> None:
    release, done = asyncio.Event(), list[str]()

    async def write(note: Note) -> None:
        if note.text == "slow":
            await release.wait()
        done.append(note.text)

    route = consume(WRITER, bind(WRITE, write), concurrency=2)
    async with running(Service("notes", (route,)), await kit_for("notes")):
        await admin.publish(WRITE, Note(text="slow"), "b1")
        for number in range(10):
            await admin.publish(WRITE, Note(text=f"{number}"), "b1")
        await until(lambda: len(done) == 10)
        release.set()
        await settled(admin, WRITER)
    assert done[-1] == "slow"


async def test_order_is_kept_through_an_outage_and_a_failure(
    ordered_admin: Broker, kit_for: KitFor, running: Running
) -> None:
    writer = Writer()
    writer.errors["1"] = [Unavailable("postgres"), Unavailable("postgres"), Unavailable("postgres")]
    writer.errors["3"] = [RuntimeError("passing bug")]
    writer.errors["5"] = [RuntimeError("bug"), RuntimeError("bug")]
    async with running(Service("notes", (writer.ordered(),)), await kit_for("notes")):
        for number in range(8):
            await ordered_admin.publish(WRITE, Note(text=f"{number}"), "b1")
        await settled(ordered_admin, ORDERED_WRITER)
    assert writer.seen == ["0", "1", "1", "1", "1", "2", "3", "3", "4", "5", "5", "6", "7"]
    ((_, headers, body),) = await dead_letters(ordered_admin)
    assert body == b'{"text":"5"}'
    assert headers["Palaver-Deliveries"] == "1"
    assert writer.given_up == [(Note(text="5"), "RuntimeError")]


async def test_two_replicas_of_an_ordered_consumer_never_overlap(
    ordered_admin: Broker, kit_for: KitFor, running: Running
) -> None:
    seen: list[str] = []
    active = 0

    async def write(note: Note) -> None:
        nonlocal active
        active += 1
        assert active == 1
        await asyncio.sleep(0.001)
        seen.append(note.text)
        active -= 1

    route = consume(ORDERED_WRITER, bind(WRITE, write), ordered=True)
    async with (
        running(Service("notes", (route,)), await kit_for("notes")),
        running(Service("notes", (route,)), await kit_for("notes")),
    ):
        for number in range(100):
            await ordered_admin.publish(WRITE, Note(text=f"{number}"), "b1")
        await settled(ordered_admin, ORDERED_WRITER)
    assert seen == [str(number) for number in range(100)]


async def test_a_stopping_service_finishes_its_work_and_gives_back_the_rest(
    admin: Broker, kit_for: KitFor, running: Running
) -> None:
    started, release, finished = asyncio.Event(), asyncio.Event(), list[str]()

    async def write(note: Note) -> None:
        started.set()
        if note.text == "stuck":
            await asyncio.Event().wait()
        await release.wait()
        finished.append(note.text)

    service = Service("notes", (consume(WRITER, bind(WRITE, write)),), drain_seconds=0.3)
    async with running(service, await kit_for("notes")):
        await admin.publish(WRITE, Note(text="stuck"), "b1")
        await admin.publish(WRITE, Note(text="short"), "b1")
        await started.wait()
        release.set()
    assert finished == ["short"]
    writer = Writer()
    async with running(Service("notes", (writer.unordered(),)), await kit_for("notes")):
        await settled(admin, WRITER)
    assert writer.seen == ["stuck"]


async def test_what_is_held_is_given_back_at_once_when_the_service_ends(
    admin: Broker, kit_for: KitFor, running: Running
) -> None:
    tried = asyncio.Event()

    async def write(note: Note) -> None:
        tried.set()
        raise Unavailable("postgres")

    service = Service("notes", (consume(WRITER, bind(WRITE, write)),), drain_seconds=3600)
    async with running(service, await kit_for("notes")):
        await admin.publish(WRITE, Note(text="held"), "b1")
        await tried.wait()
    writer = Writer()
    async with running(Service("notes", (writer.unordered(),)), await kit_for("notes")):
        await settled(admin, WRITER)
    assert writer.seen == ["held"]


async def test_a_durable_that_was_never_declared_is_waited_for_and_said(
    admin: Broker, kit_for: KitFor, running: Running, declared: Declared
) -> None:
    await admin.nc.jsm().delete_consumer("COMMANDS", WRITER.name)
    writer, kit = Writer(), await kit_for("notes")
    async with running(Service("notes", (writer.unordered(),)), kit):
        await until(
            lambda: (
                kit.metrics.get_sample_value("palaver_task_failures_total", {"task": "consume.notes-writer"})
                is not None
            )
        )
        await declared((), (WRITER,))
        await admin.publish(WRITE, Note(text="a"), "b1")
        await until(lambda: writer.seen == ["a"])
