"""Keys stored, lent, checked and deleted, over a real broker and a real database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Protocol

import pytest
from nats.aio.msg import Msg
from sqlalchemy import select, update

from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import CompletionId, KeyId, new_id
from palaver.contracts.keyvault import (
    AUDIT_RECORDED,
    KEY_DELETE,
    KEY_GET,
    KEY_LIST,
    KEY_REVOKED,
    KeyRevoked,
    ListKeys,
    OfKey,
)
from palaver.contracts.model_router import KEY_CHECKED, KeyChecked
from palaver.contracts.operations import AuditRecorded
from palaver.keyvault.tables import envelopes, keys
from palaver.keyvault.testing.world import HOST, PROVIDER, World, person
from palaver.servicekit.outbox import TABLE as OUTBOX
from palaver.servicekit.sealing import KeyPair, to_base64url
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = [pytest.mark.component, pytest.mark.attack]

SECRET = "sk-live-4f1c9e07b2d84a6e-WXYZ"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> Failure:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the condition is a row in the service's database
            await asyncio.sleep(0.01)


async def dump(world: World) -> str:
    """All that the database holds, bytes as they are and as hexadecimal."""
    rows: list[str] = []
    async with world.database.read() as conn:
        for table in (keys, envelopes, OUTBOX):
            rows += [
                f"{tuple(row)!r} {[bytes(c).hex() for c in row if isinstance(c, bytes)]}"
                for row in await conn.execute(select(table))
            ]
    return "\n".join(rows)


async def checked(world: World, key_id: KeyId, *, valid: bool, code: ErrorCode | None = None, **by: float) -> None:
    """A provider's verdict, handled."""
    before = world.metric("palaver_messages_handled_total", about="key.checked")
    at = world.clock.now + timedelta(**by)
    await world.edge.broker.publish(KEY_CHECKED, KeyChecked(key_id=key_id, valid=valid, code=code, at=at), key_id)

    async def handled() -> bool:
        return world.metric("palaver_messages_handled_total", about="key.checked") > before

    await until(handled)


async def test_a_key_is_shown_by_its_last_four_characters_and_nothing_more(world: World) -> None:
    ada = person()
    stored = await world.edge.create(ada, f"  {SECRET}\n")
    assert (stored.key_hint, stored.status, stored.host, stored.label) == ("WXYZ", "active", HOST, "mine")
    listed = await world.edge.broker.ask(KEY_LIST, ListKeys(actor=ada))
    got = await world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=stored.id))
    assert listed.keys == (got,) == (stored,)
    assert SECRET not in listed.model_dump_json()


async def test_a_worker_is_lent_the_key_that_was_stored(world: World) -> None:
    ada = person()
    stored = await world.edge.create(ada, SECRET)
    lease = await world.edge.lease(ada.user_id)
    assert world.edge.opened(lease) == SECRET
    assert (lease.key_id, lease.provider, lease.host) == (stored.id, PROVIDER, HOST)
    assert lease.expires_at == world.clock.now + timedelta(seconds=60)
    seen = await world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=stored.id))
    assert seen.last_used_at == world.clock.now


async def test_a_lease_for_a_side_job_names_it_in_the_audit_trail(world: World, broker_for: BrokerFor) -> None:
    ada, job = person(), CompletionId(new_id())
    stored = await world.edge.create(ada, SECRET)
    reports: asyncio.Queue[AuditRecorded] = asyncio.Queue()
    listener = await broker_for("test")

    async def note(msg: Msg) -> None:
        report = AuditRecorded.model_validate_json(msg.data)
        if report.action == "key.lease":
            reports.put_nowait(report)

    await listener.nc.subscribe(AUDIT_RECORDED.at(), cb=note)
    await listener.nc.flush()
    lease = await world.edge.lease_for_completion(ada.user_id, job)
    assert world.edge.opened(lease) == SECRET
    report = await asyncio.wait_for(reports.get(), 10)
    assert (report.actor_id, report.target_id, report.outcome) == (ada.user_id, stored.id, "done")
    assert report.details == {
        "purpose": "completion",
        "completion_id": job,
        "worker": world.edge.worker,
        "host": HOST,
    }
    assert (await world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=stored.id))).last_used_at is not None
    assert (await refused(world.edge.lease_for_completion(person().user_id, job))).code is ErrorCode.KEY_MISSING


async def test_nobody_but_the_asking_worker_can_open_a_lease(world: World) -> None:
    ada = person()
    await world.edge.create(ada, SECRET)
    lease = await world.edge.lease(ada.user_id)
    world.edge.worker_keys = KeyPair.generate()
    with pytest.raises(Failure):
        world.edge.opened(lease)


async def test_the_newest_active_key_is_lent(world: World) -> None:
    ada = person()
    await world.edge.create(ada, f"{SECRET}-old")
    world.clock.forward(seconds=1)
    newer = await world.edge.create(ada, f"{SECRET}-new")
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == f"{SECRET}-new"
    await checked(world, newer.id, valid=False, code=ErrorCode.KEY_INVALID)
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == f"{SECRET}-old"


@pytest.mark.parametrize("place", [{"host": "evil.example.org"}, {"provider": "anthropic"}])
async def test_a_key_is_never_lent_for_another_host_or_provider(world: World, place: dict[str, str]) -> None:
    ada = person()
    stored = await world.edge.create(ada, SECRET)
    failure = await refused(world.edge.lease(ada.user_id, **place))
    assert failure.code is ErrorCode.KEY_MISSING
    assert "Add one under Keys" in failure.message
    assert (await refused(world.edge.lease_for_check(ada, stored.id, **place))).code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize("place", [{"host": None}, {"provider": None}])
async def test_a_turn_must_say_where_it_needs_the_key(world: World, place: dict[str, None]) -> None:
    ada = person()
    await world.edge.create(ada, SECRET)
    assert (await refused(world.edge.lease(ada.user_id, **place))).code is ErrorCode.VALIDATION_FAILED


async def test_one_persons_key_is_never_lent_for_anothers_turn(world: World) -> None:
    await world.edge.create(person(), SECRET)
    assert (await refused(world.edge.lease(person().user_id))).code is ErrorCode.KEY_MISSING


@pytest.mark.parametrize("role", list(Role))
async def test_somebody_elses_key_does_not_exist_for_anybody(world: World, role: Role) -> None:
    ada, eve = person(), Actor(user_id=person().user_id, role=role)
    stored = await world.edge.create(ada, SECRET)
    request = OfKey(actor=eve, key_id=stored.id)
    made_up = await refused(world.edge.broker.ask(KEY_GET, OfKey(actor=eve, key_id=KeyId(new_id()))))
    for answer in (
        world.edge.broker.ask(KEY_GET, request),
        world.edge.broker.ask(KEY_DELETE, request),
        world.edge.lease_for_check(eve, stored.id),
    ):
        assert (await refused(answer)).body == made_up.body
    assert (await world.edge.broker.ask(KEY_LIST, ListKeys(actor=eve))).keys == ()
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == SECRET


async def test_a_refused_key_is_not_lent_for_turns_says_what_to_do_and_can_be_checked_again(world: World) -> None:
    ada = person()
    stored = await world.edge.create(ada, SECRET)
    await checked(world, stored.id, valid=False, code=ErrorCode.KEY_INVALID)
    failure = await refused(world.edge.lease(ada.user_id))
    assert failure.code is ErrorCode.KEY_INVALID
    assert "ending in WXYZ" in failure.message
    assert "Add a new one" in failure.message
    assert world.edge.opened(await world.edge.lease_for_check(ada, stored.id)) == SECRET
    await checked(world, stored.id, valid=True, seconds=1)
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == SECRET
    seen = await world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=stored.id))
    assert (seen.status, seen.check_code) == ("active", None)


async def test_an_older_or_repeated_verdict_changes_nothing(world: World) -> None:
    ada = person()
    stored = await world.edge.create(ada, SECRET)
    await checked(world, stored.id, valid=True, seconds=2)
    await checked(world, stored.id, valid=False, code=ErrorCode.KEY_INVALID, seconds=1)
    await checked(world, stored.id, valid=False, code=ErrorCode.KEY_INVALID, seconds=2)
    assert (await world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=stored.id))).status == "active"


async def test_a_verdict_that_passes_is_shown_and_takes_no_key_away(world: World) -> None:
    ada = person()
    stored = await world.edge.create(ada, SECRET)
    await checked(world, stored.id, valid=False, code=ErrorCode.PROVIDER_QUOTA)
    seen = await world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=stored.id))
    assert (seen.status, seen.check_code) == ("active", ErrorCode.PROVIDER_QUOTA)


async def test_a_deleted_key_is_gone_from_the_tables_and_workers_are_told(world: World, broker_for: BrokerFor) -> None:
    heard: asyncio.Queue[KeyRevoked] = asyncio.Queue()
    worker = await broker_for("model-router")

    async def note(msg: Msg) -> None:
        await heard.put(KeyRevoked.model_validate_json(msg.data))

    await worker.nc.subscribe(KEY_REVOKED.address.wildcard, cb=note)
    await worker.nc.flush()
    ada = person()
    stored = await world.edge.create(ada, SECRET)
    await world.edge.broker.ask(KEY_DELETE, OfKey(actor=ada, key_id=stored.id))
    async with asyncio.timeout(10):
        assert (await heard.get()).key_id == stored.id
    assert (await refused(world.edge.lease(ada.user_id))).code is ErrorCode.KEY_MISSING
    async with world.database.read() as conn:
        assert (await conn.execute(select(envelopes))).all() == []
    again = await refused(world.edge.broker.ask(KEY_DELETE, OfKey(actor=ada, key_id=stored.id)))
    assert again.code is ErrorCode.NOT_FOUND


async def test_the_limit_of_keys_holds_for_requests_at_once(worlds: Worlds) -> None:
    async with worlds(max_keys_per_user=2) as world:
        ada = person()
        answers = await asyncio.gather(
            *(world.edge.create(ada, f"{SECRET}-{n}") for n in range(5)), return_exceptions=True
        )
        failures = [answer for answer in answers if isinstance(answer, Failure)]
        assert [failure.code for failure in failures] == [ErrorCode.CONFLICT] * 3
        assert (await world.edge.create(person(), SECRET)).status == "active"


@pytest.mark.parametrize("secret", ["two words", "line\nbreak", "caf\u00e9", " ", "nul\x00"])
async def test_what_could_not_be_sent_in_a_header_is_no_key(world: World, secret: str) -> None:
    failure = await refused(world.edge.create(person(), secret))
    assert failure.code is ErrorCode.VALIDATION_FAILED
    assert secret not in failure.message or secret == " "


async def test_a_box_made_for_another_purpose_does_not_open(world: World) -> None:
    failure = await refused(world.edge.create(person(), SECRET, context="keyvault.key.lease"))
    assert failure.code is ErrorCode.VALIDATION_FAILED


@pytest.mark.parametrize("public_key", ["", "short", to_base64url(bytes(32))])
async def test_a_lease_that_cannot_be_sealed_is_refused(world: World, public_key: str) -> None:
    from palaver.contracts.keyvault import KEY_LEASE, LeaseForTurn, LeaseKey

    ada = person()
    await world.edge.create(ada, SECRET)
    purpose = LeaseForTurn.model_validate({"turn_id": new_id(), "payer": ada.user_id})
    request = LeaseKey(purpose=purpose, provider=PROVIDER, host=HOST, worker=world.edge.worker, public_key=public_key)
    assert (await refused(world.edge.broker.ask(KEY_LEASE, request))).code is ErrorCode.VALIDATION_FAILED


async def swap(world: World, one: KeyId, other: KeyId, *columns: str) -> None:
    """Exchange columns of two envelopes, as somebody with the database's password could."""
    async with world.database.transaction() as conn:
        rows = {row.key_id: row for row in await conn.execute(select(envelopes))}
        for target, source in ((one, other), (other, one)):
            values = {column: getattr(rows[source], column) for column in columns}
            await conn.execute(update(envelopes).where(envelopes.c.key_id == target).values(values))


@pytest.mark.parametrize("columns", [("ciphertext",), ("wrapped_key",), ("wrapped_key", "ciphertext")])
async def test_ciphertext_moved_between_two_peoples_rows_does_not_open(world: World, columns: tuple[str, ...]) -> None:
    ada, eve = person(), person()
    of_ada = await world.edge.create(ada, SECRET)
    of_eve = await world.edge.create(eve, f"{SECRET}-of-eve")
    await swap(world, of_ada.id, of_eve.id, *columns)
    failure = await refused(world.edge.lease(eve.user_id))
    assert failure.code is ErrorCode.KEY_INVALID
    assert "Delete it and add it again" in failure.message
    assert world.metric("palaver_keyvault_tampered_total") == 1


@pytest.mark.parametrize("column", ["user_id", "provider", "host"])
async def test_a_row_that_was_made_to_say_another_person_provider_or_host_does_not_open(
    world: World, column: str
) -> None:
    ada, eve = person(), person()
    stored = await world.edge.create(ada, SECRET)
    forged = {"user_id": eve.user_id, "provider": "evil", "host": "evil.example.org"}[column]
    async with world.database.transaction() as conn:
        await conn.execute(update(keys).where(keys.c.id == stored.id).values({column: forged}))
    lender = eve.user_id if column == "user_id" else ada.user_id
    place = {column: forged} if column != "user_id" else {}
    assert (await refused(world.edge.lease(lender, **place))).code is ErrorCode.KEY_INVALID


async def test_every_use_and_refusal_is_reported_and_nothing_on_the_broker_or_in_logs_shows_a_key(
    world: World, broker_for: BrokerFor, capfd: pytest.CaptureFixture[str]
) -> None:
    planted = "a-planted-secret"
    traffic: list[bytes] = []
    reports: list[AuditRecorded] = []
    listener = await broker_for("test")

    async def note(msg: Msg) -> None:
        traffic.append(msg.subject.encode() + b" " + repr(msg.headers).encode() + b" " + msg.data)
        if msg.subject == AUDIT_RECORDED.at():
            reports.append(AuditRecorded.model_validate_json(msg.data))

    await listener.nc.subscribe(">", cb=note)
    await listener.nc.flush()
    ada, eve = person(), person()
    stored = await world.edge.create(ada, SECRET)
    await world.edge.lease(ada.user_id)
    await world.edge.lease_for_check(ada, stored.id)
    await refused(world.edge.lease_for_check(eve, stored.id))
    await refused(world.edge.broker.ask(KEY_GET, OfKey(actor=eve, key_id=stored.id)))
    await checked(world, stored.id, valid=False, code=ErrorCode.KEY_INVALID)
    await refused(world.edge.lease(ada.user_id))
    rows = await dump(world)
    async with world.database.transaction() as conn:
        await conn.execute(update(envelopes).values(ciphertext=b"broken"))
    await refused(world.edge.lease_for_check(ada, stored.id))
    await refused(world.edge.broker.ask(KEY_DELETE, OfKey(actor=eve, key_id=stored.id)))
    await world.edge.broker.ask(KEY_DELETE, OfKey(actor=ada, key_id=stored.id))

    async def all_reported() -> bool:
        return len(reports) >= 10

    await until(all_reported)
    told = [(report.action, report.outcome, report.actor_id) for report in reports]
    assert sorted(told) == sorted(
        [
            ("key.create", "done", ada.user_id),
            ("key.lease", "done", ada.user_id),  # for the turn
            ("key.lease", "done", ada.user_id),  # for the check
            ("key.lease", "refused", eve.user_id),
            ("key.read", "refused", eve.user_id),
            ("key.check", "done", ada.user_id),
            ("key.lease", "refused", ada.user_id),  # refused by its provider
            ("key.lease", "refused", ada.user_id),  # does not open
            ("key.delete", "refused", eve.user_id),
            ("key.delete", "done", ada.user_id),
        ]
    )
    await world.edge.broker.nc.publish("_INBOX_planted.somebody", json.dumps(planted).encode())
    await world.edge.broker.nc.flush()
    await listener.nc.flush()
    everything = b"\n".join(traffic)
    assert planted.encode() in everything  # the search finds what is there, inboxes included
    assert stored.id in rows
    assert b"qry.keyvault.key.lease.v1" in everything
    said = capfd.readouterr()
    assert "stored_key_does_not_open" in said.out + said.err
    hexadecimal = SECRET.encode().hex()
    for place in (everything.decode(errors="replace"), rows, said.out, said.err):
        assert SECRET not in place
        assert hexadecimal not in place
