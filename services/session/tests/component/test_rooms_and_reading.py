"""Rooms belong to their owners; what is read is one moment of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from palaver.contracts import limits
from palaver.contracts.client_protocol import MessageItem
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, ParticipantId, SessionId
from palaver.contracts.session import (
    ATTACH_READ,
    HEADS_GET,
    LOG_READ,
    MESSAGE_DELETE,
    MESSAGE_GET,
    MESSAGE_LIST,
    MESSAGE_PIN,
    PARTICIPANT_ADD,
    PARTICIPANT_REMOVE,
    PARTICIPANT_UPDATE,
    PINNED_LIST,
    SESSION_CREATE,
    SESSION_DELETE,
    SESSION_GET,
    SESSION_LIST,
    SESSION_UPDATE,
    AddParticipant,
    CreateSession,
    ListMessages,
    ListPinned,
    ListSessions,
    NewParticipant,
    OfMessage,
    OfSession,
    PinMessage,
    ReadAttach,
    ReadHeads,
    ReadLog,
    RemoveParticipant,
    UpdateParticipant,
    UpdateSession,
)
from palaver.contracts.session_log import (
    MessageDeleted,
    MessagePosted,
    ReplyAppended,
    RoundEnded,
    SessionStateChanged,
    SessionView,
)
from palaver.session.testing.world import Replica, World, actor, until

pytestmark = pytest.mark.component


async def refused(answer: Awaitable[Any]) -> ErrorCode:
    with pytest.raises(Failure) as failure:
        await answer
    return failure.value.code


async def answered(world: World, room: SessionView, rounds: int) -> None:
    """So many messages, each with a reply of every participant."""
    done = len(world.heard(RoundEnded))
    for number in range(done, done + rounds):
        await world.post(room, f"question {number}")
        speakers = len(room.participants)
        for order in (await world.orders_of(room, (number + 1) * speakers))[-speakers:]:
            await world.started(order)
            await world.completed(order, f"answer {number} of {order.turn.speaker}")
        await until(lambda: len(world.heard(SessionStateChanged)) == 2 * number + 2)  # noqa: B023 - awaited in the loop


# ---- authorisation ---------------------------------------------------------------------------------------------------
Request = Callable[[World, SessionView, MessageId, str], Awaitable[Any]]
EVERY_QUERY_ABOUT_A_ROOM: dict[str, Request] = {
    "get": lambda w, r, _, u: w.broker.ask(SESSION_GET, OfSession(actor=actor(u), session_id=r.id)),
    "update": lambda w, r, _, u: w.broker.ask(
        SESSION_UPDATE, UpdateSession(actor=actor(u), session_id=r.id, title="Mine")
    ),
    "delete": lambda w, r, _, u: w.broker.ask(SESSION_DELETE, OfSession(actor=actor(u), session_id=r.id)),
    "seat": lambda w, r, _, u: w.broker.ask(
        PARTICIPANT_ADD, AddParticipant(actor=actor(u), session_id=r.id, participant=NewParticipant(model="demo/x"))
    ),
    "reseat": lambda w, r, _, u: w.broker.ask(
        PARTICIPANT_UPDATE,
        UpdateParticipant(actor=actor(u), session_id=r.id, participant_id=r.participants[0].id, muted=True),
    ),
    "unseat": lambda w, r, _, u: w.broker.ask(
        PARTICIPANT_REMOVE, RemoveParticipant(actor=actor(u), session_id=r.id, participant_id=r.participants[0].id)
    ),
    "messages": lambda w, r, _, u: w.broker.ask(MESSAGE_LIST, ListMessages(actor=actor(u), session_id=r.id)),
    "message": lambda w, _, m, u: w.broker.ask(MESSAGE_GET, OfMessage(actor=actor(u), message_id=m)),
    "erase": lambda w, _, m, u: w.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(u), message_id=m)),
    "attach": lambda w, r, _, u: w.broker.ask(ATTACH_READ, ReadAttach(actor=actor(u), session_id=r.id)),
    "pin": lambda w, _, m, u: w.broker.ask(MESSAGE_PIN, PinMessage(actor=actor(u), message_id=m, pinned=True)),
    "pinned": lambda w, r, _, u: w.broker.ask(PINNED_LIST, ListPinned(actor=actor(u), session_id=r.id)),
}


async def test_another_user_finds_nothing_and_changes_nothing(
    world: World, replica: Replica, subtests: pytest.Subtests
) -> None:
    await replica()
    room = await world.create()
    await world.post(room)
    (posted,) = await until(lambda: world.heard(MessagePosted))
    await world.orders_of(room, 2)
    before = await world.attach(room)
    for name, query in EVERY_QUERY_ABOUT_A_ROOM.items():
        with subtests.test(name):
            code = await refused(query(world, room, posted.data.message.id, "mallory"))
            assert code in (ErrorCode.SESSION_NOT_FOUND, ErrorCode.NOT_FOUND)
            assert await world.attach(room) == before
    stranger_s_own = await world.broker.ask(SESSION_LIST, ListSessions(actor=actor("mallory")))
    assert stranger_s_own.total == 0


async def test_a_deleted_room_and_a_nonsense_id_are_not_found(
    world: World, replica: Replica, subtests: pytest.Subtests
) -> None:
    await replica()
    room = await world.create()
    await world.post(room)
    (posted,) = await until(lambda: world.heard(MessagePosted))
    nonsense = room.model_copy(update={"id": SessionId("nonsense' --")})
    await world.broker.ask(SESSION_DELETE, OfSession(actor=actor(), session_id=room.id))
    for name, query in EVERY_QUERY_ABOUT_A_ROOM.items():
        for where, message in ((nonsense, MessageId("nonsense")), (room, posted.data.message.id)):
            with subtests.test(name, room=where.id):
                code = await refused(query(world, where, message, "alice"))
                assert code in (ErrorCode.SESSION_NOT_FOUND, ErrorCode.NOT_FOUND)


# ---- rooms -----------------------------------------------------------------------------------------------------------
async def test_a_room_names_and_colours_its_seats(world: World, replica: Replica) -> None:
    await replica()
    wanted = (
        NewParticipant(model="demo/ada"),
        NewParticipant(model="demo/ada", system_prompt="Doubt everything."),
        NewParticipant(model="demo/bo", name="ada", color="#4f7cff"),
    )
    request = CreateSession(actor=actor(), title="  Tea  ", participants=wanted, system_prompt="")
    room = await world.broker.ask(SESSION_CREATE, request)
    assert [seat.name for seat in room.participants] == ["Ada", "Ada 2", "ada 3"]
    assert len({seat.color for seat in room.participants}) == 3
    assert [seat.system_prompt for seat in room.participants] == [None, "Doubt everything.", None]
    assert (room.title, room.state, room.system_prompt, len(room.path)) == ("Tea", "initialised", None, 1)
    assert await world.broker.ask(SESSION_GET, OfSession(actor=actor(), session_id=room.id)) == room


@pytest.mark.parametrize(
    ("mode", "models", "code"),
    [
        ("parallel", [], ErrorCode.VALIDATION_FAILED),
        ("nonsense", ["demo/a"], ErrorCode.VALIDATION_FAILED),
        ("parallel", ["demo/a", "unknown/b"], ErrorCode.MODEL_NOT_FOUND),
        ("single", ["demo/a", "demo/b"], ErrorCode.TOO_MANY_PARTICIPANTS),
    ],
)
async def test_a_room_that_cannot_be_is_refused(
    world: World, replica: Replica, mode: str, models: list[str], code: ErrorCode
) -> None:
    await replica()
    seats = tuple(NewParticipant(model=model) for model in models)
    request = CreateSession(actor=actor(), mode=mode, participants=seats)
    assert await refused(world.broker.ask(SESSION_CREATE, request)) is code
    assert (await world.broker.ask(SESSION_LIST, ListSessions(actor=actor()))).total == 0


async def test_seats_change_while_the_room_is_open(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", mode="single")
    add = AddParticipant(actor=actor(), session_id=room.id, participant=NewParticipant(model="demo/bo"))
    assert await refused(world.broker.ask(PARTICIPANT_ADD, add)) is ErrorCode.TOO_MANY_PARTICIPANTS
    room = await world.create("demo/ada")
    add = add.model_copy(update={"session_id": room.id})
    bo = await world.broker.ask(PARTICIPANT_ADD, add)
    change = UpdateParticipant(
        actor=actor(), session_id=room.id, participant_id=bo.id, name="Ada", model="demo/cy", muted=True
    )
    bo = await world.broker.ask(PARTICIPANT_UPDATE, change)
    assert (bo.name, bo.model_id, bo.muted, bo.position) == ("Ada 2", "demo/cy", True, 1)
    await world.post(room)
    orders = await world.orders_of(room, 1)
    await world.completed(orders[0])
    await until(lambda: world.heard(RoundEnded))
    await world.broker.ask(PARTICIPANT_UPDATE, change.model_copy(update={"muted": False, "model": None}))
    await world.post(room)
    models = [order.turn.model for order in (await world.orders_of(room, 3))[1:]]
    assert models == ["demo/ada", "demo/cy"]
    unknown = change.model_copy(update={"participant_id": ParticipantId("nonsense")})
    assert await refused(world.broker.ask(PARTICIPANT_UPDATE, unknown)) is ErrorCode.NOT_FOUND


async def test_of_many_rooms_opened_at_once_on_two_replicas_there_are_as_many_as_may_be(
    world: World, replica: Replica
) -> None:
    for _ in range(2):
        await replica(max_sessions_per_owner=3)
    asked = await asyncio.gather(*(world.create() for _ in range(12)), return_exceptions=True)
    opened = [room for room in asked if isinstance(room, SessionView)]
    refusals = [failure for failure in asked if isinstance(failure, Failure)]
    assert (len(opened), len(refusals)) == (3, 9)
    assert {(failure.code, (failure.body.details or {})["maximum"]) for failure in refusals} == {
        (ErrorCode.TOO_MANY_SESSIONS, 3)
    }
    assert "3 rooms" in str(refusals[0].body.message)
    await world.create(user="bob")  # somebody else is not concerned
    await world.broker.ask(SESSION_DELETE, OfSession(actor=actor(), session_id=opened[0].id))
    await world.create()  # a deleted room makes place
    page = await world.broker.ask(SESSION_LIST, ListSessions(actor=actor()))
    assert page.total == 3


async def test_rooms_are_listed_by_their_latest_change(world: World, replica: Replica) -> None:
    await replica(max_sessions_per_owner=3)
    rooms = [await world.create() for _ in range(3)]
    assert await refused(world.create()) is ErrorCode.TOO_MANY_SESSIONS
    await world.post(rooms[0])
    await until(lambda: world.heard(MessagePosted))
    title = UpdateSession(actor=actor(), session_id=rooms[1].id, title="100% tea")
    await world.broker.ask(SESSION_UPDATE, title)
    await world.broker.ask(SESSION_UPDATE, UpdateSession(actor=actor(), session_id=rooms[2].id, archived=True))

    async def ids(**wanted: Any) -> list[str]:
        page = await world.broker.ask(SESSION_LIST, ListSessions(actor=actor(), **wanted))
        return [session.id for session in page.sessions]

    assert await ids() == [rooms[1].id, rooms[0].id]
    assert await ids(archived=None) == [rooms[2].id, rooms[1].id, rooms[0].id]
    assert await ids(archived=None, page=2, limit=2) == [rooms[0].id]
    assert await ids(q="% TEA") == [rooms[1].id]
    assert await ids(q="t_a") == []
    assert await ids(mode="single") == []


# ---- reading ---------------------------------------------------------------------------------------------------------
async def test_a_snapshot_and_the_entries_after_it_are_the_room_as_it_is(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    await answered(world, room, 2)
    early = await world.attach(room)
    await answered(world, room, 2)
    await world.broker.ask(SESSION_UPDATE, UpdateSession(actor=actor(), session_id=room.id, title="Later"))
    late = await world.attach(room)
    resumed = await world.attach(room, early.head_seq, early.epoch)

    assert (early.recovered, early.entries) == (False, ())
    assert (resumed.recovered, resumed.messages) == (True, ())
    assert [entry.seq for entry in resumed.entries] == list(range(early.head_seq + 1, late.head_seq + 1))
    grown = [(_id(item), _text(item)) for item in early.messages]
    for entry in resumed.entries:
        if isinstance(entry, MessagePosted):
            grown.append((entry.data.message.id, entry.data.message.content))
        if isinstance(entry, ReplyAppended):
            grown.append((entry.data.reply.id, entry.data.reply.text))
    assert sorted(grown) == sorted((_id(item), _text(item)) for item in late.messages)
    assert resumed.session == late.session


async def test_a_place_that_is_not_in_the_log_gets_the_newest_page(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    await answered(world, room, 1)
    head = (await world.attach(room)).head_seq
    assert (await world.attach(room, head)).recovered
    assert not (await world.attach(room, head + 1)).recovered
    assert not (await world.attach(room, head, "another epoch")).recovered
    assert not (await world.attach(room, -1 - limits.MAX_LOG_PAGE)).recovered


async def test_pages_are_whole_rounds_and_cover_everything(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    await answered(world, room, 5)
    pages: list[list[MessageItem]] = []
    before: int | None = None
    while True:
        request = ListMessages(actor=actor(), session_id=room.id, before_round=before, limit=7)
        page = await world.broker.ask(MESSAGE_LIST, request)
        pages.insert(0, list(page.items))
        before = page.next_before_round
        if before is None:
            break
    assert [len(page) for page in pages] == [3, 6, 6]
    everything = (await world.attach(room)).messages
    assert tuple(item for page in pages for item in page) == everything
    tiny = await world.broker.ask(MESSAGE_LIST, ListMessages(actor=actor(), session_id=room.id, limit=1))
    assert len(tiny.items) == 3  # one round alone has more


async def test_a_deleted_message_is_gone_from_every_answer(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await answered(world, room, 1)
    said, reply = (await world.attach(room)).messages
    for item in (said, reply):
        await world.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(), message_id=_id(item)))
        assert await refused(world.broker.ask(MESSAGE_GET, OfMessage(actor=actor(), message_id=_id(item)))) is (
            ErrorCode.NOT_FOUND
        )
    assert await refused(world.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(), message_id=_id(said)))) is (
        ErrorCode.NOT_FOUND
    )
    assert (await world.attach(room)).messages == ()
    log = await world.log(room)
    assert not any(_text(item) in entry.model_dump_json() for item in (said, reply) for entry in log)
    assert [entry.data.message_id for entry in log if isinstance(entry, MessageDeleted)] == [_id(said), _id(reply)]


async def test_heads_and_the_log_are_there_for_followers(world: World, replica: Replica) -> None:
    await replica()
    rooms = [await world.create() for _ in range(2)]
    await world.post(rooms[0])
    await world.orders_of(rooms[0], 2)
    log = await world.log(rooms[0])
    ids = (rooms[0].id, rooms[1].id, SessionId("nonsense"))
    assert (await world.broker.ask(HEADS_GET, ReadHeads(sessions=ids))).heads == {
        rooms[0].id: len(log),
        rooms[1].id: 1,
    }
    page = await world.broker.ask(LOG_READ, ReadLog(session_id=rooms[0].id, after=1, limit=2))
    assert ([entry.seq for entry in page.entries], page.head_seq) == ([2, 3], len(log))
    unknown = ReadLog(session_id=SessionId("01900000-0000-7000-8000-000000000000"), after=0)
    assert await refused(world.broker.ask(LOG_READ, unknown)) is ErrorCode.SESSION_NOT_FOUND


def _id(item: MessageItem) -> MessageId:
    match item.kind:
        case "user":
            return item.message.id
        case "reply":
            return item.reply.id
        case "failed":
            return item.turn.reply_id


def _text(item: MessageItem) -> str:
    match item.kind:
        case "user":
            return item.message.content
        case "reply":
            return item.reply.text
        case "failed":
            return ""
