"""Jobs whose claim is not the broker's."""

import asyncio

import pytest

from palaver.contracts.failures import ErrorCode, Failure
from palaver.servicekit import delivery
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.jobs import Job, JobLoop
from palaver.servicekit.testing.kits import BrokerFor, Declared
from palaver.servicekit.testing.notes import (
    ACK_WAIT_SECONDS,
    STREAMS,
    WRITE,
    WRITER,
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
    await declared(STREAMS, (WRITER,))
    return await broker_for("admin")


class Worker:
    """Runs notes in a fixed number of slots, as a model worker runs turns: acknowledge first, then work."""

    def __init__(self, broker: Broker, slots: int) -> None:
        self.slots = slots
        self.free = slots
        self.most = 0
        self.took: list[str] = []
        self.done: list[str] = []
        self.release: dict[str, asyncio.Event] = {}
        self.loop = JobLoop(broker, WRITER, WRITE, lambda: self.free, self.handle)

    async def handle(self, job: Job[Note]) -> None:
        self.free -= 1
        self.most = max(self.most, self.slots - self.free)
        self.took.append(job.payload.text)
        try:
            await job.ack()
            if job.payload.text in self.release:
                await self.release[job.payload.text].wait()
            self.done.append(job.payload.text)
        finally:
            self.free += 1


async def _post(admin: Broker, *notes: str) -> None:
    for note in notes:
        await admin.publish(WRITE, Note(text=note), "b1")


async def test_jobs_are_pulled_as_slots_become_free(admin: Broker, broker_for: BrokerFor) -> None:
    worker = Worker(await broker_for("notes"), slots=3)
    worker.release = {"long": asyncio.Event()}
    running = asyncio.create_task(worker.loop.run())
    await _post(admin, "long", *(f"{number}" for number in range(50)))
    await until(lambda: len(worker.done) == 50)  # none of them waited for the long one
    assert worker.most <= 3
    worker.release["long"].set()
    await worker.loop.stop()
    await running
    assert worker.done[-1] == "long"


async def test_full_workers_leave_jobs_to_others(admin: Broker, broker_for: BrokerFor) -> None:
    full, idle = Worker(await broker_for("notes"), slots=1), Worker(await broker_for("notes"), slots=1)
    full.release = {"long": asyncio.Event()}
    running = [asyncio.create_task(full.loop.run())]
    await _post(admin, "long")
    await until(lambda: full.took == ["long"])
    running.append(asyncio.create_task(idle.loop.run()))
    await _post(admin, *(f"{number}" for number in range(10)))
    await until(lambda: len(idle.done) == 10)
    assert full.took == ["long"]
    full.release["long"].set()
    for worker in (full, idle):
        await worker.loop.stop()
    await asyncio.gather(*running)


async def test_a_slot_freed_outside_a_handler_is_used(admin: Broker, broker_for: BrokerFor) -> None:
    worker = Worker(await broker_for("notes"), slots=0)
    running = asyncio.create_task(worker.loop.run())
    await _post(admin, "a")
    await asyncio.sleep(0.3)
    assert worker.took == []
    worker.free = worker.slots = 1
    await until(lambda: worker.done == ["a"])
    await worker.loop.stop()
    await running


async def test_a_job_is_held_for_as_long_as_its_handler_has_not_settled_it(
    admin: Broker, broker_for: BrokerFor
) -> None:
    runs: list[int] = []

    async def handle(job: Job[Note]) -> None:
        runs.append(job.deliveries)
        await asyncio.sleep(2.5 * ACK_WAIT_SECONDS)
        await job.ack()

    loop = JobLoop(await broker_for("notes"), WRITER, WRITE, lambda: 1, handle)
    running = asyncio.create_task(loop.run())
    await _post(admin, "a")
    await settled(admin, WRITER)
    assert runs == [1]
    await loop.stop()
    await running


async def test_what_a_handler_lets_escape_falls_under_the_delivery_policy(admin: Broker, broker_for: BrokerFor) -> None:
    runs: list[tuple[str, int]] = []

    async def handle(job: Job[Note]) -> None:
        runs.append((job.payload.text, job.deliveries))
        match job.payload.text:
            case "bug":
                raise RuntimeError
            case "refused":
                raise Failure(ErrorCode.NOT_FOUND, "no such note")
            case "outage" if job.deliveries < 3:
                raise Unavailable("postgres")
            case "settled":
                await job.ack()
                raise RuntimeError
            case _:
                await job.ack()

    loop = JobLoop(await broker_for("notes"), WRITER, WRITE, lambda: 4, handle)
    running = asyncio.create_task(loop.run())
    await admin.nc.jetstream().publish(WRITE.at("b1"), b"not json")
    await _post(admin, "bug", "refused", "outage", "settled")
    await settled(admin, WRITER)
    await loop.stop()
    await running
    assert [delivery for text, delivery in runs if text == "bug"] == [1, 2, 3, 4, 5]
    assert [delivery for text, delivery in runs if text == "outage"] == [1, 2, 3]
    assert [text for text, _ in runs].count("settled") == [text for text, _ in runs].count("refused") == 1
    errors = sorted(headers["Palaver-Error"] for _, headers, _ in await dead_letters(admin))
    assert errors == ["Failure", "RuntimeError", "ValidationError"]


async def test_a_stopped_loop_gives_back_what_still_arrives_and_finishes_what_it_has(
    admin: Broker, broker_for: BrokerFor
) -> None:
    worker, other = Worker(await broker_for("notes"), slots=1), Worker(await broker_for("notes"), slots=5)
    worker.release = {"long": asyncio.Event()}
    running = asyncio.create_task(worker.loop.run())
    await _post(admin, "long")
    await until(lambda: worker.took == ["long"])
    await worker.loop.stop()
    await _post(admin, "next")
    elsewhere = asyncio.create_task(other.loop.run())
    await until(lambda: other.done == ["next"])
    worker.release["long"].set()
    await running
    assert worker.done == ["long"]
    await other.loop.stop()
    await elsewhere


async def test_a_cancelled_loop_cancels_its_handlers(admin: Broker, broker_for: BrokerFor) -> None:
    worker = Worker(await broker_for("notes"), slots=1)
    worker.release = {"long": asyncio.Event()}
    running = asyncio.create_task(worker.loop.run())
    await _post(admin, "long")
    await until(lambda: worker.took == ["long"])
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert worker.free == 1
    assert worker.done == []
