"""What keys are used for, what is left of their quotas, and who is told, over a real broker and database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from nats.aio.msg import Msg
from sqlalchemy import insert, select

from palaver.contracts.actors import Actor, Role
from palaver.contracts.analytics import COMPLETION_CALL_LOST, CompletionCallLost
from palaver.contracts.client_protocol import KeyQuotaNotice, KeyUnusualData, KeyUnusualNotice
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId, new_id
from palaver.contracts.key_records import (
    KEY_AUDIT_LIST,
    KEY_USAGE_GET,
    KeyQuota,
    KeyUsage,
    KeyUse,
    ListKeyAudit,
    ReadKeyUsage,
)
from palaver.contracts.keyvault import (
    KEY_CHANGE,
    KEY_DELETE,
    KEY_GET,
    KEY_REVOKED,
    USER_NOTIFIED,
    ChangeKey,
    KeyNotice,
    OfKey,
)
from palaver.contracts.model_router import COMPLETION_METERED, USAGE_METERED, CompletionMetered, UsageMetered
from palaver.contracts.session import ATTEMPT_LOST, AttemptLost, OpenCall
from palaver.keyvault.housekeeping import Housekeeping
from palaver.keyvault.tables import counted_calls, key_days
from palaver.keyvault.testing.world import PROVIDER, Clock, World
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = pytest.mark.component

SECRET = "sk-live-09d1c4e1f2a94d1c-WXYZ"


@pytest.fixture
def clock() -> Clock:
    """In the middle of a day and of a month."""
    return Clock(datetime(2030, 5, 15, 12, tzinfo=UTC))


async def refused(answer: Awaitable[object]) -> Failure:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is plain data
            await asyncio.sleep(0.01)


def handled(world: World) -> float:
    return world.metric("palaver_messages_handled_total", about="metered")


def call(world: World, key_id: KeyId | None, cost: str = "0.01", **changes: Any) -> dict[str, Any]:
    return {
        "call": 1,
        "call_id": new_id(),
        "payer": new_id(),
        "provider": PROVIDER,
        "model_id": "gpt",
        "key_id": key_id,
        "usage": {"tokens_input": 100, "tokens_output": 20},
        "cost": cost,
        "outcome": "completed",
        "started_at": world.clock.now - timedelta(seconds=3),
        "first_token_seconds": 0.5,
        "duration_seconds": 2.0,
        "session_id": new_id(),
        "turn_id": new_id(),
        "participant_id": new_id(),
        "attempt": 1,
    } | changes


def lost(made: dict[str, Any]) -> AttemptLost:
    """What session says of this call when its worker died."""
    open_call = OpenCall(
        call_id=made["call_id"],
        call=1,
        model="gpt",
        tokens_input=1_000,
        key_id=made["key_id"],
        input_price=Decimal("0.1"),
        output_price=Decimal("0.002"),
    )
    about = {name: made[name] for name in ("session_id", "turn_id", "attempt", "payer", "participant_id")}
    return AttemptLost(**about, open_call=open_call, text_length=100, at=made["started_at"])


async def died(world: World, *calls: dict[str, Any]) -> None:
    """Session says that these calls' workers died; returns when the vault has heard it."""
    before = world.metric("palaver_messages_handled_total", about="attempt")
    for made in calls:
        await world.edge.broker.publish(ATTEMPT_LOST, lost(made), made["turn_id"])
    heard = before + len(calls)
    await until(lambda: world.metric("palaver_messages_handled_total", about="attempt") >= heard)


async def told(world: World, *calls: dict[str, Any]) -> None:
    """Workers say that these calls are over; returns when the vault has heard it."""
    before = handled(world)
    for made in calls:
        fact = UsageMetered.model_validate(made)
        await world.edge.broker.publish(USAGE_METERED, fact, fact.payer)
    await until(lambda: handled(world) >= before + len(calls))


async def usage(world: World, actor: Any, key_id: KeyId, **query: Any) -> KeyUsage:
    request = ReadKeyUsage.model_validate({"actor": actor, "key_id": key_id} | query)
    return await world.edge.broker.ask(KEY_USAGE_GET, request)


async def test_each_call_is_counted_once_for_the_day_on_which_it_ended(world: World) -> None:
    ada = world.people.somebody()
    key = await world.edge.create(ada, SECRET)
    repeated = call(world, key.id)
    over_midnight = call(world, key.id, started_at=datetime(2030, 5, 14, 23, 59, 59, tzinfo=UTC))
    yesterday = call(world, key.id, "0.5", started_at=world.clock.now - timedelta(days=1), outcome="failed")
    last_month = call(world, key.id, "7", started_at=world.clock.now - timedelta(days=20))
    await told(world, repeated, repeated, repeated, over_midnight, yesterday, last_month, call(world, None))
    seen = await usage(world, ada, key.id)
    assert seen.today == KeyUse(calls=2, tokens_input=200, tokens_output=40, cost=Decimal("0.02"))
    assert seen.month == KeyUse(calls=3, failed=1, tokens_input=300, tokens_output=60, cost=Decimal("0.52"))
    assert [(d.day, d.calls, d.failed, d.cost) for d in seen.days] == [
        (date(2030, 5, 15), 2, 0, Decimal("0.02")),
        (date(2030, 5, 14), 1, 1, Decimal("0.5")),
        (date(2030, 4, 25), 1, 0, Decimal(7)),
    ]
    assert len((await usage(world, ada, key.id, days=1)).days) == 1


async def test_a_call_whose_worker_died_counts_as_estimated_until_the_worker_says_otherwise(world: World) -> None:
    ada = world.people.somebody()
    key = await world.edge.create(ada, SECRET)
    silent, dead = call(world, key.id, "0.5"), call(world, key.id)
    await died(world, silent, dead, silent)
    estimated = Decimal("0.1") + Decimal(34) * Decimal("0.002") / 1_000
    assert (await usage(world, ada, key.id)).today == KeyUse(
        calls=2, tokens_input=2_000, tokens_output=68, cost=2 * estimated
    )
    await told(world, silent, silent)
    await died(world, silent)
    assert (await usage(world, ada, key.id)).today == KeyUse(
        calls=2, tokens_input=1_100, tokens_output=54, cost=estimated + Decimal("0.5")
    )


async def test_side_jobs_count_too(world: World) -> None:
    ada = world.people.somebody()
    key = await world.edge.create(ada, SECRET)
    fact = CompletionMetered.model_validate(
        call(world, key.id, completion_id=new_id(), delivery=1, purpose="title", session_id=None)
    )
    await world.edge.broker.publish(COMPLETION_METERED, fact, fact.payer)
    await until(lambda: handled(world) >= 1)
    assert (await usage(world, ada, key.id)).today.calls == 1


async def test_a_side_job_s_call_whose_worker_died_counts_by_its_prompt_until_the_worker_says_otherwise(
    world: World,
) -> None:
    ada = world.people.somebody()
    key = await world.edge.create(ada, SECRET)
    made = call(world, key.id, "0.5", completion_id=new_id(), delivery=1, purpose="title", session_id=None)
    lost_call = CompletionCallLost(
        completion_id=made["completion_id"],
        delivery=1,
        call_id=made["call_id"],
        key_id=key.id,
        tokens_input=1_000,
        cost=Decimal("0.1"),
        at=world.clock.now,
    )
    for _ in range(2):
        await world.edge.broker.publish(COMPLETION_CALL_LOST, lost_call, lost_call.completion_id)
    await until(lambda: world.metric("palaver_messages_handled_total", about="completion.lost") >= 2)
    assert (await usage(world, ada, key.id)).today == KeyUse(calls=1, tokens_input=1_000, cost=Decimal("0.1"))
    fact = CompletionMetered.model_validate(made)
    await world.edge.broker.publish(COMPLETION_METERED, fact, fact.payer)
    await until(lambda: handled(world) >= 1)
    assert (await usage(world, ada, key.id)).today == KeyUse(
        calls=1, tokens_input=100, tokens_output=20, cost=Decimal("0.5")
    )


async def test_calls_that_end_together_are_all_counted(world: World) -> None:
    ada = world.people.somebody()
    key = await world.edge.create(ada, SECRET)
    await told(world, *(call(world, key.id) for _ in range(60)))
    assert (await usage(world, ada, key.id)).today.calls == 60


@pytest.mark.parametrize(
    ("quota", "again"),
    [
        ({"calls_per_day": 2}, {"days": 1}),
        ({"dollars_per_day": "0.02"}, {"days": 1}),
        ({"calls_per_month": 2}, {"days": 17}),
        ({"dollars_per_month": "0.02"}, {"days": 17}),
    ],
)
async def test_a_key_that_used_up_its_quota_is_not_lent_until_the_period_ends(
    world: World, broker_for: BrokerFor, quota: dict[str, Any], again: dict[str, int]
) -> None:
    revoked: list[bytes] = []
    worker = await broker_for("model-router")

    async def note(msg: Msg) -> None:
        revoked.append(msg.data)

    await worker.nc.subscribe(KEY_REVOKED.address.wildcard, cb=note)
    await worker.nc.flush()
    ada = world.people.somebody()
    key = await world.edge.create(ada, SECRET, quota=KeyQuota.model_validate(quota))
    await told(world, call(world, key.id))
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == SECRET
    assert revoked == []
    await told(world, call(world, key.id))
    await until(lambda: len(revoked) == 1)
    for answer in (
        world.edge.candidates(ada.user_id),
        world.edge.lease(ada.user_id),
        world.edge.lease(ada.user_id, key_id=key.id),
    ):
        failure = await refused(answer)
        assert failure.code is ErrorCode.KEY_QUOTA_EXCEEDED
        first = f"{(world.clock.now + timedelta(**again)).date()}" if again == {"days": 1} else "2030-06-01"
        assert f"used again from {first}" in failure.message
    assert (await world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=key.id))).quota_used_up
    assert world.edge.opened(await world.edge.lease_for_check(ada, key.id)) == SECRET
    world.clock.forward(**again)
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == SECRET


async def test_another_key_takes_over_and_a_raised_quota_brings_the_first_one_back(world: World) -> None:
    ada = world.people.somebody()
    first = await world.edge.create(ada, f"{SECRET}-1", quota=KeyQuota(calls_per_day=1))
    second = await world.edge.create(ada, f"{SECRET}-2", order=1)
    await told(world, call(world, first.id))
    assert [key.key_id for key in await world.edge.candidates(ada.user_id)] == [second.id]
    raised = ChangeKey(actor=ada, key_id=first.id, quota=KeyQuota(calls_per_day=10))
    assert not (await world.edge.broker.ask(KEY_CHANGE, raised)).quota_used_up
    assert [key.key_id for key in await world.edge.candidates(ada.user_id)] == [first.id, second.id]
    lifted = await world.edge.broker.ask(KEY_CHANGE, ChangeKey(actor=ada, key_id=first.id, quota=KeyQuota()))
    assert lifted.quota == KeyQuota()


async def heard_by(person: Actor, broker_for: BrokerFor) -> list[KeyQuotaNotice | KeyUnusualNotice]:
    """What a keeper's clients are told, as it comes."""
    notices: list[KeyQuotaNotice | KeyUnusualNotice] = []
    client = await broker_for("gateway", label="ears")

    async def note(msg: Msg) -> None:
        notices.append(KeyNotice.model_validate_json(msg.data).root)

    await client.nc.subscribe(USER_NOTIFIED.at(person.user_id), cb=note)
    await client.nc.flush()
    return notices


async def used_on(world: World, key_id: KeyId, days_ago: int, *, calls: int, failed: int = 0) -> None:
    """So much was counted on a day before today."""
    day = (world.clock.now - timedelta(days=days_ago)).date()
    figures = {"calls": calls, "failed": failed, "tokens_input": 0, "tokens_output": 0, "cost": Decimal(0)}
    async with world.database.transaction() as conn:
        await conn.execute(insert(key_days).values(key_id=key_id, day=day, **figures))


async def test_its_keeper_is_told_once_a_day_of_what_is_unusual(world: World, broker_for: BrokerFor) -> None:
    ada = world.people.somebody()
    notices = await heard_by(ada, broker_for)
    key = await world.edge.create(ada, SECRET, label="mine")
    for days_ago in (2, 3, 5):
        await used_on(world, key.id, days_ago, calls=11)
    await used_on(world, key.id, 0, calls=54)
    await told(world, call(world, key.id))
    assert notices == []
    await told(world, call(world, key.id), call(world, key.id))
    await until(lambda: len(notices) == 1)
    assert notices[0].data == KeyUnusualData(
        key_id=key.id,
        provider=PROVIDER,
        label="mine",
        rule="calls",
        day=world.clock.now.date(),
        amount=Decimal(56),
        usual=Decimal(11),
    )
    (entry,) = [entry for entry in world.people.trail if entry.action == "key.unusual"]
    assert (entry.target_id, entry.actor_id) == (key.id, None)
    assert entry.details == {"rule": "calls", "amount": "56", "usual": "11"}
    (shown,) = (await usage(world, ada, key.id)).unusual
    assert (shown.rule, shown.amount, shown.usual) == ("calls", 56, 11)
    world.clock.forward(days=40)
    await told(world, call(world, key.id))
    await until(lambda: len(notices) == 2)
    assert isinstance(notices[1], KeyUnusualNotice)
    assert (notices[1].data.rule, notices[1].data.amount) == ("silence", 40)
    world.clock.forward(days=1)
    await used_on(world, key.id, 0, calls=19, failed=19)
    await told(world, call(world, key.id, outcome="failed"))
    await until(lambda: len(notices) == 3)
    assert isinstance(notices[2], KeyUnusualNotice)
    assert (notices[2].data.rule, notices[2].data.amount) == ("failures", 20)


async def test_its_keeper_is_told_once_near_the_limit_and_once_at_it(world: World, broker_for: BrokerFor) -> None:
    root = world.people.somebody(Role.OWNER)
    notices = await heard_by(root, broker_for)
    key = await world.edge.create(root, SECRET, label="for all", scope="shared", quota=KeyQuota(calls_per_day=10))
    await told(world, *(call(world, key.id) for _ in range(7)))
    assert notices == []
    for _ in range(4):
        await told(world, call(world, key.id))
    await until(lambda: len(notices) == 2)
    near, over = (notice.data for notice in notices if isinstance(notice, KeyQuotaNotice))
    assert (near.key_id, near.label, near.measure, near.period) == (key.id, "for all", "calls", "day")
    assert (near.used, near.limit, near.exceeded) == (8, 10, False)
    assert (over.used, over.exceeded) == (10, True)
    actions = [entry.action for entry in world.people.trail if entry.target_id == key.id]
    assert (actions.count("key.quota.near"), actions.count("key.quota.exceeded")) == (1, 1)
    world.clock.forward(days=1)
    await told(world, *(call(world, key.id) for _ in range(9)))
    await until(lambda: len(notices) == 3)


async def test_usage_and_audit_are_its_keepers_business(world: World) -> None:
    root, ada, eve = world.people.somebody(Role.OWNER), world.people.somebody(), world.people.somebody(Role.ADMIN)
    mine = await world.edge.create(ada, SECRET)
    shared = await world.edge.create(root, SECRET, scope="shared")
    for actor, key, code in ((eve, mine, ErrorCode.NOT_FOUND), (ada, shared, ErrorCode.FORBIDDEN)):
        assert (await refused(usage(world, actor, key.id))).code is code
        request = ListKeyAudit(actor=actor, key_id=key.id)
        assert (await refused(world.edge.broker.ask(KEY_AUDIT_LIST, request))).code is code
    assert (await usage(world, eve, shared.id)).today == KeyUse()


async def test_its_keeper_reads_who_did_what_with_a_key_and_never_the_key(world: World) -> None:
    ada, eve = (
        world.people.somebody().model_copy(update={"address": "203.0.113.9", "device": device})
        for device in ("console/1", "browser/1")
    )
    key = await world.edge.create(ada, SECRET)
    await world.edge.lease(ada.user_id, key_id=key.id)
    await refused(world.edge.broker.ask(KEY_DELETE, OfKey(actor=eve, key_id=key.id)))
    await until(lambda: len(world.people.trail) >= 3)
    request = ListKeyAudit(actor=ada, key_id=key.id)
    entries = (await world.edge.broker.ask(KEY_AUDIT_LIST, request)).entries
    seen = {(entry.action, entry.outcome, entry.actor_id, entry.address, entry.device) for entry in entries}
    assert seen == {
        ("key.create", "done", ada.user_id, "203.0.113.9", "console/1"),
        ("key.lease", "done", ada.user_id, None, None),
        ("key.delete", "refused", eve.user_id, None, None),  # where others were is not hers to know
    }
    assert ("203.0.113.9", "browser/1") in {(entry.address, entry.device) for entry in world.people.trail}
    assert all(SECRET not in entry.model_dump_json() for entry in entries)
    first = ListKeyAudit(actor=ada, key_id=key.id, limit=1)
    assert len((await world.edge.broker.ask(KEY_AUDIT_LIST, first)).entries) == 1


async def test_what_was_counted_goes_with_its_key_and_old_days_are_deleted(world: World) -> None:
    ada = world.people.somebody()
    key, other = await world.edge.create(ada, SECRET), await world.edge.create(ada, SECRET)
    await told(world, call(world, key.id), call(world, other.id))
    await world.edge.broker.ask(KEY_DELETE, OfKey(actor=ada, key_id=other.id))
    await told(world, call(world, other.id))

    async def rows(table: Any) -> int:
        async with world.database.read() as conn:
            return len((await conn.execute(select(table))).all())

    keeper = Housekeeping(world.database, world.clock)
    await keeper.once()
    assert (await rows(key_days), await rows(counted_calls)) == (1, 2)
    world.clock.forward(days=3)
    await keeper.once()
    assert (await rows(key_days), await rows(counted_calls)) == (1, 0)
    world.clock.forward(days=400)
    await keeper.once()
    assert await rows(key_days) == 0
