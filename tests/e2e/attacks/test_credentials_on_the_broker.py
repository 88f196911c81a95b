"""What each service's own credential may do on the real broker, and that everything else is refused (not ignored)."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from itertools import product

import nats
import nats.errors
import pytest
import pytest_asyncio
from nats.aio.msg import Msg
from pydantic import SecretStr

from palaver.cli.provisioning import declare_streams
from palaver.cli.testing.broker_access import Access, access, hear, say, share
from palaver.cli.up.secret_store import ADMIN, Secrets
from palaver.cli.up.servers import broker_users
from palaver.contracts import analytics, identity, keyvault, model_router, session
from palaver.contracts.catalogue import DURABLES, GRANTS, QUERIES, SERVICES, STREAMS, SUBJECTS
from palaver.contracts.permissions import inbox_prefix
from palaver.contracts.streams import Durable
from palaver.contracts.subjects import Address, Command, Event
from palaver.servicekit.embedded import NatsUser
from palaver.servicekit.settings import BrokerSettings
from palaver.servicekit.testing.fixtures import StartNats
from palaver.servicekit.testing.infrastructure import RunningNats

pytestmark = [pytest.mark.e2e, pytest.mark.attack]

KEY = "k1"
ADDRESSES = (*(s.address for s in SUBJECTS), *(q.address for q in QUERIES))
DELIVERY = "1.2.3.1700000000000000000.0"
"""The rest of a `$JS.ACK.<stream>.<durable>` subject: deliveries, sequences, time, pending."""


def example(address: Address) -> str:
    """A subject as it is used: with bare ids for its keys."""
    return address.at(*(KEY for _ in address.keys))


# ---- what the catalogue means, said here a second time, subject by subject ------------------------------------------
def sayable(service: str) -> set[str]:
    """Everything that this service may publish, with an example for each key."""
    grants = GRANTS[service]
    own = [s.address for s in SUBJECTS if s.address.owner == service and not isinstance(s, Command)]
    asked = [*(c.address for c in grants.orders), *(q.address for q in grants.asks)]
    durables = [d for d in DURABLES.values() if d.service == service]
    return {example(a) for a in (*own, *asked)}.union(*(set(of_durable(d)) for d in durables))


def hearable(service: str) -> set[str]:
    """Everything that this service may subscribe to, with an example for each key."""
    own = {example(q.address) for q in QUERIES if q.address.owner == service}
    heard = {example(a) for a in ADDRESSES for pattern in GRANTS[service].hears if matches(pattern, example(a))}
    return own | heard | {f"{inbox_prefix(service)}.abc.def"}


def of_durable(durable: Durable) -> tuple[str, ...]:
    """What working off a durable takes."""
    stream, name = durable.stream.name, durable.name
    return (
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}",
        f"$JS.API.CONSUMER.INFO.{stream}.{name}",
        f"$JS.ACK.{stream}.{name}.{DELIVERY}",
        f"dlq.{name}.evt.any.thing.happened.v1",
    )


def matches(pattern: str, subject: str) -> bool:
    """Whether a concrete subject falls under a pattern of `*` tokens."""
    wanted, given = pattern.split("."), subject.split(".")
    return len(wanted) == len(given) and all(w in {"*", g} for w, g in zip(wanted, given, strict=True))


# ---- what is never granted to a service ------------------------------------------------------------------------------
def administration(stream: str, durable: str) -> list[str]:
    """JetStream's calls that change or read a stream past its durables."""
    return [
        *(
            f"$JS.API.STREAM.{call}.{stream}"
            for call in ("CREATE", "UPDATE", "DELETE", "PURGE", "INFO", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE")
        ),
        *(f"$JS.API.STREAM.{call}.{stream}" for call in ("PEER.REMOVE", "LEADER.STEPDOWN")),
        f"$JS.API.DIRECT.GET.{stream}",
        f"$JS.API.DIRECT.GET.{stream}.evt.session.message.posted.v1.{KEY}",
        f"$JS.API.CONSUMER.CREATE.{stream}",
        f"$JS.API.CONSUMER.CREATE.{stream}.spy",
        f"$JS.API.CONSUMER.CREATE.{stream}.spy.evt.session.message.posted.v1.{KEY}",
        f"$JS.API.CONSUMER.CREATE.{stream}.{durable}",
        f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.spy",
        *(
            f"$JS.API.CONSUMER.{call}.{stream}.{durable}"
            for call in ("DELETE", "PAUSE", "UNPIN", "RESET", "LEADER.STEPDOWN", "DURABLE.CREATE")
        ),
        f"$JS.API.CONSUMER.NAMES.{stream}",
        f"$JS.API.CONSUMER.LIST.{stream}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.spy",
    ]


FOREIGN_TO_ALL = (
    *(call for d in DURABLES.values() for call in administration(d.stream.name, d.name)),
    *(call for s in STREAMS for call in administration(s.name, "none")),
    "$JS.API.STREAM.CREATE.SPY",
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.META.LEADER.STEPDOWN",
    "$JS.FC.EVENTS.spy.1",
    "$JSC.R.abc",
    "$SYS.REQ.SERVER.PING",
    "$SYS.REQ.ACCOUNT.APP.CONNZ",
    "$SYS.REQ.USER.INFO",
    "$KV.bucket.key",
    "_INBOX.abc.def",
    "anything",
    "evt.nobody.thing.happened.v1",
)
WIDE_SUBSCRIPTIONS = (
    ">",
    "*.>",
    *(f"{kind}.>" for kind in ("evt", "cmd", "qry", "live", "ctl", "dlq", "$JS", "$SYS", "$JSC", "_INBOX")),
    "$JS.API.>",
    "$JS.ACK.>",
    "$JS.EVENT.>",
    "$JS.EVENT.ADVISORY.>",
    "$SYS.ACCOUNT.*.>",
    "_INBOX.*",
    "_INBOX.abc.def",
    *(f"{kind}.*.*.*.*" for kind in ("evt", "cmd", "qry", "live", "ctl")),
    *(f"{kind}.*.*.*.*.*" for kind in ("evt", "cmd", "qry", "live", "ctl")),
    *(f"{kind}.{service}.>" for kind, service in product(("evt", "cmd", "qry", "live", "ctl"), SERVICES)),
)


def foreign(service: str) -> set[str]:
    """Attempts that must all be refused to this service."""
    says = {example(a) for a in ADDRESSES} | {c for d in DURABLES.values() for c in of_durable(d)}
    says |= {f"{inbox_prefix(other)}.abc.def" for other in SERVICES}  # an answer that nobody asked for
    hears = {*WIDE_SUBSCRIPTIONS, *(example(a) for a in ADDRESSES), *(a.wildcard for a in ADDRESSES)}
    hears |= {f"{inbox_prefix(other)}.{rest}" for other in SERVICES for rest in (">", "*.*", "abc.def")}
    own = {f"{inbox_prefix(service)}.{rest}" for rest in (">", "*.*")}
    granted = {
        *hearable(service),
        *own,
        *(a.wildcard for a in ADDRESSES if example(a) in hearable(service)),
        *GRANTS[service].hears,
    }
    unheard = hears - granted
    return {
        *(say(s) for s in (*FOREIGN_TO_ALL, *(says - sayable(service)))),
        *(hear(s) for s in unheard),
        *(share(s, group) for s in unheard for group in ("session", service)),
    }


def granted(service: str) -> set[str]:
    """Attempts that must all be allowed to this service."""
    return {*map(say, sayable(service)), *map(hear, hearable(service)), hear(f"{inbox_prefix(service)}.>")}


async def too_wide(one: Access) -> set[str]:
    """What this credential may do although it is not granted."""
    forbidden = foreign(one.name)
    return forbidden - await one.refused(forbidden)


# ---- the broker of these tests ---------------------------------------------------------------------------------------
@pytest.fixture
def secrets() -> Secrets:
    return Secrets().completed()


@pytest_asyncio.fixture
async def broker(start_nats: StartNats, secrets: Secrets) -> RunningNats:
    """Users as `palaver up` writes them, streams and durables as `palaver migrate` declares them."""
    return await ready(start_nats, secrets, broker_users(secrets))


async def ready(start_nats: StartNats, secrets: Secrets, users: Iterable[NatsUser]) -> RunningNats:
    server = await start_nats(tuple(users))
    await declare_streams(BrokerSettings(url=server.url, nkey_seed=secrets.nkey_seeds[ADMIN]))
    return server


@pytest_asyncio.fixture
async def everyone(broker: RunningNats, secrets: Secrets) -> AsyncGenerator[dict[str, Access]]:
    """A connection for each service."""
    opened = {name: access(broker.url, name, secrets.nkey_seeds[name]) for name in (*SERVICES, ADMIN)}
    yield {name: await context.__aenter__() for name, context in opened.items()}
    for context in opened.values():
        await context.__aexit__(None, None, None)


# ---- refused ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_is_refused_everything_that_is_another_s(broker: RunningNats, secrets: Secrets, service: str):
    async with access(broker.url, service, secrets.nkey_seeds[service]) as one:
        assert await too_wide(one) == set()


@pytest.mark.parametrize(
    ("service", "surplus", "found"),
    [
        ("context", {"publish": "qry.keyvault.>"}, say("qry.keyvault.key.lease.v1")),
        ("context", {"publish": "$JS.API.>"}, say("$JS.API.STREAM.MSG.GET.EVENTS")),
        (
            "analytics",
            {"publish": "$JS.API.CONSUMER.MSG.NEXT.EVENTS.*"},
            say("$JS.API.CONSUMER.MSG.NEXT.EVENTS.context-log"),
        ),
        ("model-router", {"publish": "$JS.ACK.COMMANDS.>"}, say(f"$JS.ACK.COMMANDS.session-post-0.{DELIVERY}")),
        ("gateway", {"publish": f"evt.session.message.posted.v1.{KEY}"}, say(f"evt.session.message.posted.v1.{KEY}")),
        ("session", {"publish": "_INBOX_gateway.>"}, say("_INBOX_gateway.abc.def")),
        ("keyvault", {"subscribe": "_INBOX.>"}, hear("_INBOX.>")),
        ("identity", {"subscribe": "_INBOX_gateway.>"}, hear("_INBOX_gateway.>")),
        ("gateway", {"subscribe": "qry.identity.>"}, share("qry.identity.user.login.v1", "session")),
        ("context", {"subscribe": "live.>"}, hear("live.model-router.turn.delta.v1.*")),
        ("analytics", {"subscribe": ">"}, hear(">")),
    ],
)
async def test_a_grant_that_is_too_wide_is_found(
    start_nats: StartNats, secrets: Secrets, service: str, surplus: dict[str, str], found: str
):
    def widened(user: NatsUser) -> NatsUser:
        publish = (*user.publish, surplus["publish"]) if "publish" in surplus else user.publish
        subscribe = (*user.subscribe, surplus["subscribe"]) if "subscribe" in surplus else user.subscribe
        return NatsUser(user.name, user.nkey, publish, subscribe, user.allow_responses)

    users = [widened(user) if user.name == service else user for user in broker_users(secrets)]
    server = await ready(start_nats, secrets, users)
    async with access(server.url, service, secrets.nkey_seeds[service]) as one:
        leaks = await too_wide(one)
    assert found in leaks


async def test_a_broker_without_permissions_refuses_nothing_and_the_check_says_so(
    start_nats: StartNats, secrets: Secrets
):
    users = [NatsUser(u.name, u.nkey, (">",), (">",)) for u in broker_users(secrets)]
    server = await ready(start_nats, secrets, users)
    async with access(server.url, "context", secrets.nkey_seeds["context"]) as one:
        left = foreign("context") - await too_wide(one)
    assert not {attempt for attempt in left if "$SYS" not in attempt}, "only the system account stays closed"


@pytest.mark.parametrize("stranger", [None, Secrets().completed().nkey_seeds["session"]], ids=["none", "unknown"])
async def test_who_has_no_credential_of_this_broker_does_not_get_in(broker: RunningNats, stranger: SecretStr | None):
    seed = stranger.get_secret_value() if stranger else None
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        await nats.connect(broker.url, nkeys_seed_str=seed, allow_reconnect=False, error_cb=_nothing)


async def _nothing(_: Exception) -> None:
    """The refusal is raised as well."""


# ---- granted ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_is_refused_nothing_that_the_catalogue_grants(
    broker: RunningNats, secrets: Secrets, service: str
):
    async with access(broker.url, service, secrets.nkey_seeds[service]) as one:
        assert await one.refused(granted(service)) == frozenset()


async def test_each_granted_question_is_answered_into_the_asker_s_own_inbox(everyone: dict[str, Access]):
    async def echo(msg: Msg) -> None:
        await msg.respond(msg.subject.encode())

    for query in QUERIES:
        owner = everyone[query.address.owner]
        await owner.client.subscribe(query.address.wildcard, queue=owner.name, cb=echo)
    for owner in everyone.values():
        await owner.client.flush()
    for service, grants in GRANTS.items():
        for query in grants.asks:
            answer = await everyone[service].client.request(example(query.address), b"{}", timeout=5)
            assert answer.subject.startswith(f"{inbox_prefix(service)}.")
            assert answer.data.decode() == example(query.address)
    assert [one.complaints for one in everyone.values()] == [[] for _ in everyone]


async def test_a_question_may_be_answered_once_and_only_where_it_was_asked(everyone: dict[str, Access]):
    keeper, router = everyone["keyvault"], everyone["model-router"]
    asked: asyncio.Queue[Msg] = asyncio.Queue()
    await keeper.client.subscribe(keyvault.KEY_LEASE.at(), queue="keyvault", cb=asked.put)
    await keeper.client.flush()
    assert await keeper.refused([say("_INBOX_model-router.abc")]) == {say("_INBOX_model-router.abc")}
    request = asyncio.create_task(router.client.request(keyvault.KEY_LEASE.at(), b"{}", timeout=5))
    question = await asyncio.wait_for(asked.get(), 5)
    assert await keeper.refused([say(question.reply)]) == frozenset()
    await request
    assert await keeper.refused([say(question.reply)]) == {say(question.reply)}


async def test_each_durable_is_worked_off_by_its_service_alone(everyone: dict[str, Access]):
    admin = everyone[ADMIN].client
    for durable in DURABLES.values():
        pattern = durable.subjects[0]
        await admin.jetstream().publish(pattern.replace("*", KEY), b"{}", headers={"Nats-Msg-Id": durable.name})
        client = everyone[durable.service].client
        stream, name = durable.stream.name, durable.name
        request = json.dumps({"batch": 1, "expires": 5_000_000_000}).encode()
        delivered: asyncio.Queue[Msg] = asyncio.Queue()
        inbox = client.new_inbox()
        await client.subscribe(inbox, cb=delivered.put)
        await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}", request, reply=inbox)
        msg = await asyncio.wait_for(delivered.get(), 5)
        assert matches(pattern, msg.subject)
        await msg.ack_sync(timeout=5)
        info = await client.jsm().consumer_info(stream, name)
        assert (info.num_ack_pending, info.ack_floor.consumer_seq if info.ack_floor else 0) == (0, 1)
    assert [one.complaints for one in everyone.values()] == [[] for _ in everyone]


async def test_each_event_order_and_dead_letter_is_stored_by_the_stream_it_belongs_to(everyone: dict[str, Access]):
    for service, grants in GRANTS.items():
        js = everyone[service].client.jetstream()
        events = [s.address for s in SUBJECTS if isinstance(s, Event) and s.address.owner == service]
        for address in (*events, *(order.address for order in grants.orders)):
            stored = await js.publish(example(address), b"{}")
            assert stored.stream == {"evt": "EVENTS", "cmd": "COMMANDS"}[address.kind]
        for durable in (d for d in DURABLES.values() if d.service == service):
            stored = await js.publish(f"dlq.{durable.name}.{example(ADDRESSES[0])}", b"{}")
            assert stored.stream == "DEAD_LETTERS"
    assert [one.complaints for one in everyone.values()] == [[] for _ in everyone]


# ---- grants that must stay narrow, whatever the catalogue says -------------------------------------------------------
def may_say(subject: str) -> set[str]:
    return {service for service in SERVICES if subject in sayable(service)}


def test_only_workers_lease_keys_only_session_orders_turns_and_only_the_edge_speaks_for_people():
    assert may_say(keyvault.KEY_LEASE.at()) == {"model-router"}
    assert may_say(analytics.BUDGET_RESERVE.at()) == {"model-router"}
    assert may_say(analytics.COMPLETION_RESERVE.at()) == {"model-router"}
    assert may_say(model_router.RUN_TURN.at(KEY)) == {"session"}
    assert may_say(model_router.RUN_COMPLETION.at(KEY)) == {"context", "session"}
    assert may_say(session.POST_MESSAGE.at(KEY, KEY)) == {"gateway"}
    assert may_say(session.STOP_TURNS.at(KEY)) == {"gateway"}
    assert may_say(session.STOP_ROUNDS.at(KEY, KEY)) == {"gateway"}
    assert may_say(keyvault.KEY_LIST.at()) == {"gateway", "session"}  # who gives a seat looks for the person's key
    assert may_say(keyvault.KEY_CANDIDATES.at()) == {"model-router"}
    assert may_say(identity.TRAIL_READ.at()) == {"keyvault"}  # of shared keys
    assert may_say(identity.ROLE_READ.at()) == {"keyvault", "model-router"}  # who keeps what all share
    others = (keyvault.KEY_LEASE, keyvault.KEY_LIST, keyvault.KEY_CANDIDATES, identity.ROLE_READ, identity.TRAIL_READ)
    apart = {query.address for query in others}
    of_people = [q for q in QUERIES if q.address.owner in {identity.OWNER, keyvault.OWNER} and q.address not in apart]
    assert {service for q in of_people for service in may_say(example(q.address))} == {"gateway"}


def test_an_event_is_said_by_its_owner_alone():
    for subject in SUBJECTS:
        if not isinstance(subject, Command):
            assert may_say(example(subject.address)) == {subject.address.owner}
