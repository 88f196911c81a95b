"""Every operation is tried on what is another's, and refused as if that did not exist; it stays as it was."""

import re
from collections.abc import Iterator

import httpx2
import pytest

from attacklab.belongings import (
    Belongings,
    bearer,
    differences,
    nobodys,
    rows_about,
    sign_in_of,
)
from attacklab.bodies import EVERYBODYS, Ids
from attacklab.operations import Operation
from palaver.cli.testing.stack import Stack
from palaver.client import Palaver
from palaver.contracts.failures import ErrorCode

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

ADMIN = "/api/v1/admin/"
ORDERS = {"POST /api/v1/messages", "POST /api/v1/chat/stop", "POST /api/v1/sessions/{session_id}/interrupt"}
"""Are taken before anybody knows of the room; session carries out only those of its person."""
ABSENT = {ErrorCode.NOT_FOUND, ErrorCode.SESSION_NOT_FOUND, ErrorCode.PERSONA_NOT_FOUND}
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mixtures(operation: Operation, own: Ids, foreign: Ids) -> Iterator[tuple[str, Ids]]:
    """All of another's, and each single thing of another's among one's own."""
    names = sorted(operation.references & set(foreign))
    if names:
        yield "all", {**own, **foreign}
    if len(names) > 1:
        for name in names:
            yield name, {**own, name: foreign[name]}


def impersonal(answer: httpx2.Response) -> tuple[int, str]:
    """What an answer says, without the ids that were asked for."""
    return answer.status_code, re.sub(r"(no|critic)-<id>", "<slug>", UUID.sub("<id>", answer.text))


async def attack(
    http: httpx2.AsyncClient, operations: list[Operation], attacker: Belongings, victim: Belongings
) -> list[str]:
    """What went wrong. Each time the same is asked about what does not exist."""
    wrong: list[str] = []
    own, made_up = {**EVERYBODYS, **attacker.ids}, nobodys(victim.ids)
    for operation in operations:
        pairs = zip(mixtures(operation, own, victim.ids), mixtures(operation, own, made_up), strict=True)
        for (what, theirs), (_, nothing) in pairs:
            answer = await http.send(operation.request(http, theirs, attacker.headers))
            control = await http.send(operation.request(http, nothing, attacker.headers))
            if (problem := judged(operation, answer, control, victim.words)) is not None:
                wrong.append(f"{operation}, {what} of another: {answer.status_code} {answer.text[:200]} {problem}")
    return wrong


def judged(
    operation: Operation, answer: httpx2.Response, control: httpx2.Response, words: tuple[str, ...]
) -> str | None:
    """What is wrong with an answer."""
    if impersonal(answer) != impersonal(control):
        return f"is another answer than for what does not exist: {control.status_code} {control.text[:200]}"
    if any(word in answer.text for word in words):
        return "shows what is another's"
    if str(operation) in ORDERS and answer.status_code == 202:
        return None
    if answer.status_code != 404 or answer.json()["error"]["code"] not in ABSENT:
        return "is not refused as absent"
    return None


async def test_what_is_another_s_does_not_exist_for_members_and_administrators(
    stack: Stack, operations: list[Operation], ada: Belongings, eve: Belongings, owner: Palaver
) -> None:
    everyday = [one for one in operations if one.needs_sign_in and not one.template.startswith(ADMIN)]
    unknown = {name for one in everyday for name in one.in_path} - {*ada.ids, *EVERYBODYS}
    assert not unknown, "whose are these? attacklab/belongings.py must say"
    before = await rows_about(stack, ada.ids)
    async with httpx2.AsyncClient(base_url=stack.url, trust_env=False, timeout=30) as http:
        assert await attack(http, everyday, eve, ada) == []
        await owner.rest.call("PUT", f"/api/v1/admin/users/{eve.ids['user_id']}", {"role": "admin"})
        await eve.person.rest.renewed_token()
        assert await attack(http, everyday, eve, ada) == []
    assert not differences(before, await rows_about(stack, ada.ids))


async def test_administration_is_refused_to_members_and_to_whoever_was_an_administrator(
    stack: Stack, http: httpx2.AsyncClient, operations: list[Operation], owner: Palaver
) -> None:
    administration = [one for one in operations if one.template.startswith(ADMIN)]
    assert len(administration) > 15
    async with await stack.person("Eve") as member, await stack.person("Mallory") as demoted:
        me = str(owner.rest.signed_in.user.id)
        invitation = await owner.rest.post("/api/v1/admin/invitations", {})
        ids = {"user_id": me, "by": me, "target_id": me, "sign_in_id": sign_in_of(owner)}
        ids["invitation_id"] = invitation["id"]
        one = f"/api/v1/admin/users/{demoted.rest.signed_in.user.id}"
        await owner.rest.call("PUT", one, {"role": "admin"})
        once_good = await demoted.rest.renewed_token()
        assert (await http.get("/api/v1/admin/users", headers=bearer(once_good))).status_code == 200
        await owner.rest.call("PUT", one, {"role": "member"})
        before = await rows_about(stack, ids)
        wrong: list[str] = []
        for operation in administration:
            for token in (member.rest.signed_in.access_token, once_good):
                answers = [
                    await http.send(operation.request(http, {**EVERYBODYS, **named}, bearer(token)))
                    for named in (ids, nobodys(ids))
                ]
                codes = [(answer.status_code, answer.json().get("error", {}).get("code")) for answer in answers]
                if codes != [(403, ErrorCode.FORBIDDEN)] * 2 or impersonal(answers[0]) != impersonal(answers[1]):
                    wrong.append(f"{operation}: {[answer.text[:200] for answer in answers]}")
        assert wrong == []
        assert not differences(before, await rows_about(stack, ids))
