"""Queries, broadcasts and live messages between two connections."""

import asyncio

import pytest
from nats.aio.msg import Msg

from palaver.contracts.failures import ErrorCode, Failure, FailureBody
from palaver.contracts.streams import MAX_PAYLOAD_BYTES
from palaver.servicekit.answering import MAX_CONCURRENT_ANSWERS
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.routes import Route, answer, hear
from palaver.servicekit.service import Service
from palaver.servicekit.testing.kits import BrokerFor, KitFor, Running
from palaver.servicekit.testing.notes import CLOSED, COUNT, COUNT_THERE, REPEAT, TYPED, WRITTEN, Count, Note, until


@pytest.fixture
async def asker(broker_for: BrokerFor) -> Broker:
    return await broker_for("asker")


def _service(*routes: Route) -> Service:
    return Service("notes", routes)


async def _length(note: Note) -> Count:
    return Count(number=len(note.text))


async def test_an_answer_comes_back_typed(asker: Broker, kit_for: KitFor, running: Running) -> None:
    async with running(_service(answer(COUNT, _length)), await kit_for("notes")):
        assert await asker.ask(COUNT, Note(text="four")) == Count(number=4)


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (Failure(ErrorCode.NOT_FOUND, "no such note", note="n1"), ErrorCode.NOT_FOUND),
        (RuntimeError("dear diary"), ErrorCode.INTERNAL),
        (TimeoutError(), ErrorCode.INTERNAL),
    ],
)
async def test_failures_come_back_as_failures(
    raised: Exception, code: ErrorCode, asker: Broker, kit_for: KitFor, running: Running
) -> None:
    async def refuse(note: Note) -> Count:
        raise raised

    async with running(_service(answer(COUNT, refuse)), await kit_for("notes")):
        with pytest.raises(Failure) as caught:
            await asker.ask(COUNT, Note(text="x"))
    assert caught.value.code is code
    assert "diary" not in caught.value.message
    if isinstance(raised, Failure):
        assert (caught.value.message, caught.value.details) == (raised.message, raised.details)


async def test_a_malformed_request_is_a_validation_failure(asker: Broker, kit_for: KitFor, running: Running) -> None:
    async with running(_service(answer(COUNT, _length)), await kit_for("notes")):
        reply = await asker.nc.request(COUNT.at(), b'{"text": 7}', timeout=1)
    failure = FailureBody.model_validate_json(reply.data)
    assert failure.code is ErrorCode.VALIDATION_FAILED
    assert "text: string_type" in failure.message


async def test_what_exceeds_a_broker_message_is_refused_and_not_taken_for_an_outage(
    asker: Broker, kit_for: KitFor, running: Running
) -> None:
    async def repeat(note: Note) -> Note:
        return Note(text=note.text * MAX_PAYLOAD_BYTES)

    async with running(_service(answer(REPEAT, repeat)), await kit_for("notes")):
        for request in (Note(text="x"), Note(text="x" * MAX_PAYLOAD_BYTES)):
            with pytest.raises(Failure) as caught:
                await asker.ask(REPEAT, request)
            assert caught.value.code is ErrorCode.MESSAGE_TOO_LONG


async def test_an_answerer_without_its_database_is_an_outage_for_the_asker(
    asker: Broker, kit_for: KitFor, running: Running
) -> None:
    async def unable(note: Note) -> Count:
        raise Unavailable("postgres")

    async with running(_service(answer(COUNT, unable)), await kit_for("notes")):
        with pytest.raises(Unavailable) as caught:
            await asker.ask(COUNT, Note(text="x"))
    assert caught.value.dependency == "notes"


async def test_nobody_there_is_an_outage_of_the_owner(asker: Broker) -> None:
    with pytest.raises(Unavailable, match="nobody answers") as caught:
        await asker.ask(COUNT, Note(text="x"))
    assert caught.value.dependency == "notes"


async def test_no_answer_in_time_is_an_outage_of_the_owner(asker: Broker, kit_for: KitFor, running: Running) -> None:
    async def dawdle(note: Note) -> Count:
        await asyncio.sleep(0.5)
        return Count(number=0)

    async with running(_service(answer(COUNT, dawdle)), await kit_for("notes")):
        with pytest.raises(Unavailable, match=r"no answer .* in 0.05 s"):
            await asker.ask(COUNT, Note(text="x"), timeout_seconds=0.05)


async def test_an_answer_of_another_shape_is_a_failure(asker: Broker, broker_for: BrokerFor) -> None:
    answerer = await broker_for("notes")

    async def lie(msg: Msg) -> None:
        await msg.respond(b'{"number": "many"}')

    await answerer.nc.subscribe(COUNT.at(), cb=lie)
    await answerer.ping()
    with pytest.raises(Failure, match="unknown shape"):
        await asker.ask(COUNT, Note(text="x"))


async def test_questions_are_answered_side_by_side_up_to_a_limit(
    asker: Broker, kit_for: KitFor, running: Running
) -> None:
    waiting, most, release = 0, 0, asyncio.Event()

    async def slow(note: Note) -> Count:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await release.wait()
        waiting -= 1
        return Count(number=1)

    async with running(_service(answer(COUNT, slow)), await kit_for("notes")):
        questions = [
            asyncio.create_task(asker.ask(COUNT, Note(text="x"), timeout_seconds=10))
            for _ in range(MAX_CONCURRENT_ANSWERS + 10)
        ]
        await until(lambda: waiting == MAX_CONCURRENT_ANSWERS)
        release.set()
        assert len(await asyncio.gather(*questions)) == MAX_CONCURRENT_ANSWERS + 10
    assert most == MAX_CONCURRENT_ANSWERS


async def test_replicas_share_questions(asker: Broker, kit_for: KitFor, running: Running) -> None:
    asked = {"one": 0, "two": 0}

    def replica(name: str) -> Service:
        async def count(note: Note) -> Count:
            asked[name] += 1
            return Count(number=1)

        return _service(answer(COUNT, count))

    async with running(replica("one"), await kit_for("notes")), running(replica("two"), await kit_for("notes")):
        for _ in range(50):
            await asker.ask(COUNT, Note(text="x"))
    assert asked["one"] + asked["two"] == 50
    assert min(asked.values()) > 0


async def test_a_worker_can_be_asked_by_name(asker: Broker, kit_for: KitFor, running: Running) -> None:
    async with running(_service(answer(COUNT_THERE, _length, "w1")), await kit_for("notes")):
        assert (await asker.ask(COUNT_THERE, Note(text="four"), "w1")).number == 4
        with pytest.raises(Unavailable):
            await asker.ask(COUNT_THERE, Note(text="four"), "w2")


async def test_questions_in_work_are_answered_before_a_service_ends(
    asker: Broker, kit_for: KitFor, running: Running
) -> None:
    started = asyncio.Event()

    async def slow(note: Note) -> Count:
        started.set()
        await asyncio.sleep(0.2)
        return Count(number=1)

    async with running(_service(answer(COUNT, slow)), await kit_for("notes")):
        question = asyncio.create_task(asker.ask(COUNT, Note(text="x")))
        await started.wait()
    assert (await question).number == 1


async def test_every_replica_hears_broadcasts_in_order_and_survives_a_bad_one(
    asker: Broker, kit_for: KitFor, running: Running
) -> None:
    heard: list[tuple[str, str]] = []

    def replica(name: str) -> Service:
        async def on_note(note: Note) -> None:
            if note.text == "bad":
                raise RuntimeError("bug")
            heard.append((name, note.text))

        return _service(hear(CLOSED, on_note), hear(TYPED, on_note), hear(WRITTEN, on_note, "b1"))

    async with running(replica("one"), await kit_for("notes")), running(replica("two"), await kit_for("notes")):
        await asker.send(CLOSED, Note(text="bad"))
        await asker.nc.publish(CLOSED.at(), b"not json")
        for number in range(5):
            await asker.send(CLOSED, Note(text=f"closed {number}"))
        await asker.send(TYPED, Note(text="typed"), "any-book")
        await asker.nc.publish(WRITTEN.at("b2"), b'{"text":"elsewhere"}')
        await asker.nc.publish(WRITTEN.at("b1"), b'{"text":"here"}')
        await until(lambda: len(heard) == 14)
    for name in ("one", "two"):
        mine = [text for who, text in heard if who == name]
        assert [text for text in mine if "closed" in text] == [f"closed {number}" for number in range(5)]
        assert "elsewhere" not in mine
        assert {"typed", "here"} < set(mine)
