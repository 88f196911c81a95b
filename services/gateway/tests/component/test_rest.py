"""REST from the outside: one envelope, whatever happens."""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openapi_spec_validator import validate

from palaver.contracts import (
    administration,
    analytics,
    context,
    discovery,
    identity,
    invitations,
    key_locks,
    key_records,
    keyvault,
    limits,
    model_configs,
    model_router,
    passwords,
    personas,
    preferences,
    registry,
    second_factor,
    session,
    shares,
    sign_ins,
)
from palaver.contracts.client_protocol import ContextUsage, SessionUsage, UserMessageItem
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId, MessageId, ParticipantId, SessionId, ShareId, SignInId, SummaryId, TurnId
from palaver.contracts.operations import AuditRecorded, ConfiguredLimit, ConfiguredLimits, ReadLimits
from palaver.contracts.session_log import Participant, SessionView, TurnRef
from palaver.gateway.api.application import describe
from palaver.servicekit.sealing import from_base64url, key_id_of, seal, unseal

pytestmark = pytest.mark.component

# Constants: the ids are part of test names, which several test processes must agree on.
ID, OTHER = "019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

MODEL = {"provider": "ours", "window": 8_000, "max_output": 1_000, "input_price": "0", "output_price": "0"}

ENVELOPE = {
    "derivation": {"version": 1, "iterations": 600_000, "salt": "A" * 22},
    "nonce": "A" * 16,
    "ciphertext": "A" * 40,
}
ENDPOINTS: list[tuple[str, str, dict[str, Any] | None, int]] = [
    ("GET", "/users/me", None, 200),
    ("PUT", "/users/me", {"nickname": "Ada"}, 200),
    ("DELETE", "/users/me", {"password": "correct horse battery"}, 200),
    ("DELETE", "/users/me", None, 200),
    ("GET", "/admin/users?q=ada&role=member&status=active&page=2&limit=10", None, 200),
    ("GET", f"/admin/users/{ID}", None, 200),
    ("PUT", f"/admin/users/{ID}", {"role": "admin", "status": "suspended"}, 200),
    ("DELETE", f"/admin/users/{ID}", None, 200),
    ("GET", f"/admin/sign-ins?user_id={ID}&page=1&limit=5", None, 200),
    ("DELETE", f"/admin/sign-ins/{ID}", None, 200),
    ("GET", f"/admin/audit?by={ID}&action=key.lease&since=2026-01-01T00:00:00Z&limit=5", None, 200),
    ("GET", "/admin/limits", None, 200),
    ("DELETE", f"/admin/users/{ID}/second-factor", None, 200),
    ("POST", "/admin/invitations", {"email": "bob@example.org", "role": "admin", "days": 2}, 201),
    ("GET", "/admin/invitations?state=open&page=1&limit=5", None, 200),
    ("DELETE", f"/admin/invitations/{ID}", None, 200),
    ("GET", "/users/me/quota", None, 200),
    ("GET", "/sessions", None, 200),
    ("GET", "/sessions/?page=2&limit=10&archived=true&type=single&q=x", None, 200),
    ("POST", "/sessions", {"title": "T", "participants": [{"model": "demo/a"}, {"model": "demo/b"}]}, 201),
    ("POST", "/sessions", {"model_id": "demo/a"}, 201),
    ("GET", f"/sessions/{ID}", None, 200),
    ("PUT", f"/sessions/{ID}", {"title": "New"}, 200),
    ("DELETE", f"/sessions/{ID}", None, 200),
    ("GET", "/sessions?deleted=true", None, 200),
    ("POST", f"/sessions/{ID}/restore", None, 200),
    ("POST", f"/sessions/{ID}/shares", {"days": 7, "prompts": True}, 201),
    ("GET", f"/sessions/{ID}/shares", None, 200),
    ("DELETE", f"/sessions/{ID}/shares/{OTHER}", None, 200),
    ("POST", f"/sessions/{ID}/archive", None, 200),
    ("POST", f"/sessions/{ID}/unarchive", None, 200),
    ("POST", f"/sessions/{ID}/interrupt", None, 202),
    ("GET", f"/sessions/{ID}/participants", None, 200),
    ("POST", f"/sessions/{ID}/participants", {"model": "demo/a", "name": "A"}, 201),
    ("POST", f"/sessions/{ID}/participants", {"persona": "sceptic"}, 201),
    ("PUT", f"/sessions/{ID}/participants/{OTHER}", {"persona": ""}, 200),
    ("PUT", f"/sessions/{ID}/participants/{OTHER}", {"muted": True}, 200),
    ("DELETE", f"/sessions/{ID}/participants/{OTHER}", None, 200),
    ("POST", "/messages", {"session_id": ID, "content": "hello"}, 202),
    ("GET", f"/messages/session/{ID}?before=7&limit=5", None, 200),
    ("GET", f"/messages/{ID}", None, 200),
    ("DELETE", f"/messages/{ID}", None, 200),
    ("PUT", f"/messages/{ID}/pin", None, 200),
    ("DELETE", f"/messages/{ID}/pin", None, 200),
    ("PUT", f"/messages/{ID}", {"content": "Hello again"}, 202),
    ("PUT", f"/sessions/{ID}/branch", {"branch": OTHER}, 200),
    ("POST", f"/messages/{ID}/regenerate", None, 202),
    ("POST", f"/messages/{ID}/regenerate", {"model": "demo/a"}, 202),
    ("GET", f"/messages/{ID}/versions", None, 200),
    ("PUT", f"/messages/{ID}/active-version", {"version": 2}, 200),
    ("POST", f"/messages/{ID}/feedback", {"rating": 1, "comment": "Good."}, 200),
    ("POST", f"/messages/{ID}/feedback", {"rating": None, "version": 2}, 200),
    ("GET", f"/sessions/{ID}/pinned?before=9&limit=5", None, 200),
    ("GET", "/personas?page=1&limit=10", None, 200),
    ("POST", "/personas", {"name": "Critic", "system_prompt": "Doubt everything.", "color": "#112233"}, 201),
    ("GET", "/personas/critic", None, 200),
    ("PUT", "/personas/critic", {"model": ""}, 200),
    ("DELETE", "/personas/critic", None, 200),
    ("POST", "/chat/stop", {"session_id": ID, "turn_id": OTHER}, 202),
    ("POST", "/chat/switch-model", {"session_id": ID, "model_id": "demo/b"}, 200),
    ("GET", "/models", None, 200),
    ("GET", "/models/", None, 200),
    ("GET", "/models/providers", None, 200),
    ("GET", "/models/demo/owl", None, 200),
    ("GET", "/models/discover?provider=demo", None, 200),
    ("GET", f"/models/discover?provider=demo&key_id={ID}", None, 200),
    ("GET", "/models/demo/owl/config", None, 200),
    ("PUT", "/models/demo/owl/config", {"temperature": 0.2, "max_tokens": None}, 200),
    ("GET", "/admin/providers", None, 200),
    ("POST", "/admin/providers", {"id": "ours", "preset": "vllm", "base_url": "https://vllm.example/v1"}, 201),
    ("PUT", "/admin/providers/ours", {"protocol": "openai", "base_url": "https://vllm.example/v1"}, 200),
    ("DELETE", "/admin/providers/ours", None, 200),
    ("GET", "/admin/models", None, 200),
    ("POST", "/admin/models", {"id": "ours/owl", **MODEL}, 201),
    ("PUT", "/admin/models/ours/owl", MODEL, 200),
    ("DELETE", "/admin/models/ours/owl", None, 200),
    ("GET", "/keys", None, 200),
    ("POST", "/keys", {"provider": "demo", "api_key": "sk-planted-secret", "label": "mine"}, 201),
    (
        "POST",
        "/keys",
        {"provider": "demo", "api_key": "sk-planted-secret", "scope": "shared", "roles": ["member"], "weight": 2},
        201,
    ),
    ("POST", "/keys/protected", {"provider": "demo", "envelope": ENVELOPE, "hint": "WXYZ"}, 201),
    ("GET", "/keys/lock", None, 200),
    ("POST", "/keys/unlock", {"wrapping_key": "A" * 43}, 200),
    ("POST", "/keys/lock", None, 200),
    ("GET", f"/keys/{ID}", None, 200),
    ("PUT", f"/keys/{ID}", {"label": "x", "order": 3, "quota": {"dollars_per_month": "12.5"}}, 200),
    ("POST", f"/keys/{ID}/disable", None, 200),
    ("POST", f"/keys/{ID}/enable", None, 200),
    ("GET", f"/keys/{ID}/usage?days=7", None, 200),
    ("GET", f"/keys/{ID}/audit?before=2026-01-01T00:00:00Z&limit=5", None, 200),
    ("POST", f"/keys/{ID}/validate", None, 200),
    ("DELETE", f"/keys/{ID}", None, 200),
    ("GET", "/stats/overview?period=30d", None, 200),
    ("GET", f"/chat/context/{ID}", None, 200),
    ("GET", f"/chat/context/{ID}/summaries", None, 200),
    ("PUT", f"/chat/context/{ID}/summaries/{OTHER}", {"text": "They met."}, 200),
    ("DELETE", f"/chat/context/{ID}/summaries/{OTHER}", None, 200),
    ("POST", "/auth/ticket", None, 200),
    ("PUT", "/users/me/password", {"current_password": "the old one", "new_password": "a new long one"}, 200),
    ("GET", "/users/me/devices", None, 200),
    ("DELETE", "/users/me/devices", None, 200),
    ("DELETE", f"/users/me/devices/{ID}", None, 200),
    ("GET", "/users/me/second-factor", None, 200),
    ("POST", "/users/me/second-factor/disable", {"password": "the old one", "code": "123456"}, 200),
    ("GET", "/users/me/settings", None, 200),
    ("PUT", "/users/me/settings", {"language": "zh", "send_key": "mod-enter"}, 200),
]


REGISTERED_PROVIDER = registry.RegisteredProvider.model_validate(
    {
        "id": "ours",
        "display_name": "Ours",
        "protocol": "openai",
        "base_url": "https://vllm.example/v1",
        "host": "vllm.example",
        "needs_key": False,
        "output_limit": "max_tokens",
        "reports_usage": True,
        "tokenizer": "approximate",
        "grammar": {},
        "cache": {},
        "source": "admin",
    }
)
REGISTERED_MODEL = registry.RegisteredModel.model_validate(
    {
        **MODEL,
        "id": "ours/owl",
        "upstream": "owl",
        "display_name": "Owl",
        "description": "",
        "reserve": 1_000,
        "tokenizer": "approximate",
        "cached_input_price": 0,
        "cache_write_price": 0,
        "capabilities": {},
        "grammar": {},
        "cache": {},
        "source": "admin",
    }
)


INVITATION = invitations.InvitationView.model_validate(
    {
        "id": ID,
        "email": "bob@example.org",
        "role": "admin",
        "uses": 1,
        "used": 0,
        "state": "open",
        "created_by": OTHER,
        "created_at": NOW,
        "expires_at": NOW,
    }
)


async def away(_: ReadLimits) -> ConfiguredLimits:
    raise Failure(ErrorCode.SERVICE_UNAVAILABLE, "Not now.")


async def invite(request: invitations.CreateInvitation) -> invitations.CreatedInvitation:
    public = from_base64url(request.reply_key)
    code = invitations.InvitationCode(code="an-invitation", url="https://palaver.example/#invitation=an-invitation")
    sealed = seal(code, public=public, key_id=key_id_of(public), context=identity.SEAL_CONTEXT_ANSWER)
    return invitations.CreatedInvitation(invitation=INVITATION, sealed=sealed, mailed=True)


def user() -> identity.UserView:
    return identity.UserView.model_validate(
        {"id": ID, "email": "ada@example.org", "nickname": "Ada", "role": "member", "created_at": NOW}
    )


def card() -> model_router.ModelCard:
    return model_router.ModelCard(
        id="demo/owl",
        provider="demo",
        display_name="Owl",
        description="Wise.",
        window=8_000,
        max_output=1_000,
        input_price=Decimal("0.001"),
        output_price=Decimal("0.002"),
        capabilities=model_router.Capabilities(),
        needs_key=False,
        profile=model_router.ModelProfile(model_id="demo/owl", window=8_000, reserve=1_000, tokenizer="o200k_base"),
    )


async def accounts(faked: Any) -> None:
    """What identity answers about a person's own account."""
    here = sign_ins.SignInView(id=SignInId(ID), device=None, address=None, created_at=NOW, used_at=NOW, current=True)
    await faked.always(sign_ins.SIGN_IN_LIST, sign_ins.SignInList(sign_ins=(here,)))
    await faked.always(sign_ins.SIGN_IN_END_OTHERS, sign_ins.OtherSignInsEnded(ended=2))
    await faked.always(second_factor.SECOND_FACTOR_GET, second_factor.SecondFactorState(enabled=False))
    for query in (sign_ins.SIGN_IN_END, passwords.PASSWORD_CHANGE, second_factor.SECOND_FACTOR_DISABLE):
        await faked.always(query, session.Done())
    for query in (preferences.PREFERENCES_GET, preferences.PREFERENCES_SET):
        await faked.always(query, preferences.Preferences())


async def model_router_answers(faked: Any) -> None:
    """About the registry, and what people choose and find."""
    for query in (model_configs.CONFIG_GET, model_configs.CONFIG_PUT):
        await faked.always(query, model_configs.ModelConfig(model_id="demo/owl"))
    for query in (registry.PROVIDER_CREATE, registry.PROVIDER_UPDATE):
        await faked.always(query, REGISTERED_PROVIDER)
    await faked.always(registry.PROVIDER_REGISTERED, registry.RegisteredProviders(providers=(REGISTERED_PROVIDER,)))
    for query in (registry.MODEL_CREATE, registry.MODEL_UPDATE):
        await faked.always(query, REGISTERED_MODEL)
    await faked.always(registry.MODEL_REGISTERED, registry.RegisteredModels(models=(REGISTERED_MODEL,)))
    for query in (registry.PROVIDER_DELETE, registry.MODEL_DELETE):
        await faked.always(query, session.Done())
    found = discovery.DiscoveredModels(provider="demo", models=(discovery.DiscoveredModel(upstream="owl"),))
    await faked.always(discovery.MODEL_DISCOVER, found)


@pytest.fixture
async def everybody(served: Any, room: Any) -> Any:
    """Every neighbour answers every query with something valid."""
    faked = served.neighbours
    key = keyvault.KeyView(
        id=KeyId(ID), provider="demo", host="api.demo", label="mine", key_hint="cret", status="active", created_at=NOW
    )
    seat = Participant(id=ParticipantId(OTHER), model_id="demo/a", name="A", color="#112233", position=0)
    view = room.view().model_copy(update={"participants": (seat,)})
    message = (await room.post("hello", silent=True)).data.message
    page = session.MessagePage(items=(UserMessageItem(message=message),), next_before_round=3)
    await faked.always(identity.USER_GET, user())
    await faked.always(identity.USER_UPDATE, user())
    await faked.always(identity.USER_DELETE, session.Done())
    somebody = administration.PersonView(**user().model_dump())
    await faked.always(administration.PEOPLE_LIST, administration.PeoplePage(people=(somebody,), total=11))
    await faked.always(administration.PERSON_GET, somebody)
    await faked.always(administration.PERSON_CHANGE, somebody)
    await faked.always(administration.PERSON_DELETE, session.Done())
    await faked.always(administration.SECOND_FACTOR_RESET, session.Done())
    await faked.always(invitations.INVITATION_LIST, invitations.InvitationPage(invitations=(INVITATION,), total=1))
    await faked.always(invitations.INVITATION_REVOKE, session.Done())
    await faked.answer(invitations.INVITATION_CREATE, invite)
    await faked.always(administration.SIGN_INS_LIST, administration.SignInPage(sign_ins=(), total=0))
    await faked.always(administration.SIGN_INS_END, session.Done())
    await faked.always(administration.AUDIT_SEARCH, administration.AuditSlice(entries=()))
    await faked.always(
        analytics.QUOTA_GET, analytics.Quota(limit=None, spent=Decimal(1), reserved=Decimal(0), resets_at=NOW)
    )
    link = shares.ShareView(
        id=ShareId(OTHER),
        session_id=SessionId(ID),
        title="T",
        messages=1,
        prompts=True,
        created_at=NOW,
        expires_at=None,
    )
    await faked.always(shares.SHARE_CREATE, link)
    await faked.always(shares.SHARE_LIST, shares.ShareList(shares=(link,)))
    await faked.always(shares.SHARE_REVOKE, session.Done())
    seen = shares.SharedPage(
        title="T", system_prompt=None, shared_at=NOW, expires_at=None, speakers=(), messages=(), next_after=None
    )
    await faked.always(shares.SHARED_READ, seen)
    await faked.always(session.SESSION_LIST, session.SessionPage(sessions=(view,), total=1))
    for query in (session.SESSION_CREATE, session.SESSION_GET, session.SESSION_UPDATE, session.SESSION_RESTORE):
        await faked.always(query, view)
    done = (session.SESSION_DELETE, session.PARTICIPANT_REMOVE, session.MESSAGE_DELETE, session.MESSAGE_PIN)
    answers = (session.REPLY_SELECT, session.REPLY_FEEDBACK, session.BRANCH_SELECT)
    for query in (*done, *answers, personas.PERSONA_DELETE, keyvault.KEY_DELETE):
        await faked.always(query, session.Done())
    critic = personas.Persona(
        slug="critic", name="Critic", description="", color=None, system_prompt="Doubt.", model=None, built_in=False
    )
    for query in (personas.PERSONA_CREATE, personas.PERSONA_GET, personas.PERSONA_UPDATE):
        await faked.always(query, critic)
    await faked.always(personas.PERSONA_LIST, personas.PersonaPage(personas=(critic,), total=1))
    await faked.always(session.PINNED_LIST, session.PinnedPage(items=page.items, next_before=4))
    turn = TurnRef(
        turn_id=TurnId(OTHER),
        reply_id=MessageId(ID),
        participant_id=seat.id,
        model="demo/a",
        branch="main",
        round=1,
        step=1,
        speaker="A",
        version=2,
    )
    await faked.always(session.REPLY_REGENERATE, session.RequestedTurn(turn=turn))
    await faked.always(session.MESSAGE_EDIT, session.EditedMessage(message_id=MessageId(OTHER), branch=OTHER))
    await faked.always(session.REPLY_VERSIONS, session.ReplyVersions(active=1, versions=()))
    await faked.always(session.PARTICIPANT_ADD, seat)
    await faked.always(session.PARTICIPANT_UPDATE, seat)
    await faked.always(session.MESSAGE_LIST, page)
    await faked.always(session.MESSAGE_GET, page)
    await faked.always(model_router.MODEL_LIST, model_router.ModelList(models=(card(),)))
    provider = model_router.ProviderCard(
        id="demo", display_name="Demo", protocol="openai", host="api.demo", needs_key=False
    )
    await faked.always(model_router.PROVIDER_LIST, model_router.ProviderList(providers=(provider,)))
    await model_router_answers(faked)
    verdict = model_router.KeyVerdict(key_id=KeyId(ID), valid=True, message="It works.", checked_at=NOW)
    await faked.always(model_router.KEY_VALIDATE, verdict)
    await faked.always(keyvault.KEY_LIST, keyvault.KeyList(keys=(key,)))
    for query in (
        keyvault.KEY_CREATE,
        keyvault.KEY_PROTECT,
        keyvault.KEY_GET,
        keyvault.KEY_CHANGE,
        keyvault.KEY_ENABLE,
        keyvault.KEY_DISABLE,
    ):
        await faked.always(query, key)
    for query in (key_locks.LOCK_GET, key_locks.KEYS_UNLOCK, key_locks.KEYS_LOCK):
        await faked.always(query, key_locks.LockState())
    use = key_records.KeyUse(calls=1, cost=Decimal("0.1"))
    key_usage = key_records.KeyUsage(key_id=KeyId(ID), quota=key_records.KeyQuota(), today=use, month=use, days=())
    await faked.always(key_records.KEY_USAGE_GET, key_usage)
    entry = AuditRecorded(event_id=OTHER, at=NOW, actor_id=None, action="key.check", target_kind="key", target_id=ID)
    await faked.always(key_records.KEY_AUDIT_LIST, key_records.KeyAudit(entries=(entry,)))
    overview = analytics.Overview(
        period="30d",
        start_date=date(2026, 1, 1),
        end_date=date(2026, 1, 31),
        requests=1,
        tokens_input=2,
        tokens_output=3,
        cost=Decimal("0.5"),
        estimated=0,
        models=(),
        days=(),
    )
    await faked.always(analytics.OVERVIEW_GET, overview)
    usage = ContextUsage(session=SessionUsage(tokens=1, messages=1, tokenizer="o200k_base"), participants=())
    await faked.always(context.USAGE_GET, usage)
    summary = context.SummaryView(
        id=SummaryId(OTHER),
        session_id=SessionId(ID),
        branch="main",
        through=context.Covered(branch="main", round=1, step=0),
        entries=1,
        version=1,
        text="They met.",
        tokens=3,
        tokenizer="o200k_base",
        model_id="demo/owl",
        author=None,
        made_from=None,
        applies=True,
        created_at=NOW,
    )
    await faked.always(context.SUMMARY_LIST, context.SummaryList(summaries=(summary,)))
    await faked.always(context.SUMMARY_EDIT, summary)
    await faked.always(context.SUMMARY_DELETE, context.SummaryDeleted(versions=(1,)))
    for owner in (session, context, model_router, keyvault, analytics, identity):
        await faked.always(owner.LIMITS_GET, ConfiguredLimits(limits=()))
    await accounts(faked)
    await served.play_identity()
    return served


@pytest.mark.parametrize(("method", "path", "body", "status"), ENDPOINTS)
async def test_each_endpoint_answers_in_the_envelope(
    everybody: Any, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    async with everybody.signed_in() as http:
        answer = await http.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["success"] is True
    assert "data" in answer.json()
    assert answer.headers["cache-control"] == "no-store"


async def test_a_link_is_read_by_whoever_has_it_and_its_token_goes_no_further(everybody: Any) -> None:
    token = "A" * 43
    asked: list[shares.ReadShared] = []

    async def read(request: shares.ReadShared) -> shares.SharedPage:
        asked.append(request)
        raise Failure(ErrorCode.NOT_FOUND, "There is no such link.")

    await everybody.neighbours.answer(shares.SHARED_READ, read)
    async with everybody.http() as http:
        answer = await http.post("/api/v1/shared", json={"token": token, "after": 50})
        odd = await http.post("/api/v1/shared", json={"token": "../../etc/passwd"})
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert (odd.status_code, odd.json()["error"]["code"]) == (422, "VALIDATION_FAILED")
    assert "passwd" not in odd.text
    (request,) = asked
    assert (request.token_hash, request.after) == (hashlib.sha256(token.encode()).hexdigest(), 50)


@pytest.mark.parametrize(("method", "path", "body", "status"), ENDPOINTS)
async def test_each_endpoint_refuses_whoever_is_not_signed_in(
    served: Any, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    forged = type(served.mint)().token(served.user_id)
    expired = served.mint.token(served.user_id, seconds=-60)
    elsewhere = served.mint.token(served.user_id, aud="elsewhere")
    for token, code in (
        (elsewhere, "UNAUTHENTICATED"),
        (None, "UNAUTHENTICATED"),
        ("nonsense", "UNAUTHENTICATED"),
        (forged, "UNAUTHENTICATED"),
        (expired, "TOKEN_EXPIRED"),
    ):
        async with served.http(token) as http:
            answer = await http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["success"] is False
        assert answer.json()["error"]["code"] == code
        assert answer.json()["error"]["category"] == "authentication"


async def test_pages_and_cursors_are_in_meta(everybody: Any) -> None:
    async with everybody.signed_in() as http:
        rooms = (await http.get("/api/v1/sessions?page=2&limit=10")).json()
        messages = (await http.get(f"/api/v1/messages/session/{ID}?limit=5")).json()
    assert rooms["meta"] == {"page": 2, "limit": 10, "total": 1}
    assert messages["meta"] == {"limit": 5, "next_cursor": 3}
    (asked,) = everybody.neighbours.asked_for(session.SESSION_LIST)
    assert (asked.page, asked.limit, asked.actor.user_id) == (2, 10, everybody.user_id)


async def test_a_room_of_one_switches_its_model_without_saying_whose(everybody: Any) -> None:
    body = {"session_id": ID, "model_id": "demo/b"}
    async with everybody.signed_in() as http:
        (await http.post("/api/v1/chat/switch-model", json=body)).raise_for_status()
        (await http.post("/api/v1/chat/switch-model", json={**body, "participant_id": ID})).raise_for_status()
        view = (await http.get(f"/api/v1/sessions/{ID}")).json()["data"]
        crowd = SessionView.model_validate({**view, "participants": view["participants"] * 2})
        await everybody.neighbours.always(session.SESSION_GET, crowd)
        refused = await http.post("/api/v1/chat/switch-model", json=body)
    first, second = everybody.neighbours.asked_for(session.PARTICIPANT_UPDATE)
    assert (first.participant_id, first.model, first.name) == (OTHER, "demo/b", None)
    assert (second.participant_id, second.model) == (ID, "demo/b")
    assert (refused.status_code, refused.json()["error"]["details"]) == (422, {"field": "participant_id"})


async def test_limits_are_those_that_each_service_says_and_who_is_away_is_named(everybody: Any) -> None:
    told = ConfiguredLimit(name="MAX_PARTICIPANTS", value=7, setting="PALAVER_SESSION_MAX_PARTICIPANTS")
    await everybody.neighbours.always(session.LIMITS_GET, ConfiguredLimits(limits=(told,)))
    await everybody.neighbours.answer(context.LIMITS_GET, away)
    async with everybody.signed_in() as http:
        answer = (await http.get("/api/v1/admin/limits")).json()
    found = {(limit["name"], limit["service"]): (limit["value"], limit["setting"]) for limit in answer["data"]}
    assert found["MAX_PARTICIPANTS", "session"] == (7, "PALAVER_SESSION_MAX_PARTICIPANTS")
    assert ("MAX_PARTICIPANTS", None) not in found, "what somebody sets is no constant"
    assert found["MAX_PAGE", None] == (limits.MAX_PAGE, None)
    assert ("MESSAGES_PER_MINUTE", "gateway") in found
    assert answer["meta"] == {"unanswered": ["context"]}


async def test_an_invitation_s_code_is_shown_once_to_whoever_makes_it(everybody: Any) -> None:
    body = {"email": "Bob@example.org", "role": "admin", "days": 2, "language": "zh"}
    async with everybody.signed_in() as http:
        made = (await http.post("/api/v1/admin/invitations", json=body)).json()["data"]
        (listed,) = (await http.get("/api/v1/admin/invitations?state=open")).json()["data"]
        odd = await http.post("/api/v1/admin/invitations", json={"role": "owner"})
    (asked,) = everybody.neighbours.asked_for(invitations.INVITATION_CREATE)
    assert (asked.email, asked.role, asked.uses, asked.days, asked.language) == ("bob@example.org", "admin", 1, 2, "zh")
    assert (made["code"], made["mailed"]) == ("an-invitation", True)
    assert made.keys() - listed.keys() == {"code", "url", "mailed"}
    assert odd.status_code == 422


async def test_a_provider_key_reaches_the_vault_sealed_and_nothing_else(everybody: Any) -> None:
    async with everybody.signed_in() as http:
        body = {"provider": "demo", "api_key": "sk-planted-secret"}
        created = await http.post("/api/v1/keys", json=body)
        unknown = await http.post("/api/v1/keys", json={**body, "provider": "nobody"})
    (asked,) = everybody.neighbours.asked_for(keyvault.KEY_CREATE)
    assert asked.host == "api.demo"
    assert "sk-planted-secret" not in asked.model_dump_json()
    opened = unseal(
        asked.sealed, keyvault.KeySecret, keys=everybody.keyvault_keys, context=keyvault.SEAL_CONTEXT_CREATE
    )
    assert opened.secret == "sk-planted-secret"
    assert "sk-planted-secret" not in created.text
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions", {"title": 7}),
        ("/sessions", {"participants": [{"model": "a"}] * 11}),
        ("/sessions", {"participants": [{"model": "a"}], "model_id": "a"}),
        ("/sessions/not-a-uuid/archive", None),
        ("/messages", {"session_id": "x", "content": "y"}),
        ("/messages", {"session_id": ID, "content": "   "}),
        ("/messages", {"session_id": ID, "content": "y", "metadata": {"k": "v" * 1000}}),
        ("/keys", {"provider": "demo", "api_key": ""}),
        ("/keys", {"provider": "demo", "api_key": "sk-planted-secret", "weight": 0}),
        ("/keys", {"provider": "demo", "api_key": "sk-planted-secret", "quota": {"calls_per_day": 0}}),
        ("/personas", {"name": "  "}),
        ("/personas", {"name": "A", "slug": "No Slug"}),
        ("/personas", {"name": "A", "color": "red"}),
        ("/chat/switch-model", {"session_id": ID, "model_id": ""}),
    ],
)
async def test_what_is_not_valid_is_told_without_repeating_it(
    served: Any, path: str, body: dict[str, Any] | None
) -> None:
    async with served.signed_in() as http:
        answer = await http.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["retryable"]) == ("VALIDATION_FAILED", False)
    assert "vvvv" not in answer.text


async def test_a_password_is_never_repeated_by_a_validation_error(served: Any) -> None:
    async with served.http() as http:
        body = {"email": "no-address", "password": "planted-password", "nickname": "A"}
        answer = await http.post("/api/v1/auth/register", json=body)
    assert answer.status_code == 422
    assert "planted-password" not in answer.text


async def test_a_message_that_is_too_long_and_a_body_that_is_too_large_are_refused(served: Any) -> None:
    async with served.signed_in() as http:
        long = await http.post("/api/v1/messages", json={"session_id": ID, "content": "é" * 10_001})
        large = await http.post("/api/v1/messages", json={"session_id": ID, "content": "x" * 2_000_000})
    assert (long.status_code, long.json()["error"]["code"]) == (413, "MESSAGE_TOO_LONG")
    assert (large.status_code, large.json()["error"]["code"]) == (413, "FRAME_TOO_LARGE")


async def test_a_refusal_of_the_owner_comes_through_with_its_own_status(served: Any) -> None:
    async def refuse(_request: session.OfSession) -> SessionView:
        raise Failure(ErrorCode.SESSION_NOT_FOUND, "There is no such session.")

    await served.neighbours.answer(session.SESSION_GET, refuse)
    async with served.signed_in() as http:
        english = await http.get(f"/api/v1/sessions/{ID}")
        chinese = await http.get(f"/api/v1/sessions/{ID}", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert english.status_code == 404
    assert english.json()["error"]["message"] == "There is no such session."
    assert chinese.json()["error"]["message"] == "未找到该会话。"


async def test_a_service_that_does_not_answer_is_unavailable_and_may_be_tried_again(served: Any) -> None:
    async with served.signed_in() as http:
        answer = await http.get("/api/v1/models")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert answer.json()["error"]["retryable"] is True
    assert int(answer.headers["retry-after"]) > 0


async def test_unknown_paths_of_the_api_are_envelopes_too(served: Any) -> None:
    async with served.signed_in() as http:
        answer = await http.get("/api/v1/nothing")
        websocket_without_upgrade = await http.get("/ws")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert websocket_without_upgrade.status_code == 404


async def test_the_openapi_document_is_valid_and_names_security_and_errors(served: Any) -> None:
    async with served.http() as http:
        document = (await http.get("/api/v1/openapi.json")).json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["AccessToken"]["scheme"] == "bearer"
    operation = document["paths"]["/api/v1/sessions"]["post"]
    assert operation["security"] == [{"AccessToken": []}]
    assert operation["responses"]["409"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ErrorEnvelope"
    }
    assert "HTTPValidationError" not in json.dumps(document)
    assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]
    assert document == describe()


async def test_status_and_handlers_are_listed(served: Any) -> None:
    async with served.welcomed(), served.http() as http:
        status = (await http.get("/ws/status")).json()["data"]
        handlers = (await http.get("/ws/handlers")).json()["data"]
        health = await http.get("/healthz")
        ready = await http.get("/readyz")
    assert (status["connections"], status["people"], status["max_connections"]) == (1, 1, 12_000)
    types = {handler["type"] for handler in handlers}
    assert types == {"authenticate", "attach", "detach", "post", "stop", "regenerate", "ping"}
    assert all(handler["description"] for handler in handlers)
    assert (health.status_code, ready.status_code) == (200, 200)
