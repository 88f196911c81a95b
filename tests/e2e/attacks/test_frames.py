"""Every kind of WebSocket frame, from nobody, under forged and ended credentials, and about what is another's."""

import asyncio
import json
import re
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from attacklab.attempts import Attempt, ended, forged, misplaced, of_another_kind
from attacklab.belongings import (
    Belongings,
    all_done,
    bearer,
    differences,
    nobodys,
    rows_about,
)
from attacklab.bodies import Ids
from attacklab.frames import KINDS, answered, frame, name_of, names_of, said, socket
from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.client import Palaver
from palaver.contracts.client_protocol import Authenticate, CloseCode
from palaver.contracts.failures import ErrorCode
from palaver.simulator.faults import Script

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.attack,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ORDERS = {"post", "stop"}
"""Are taken before anybody knows of the room; session carries out only those of its person."""
MODEL = "sim-swift"
TOO_LARGE = 431
"""Headers of a handshake beyond what is read (RFC 6585)."""


async def shown_out(stack: Stack, sent: Any, attempt: Attempt, *, in_handshake: bool) -> str | None:
    """What is wrong, if anything is but one error and the close."""
    headers = attempt.headers if in_handshake else {}
    try:
        async with asyncio.timeout(20), socket(stack.url, headers, attempt.query) as connection:
            await connection.send(json.dumps(sent))
            heard = await said(connection)
    except InvalidStatus as refused:
        return None if refused.response.status_code == TOO_LARGE < len(attempt.token) else f"{attempt.name}: {refused}"
    codes = [one.get("code") for one in heard if one["type"] == "error"]
    if (len(heard), codes, connection.close_code) != (1, [attempt.code], CloseCode.UNAUTHENTICATED):
        return f"{attempt.name}: {heard} {connection.close_code}"
    return None


async def test_without_a_good_credential_no_frame_is_served(stack: Stack, ada: Belongings, owner: Palaver) -> None:
    ids = {**ada.ids, "token": "made.up.token"}
    everything = [frame(kind, ids) for kind in KINDS]
    tokens = [*forged(stack, ada), *await of_another_kind(ada), *await ended(stack, owner)]
    before = await rows_about(stack, ada.ids)
    wrong = [await shown_out(stack, frame(kind, ids), Attempt(name_of(kind)), in_handshake=False) for kind in KINDS]
    wrong += [await shown_out(stack, everything[1:], one, in_handshake=True) for one in (*misplaced(ada), *tokens)]
    for one in tokens:
        first = frame(Authenticate, {"token": one.token})
        wrong.append(await shown_out(stack, [first, *everything], one, in_handshake=False))
    for name, ticket in (("made up", "A" * 43), ("an access token", ada.token), ("of one who is nobody", "x")):
        attempt = Attempt(f"a ticket: {name}", query=f"ticket={ticket}")
        wrong.append(await shown_out(stack, everything, attempt, in_handshake=True))
    assert [one for one in wrong if one] == []
    assert not differences(before, await rows_about(stack, ada.ids))


async def test_a_live_connection_takes_no_other_credential_and_goes_on(
    stack: Stack, ada: Belongings, owner: Palaver
) -> None:
    tokens = [*forged(stack, ada), *await of_another_kind(ada), *await ended(stack, owner)]
    tokens.append(Attempt("somebody else's good one", code=ErrorCode.FORBIDDEN, token=ada.token))
    async with await stack.person("Eve") as eve, socket(stack.url, bearer(await eve.rest.access_token())) as connection:
        for attempt in tokens:
            *_, answer = await answered(connection, frame(Authenticate, {"token": attempt.token}))
            assert (answer["type"], answer.get("code"), attempt.name) == ("error", attempt.code, attempt.name)
        *_, answer = await answered(connection, frame(Authenticate, {"token": await eve.rest.access_token()}))
        assert (answer["type"], answer["user"]["id"]) == ("welcome", eve.rest.signed_in.user.id)


async def exchange(stack: Stack, attacker: Belongings, sent: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What comes for these frames on a connection of their own, without the ids, once all that follows is done."""
    heard: list[dict[str, Any]] = []
    async with socket(stack.url, attacker.headers) as connection:
        for one in sent:
            heard += await answered(connection, one)
        await all_done(stack)
        heard += await answered(connection, {"type": "ping", "id": "last"})
    return [(one["type"], UUID.sub("<id>", json.dumps(one))) for one in heard if one["type"] != "welcome"]


def mixtures(own: Ids, foreign: Ids, names: set[str]) -> list[Ids]:
    """All of another's, and each single thing of another's among one's own."""
    named = sorted(names & set(foreign))
    single = [{**own, name: foreign[name]} for name in named] if len(named) > 1 else []
    return [{**own, **foreign}, *single] if named else []


async def test_frames_about_what_is_anothers_are_answered_as_if_it_did_not_exist(
    stack: Stack, ada: Belongings, eve: Belongings
) -> None:
    before = await rows_about(stack, ada.ids)
    made_up = nobodys(ada.ids)
    tried: set[str] = set()
    for kind in KINDS:
        names = names_of(kind)
        pairs = zip(mixtures(eve.ids, ada.ids, names), mixtures(eve.ids, made_up, names), strict=True)
        for theirs, nothing in pairs:
            answer = await exchange(stack, eve, [frame(kind, theirs)])
            assert answer == await exchange(stack, eve, [frame(kind, nothing)])
            assert not any(word in text for _, text in answer for word in ada.words)
            assert answer[0][0] == "error" or name_of(kind) in ORDERS, answer
            tried.add(name_of(kind))
    assert tried == {name_of(kind) for kind in KINDS if names_of(kind) & set(ada.ids)}
    assert not differences(before, await rows_about(stack, ada.ids))


async def test_nobody_stops_what_runs_for_another_or_speaks_in_their_room(stack: Stack) -> None:
    text = " ".join(f"word{number}" for number in range(120))
    stack.simulator.stage.scripts.arm(Script(model=MODEL, text=text, tokens_per_second=30, count=1))
    async with await stack.person("Ada") as ada, await stack.person("Eve") as eve:
        room = await ada.create_room([MODEL])
        await room.post("Go on, please.")
        await until(room, lambda room: any(len(reply.text) > 20 for reply in room.transcript.replies.values()))
        (reply,) = room.transcript.replies.values()
        ids = {"session_id": room.id, "turn_id": reply.turn.turn_id, "participant_id": reply.turn.participant_id}
        async with socket(stack.url, bearer(eve.rest.signed_in.access_token)) as connection:
            for which in (set[str](), {"turn_id"}, {"participant_id"}):
                named = {name: ids[name] for name in {"session_id", *which}}
                await answered(connection, {"type": "stop", "id": f"s{len(named)}{which}"[:60], **named})
                await eve.rest.post("/api/v1/chat/stop", named)
            for kind in KINDS:
                await answered(connection, frame(kind, {**ids, "token": eve.rest.signed_in.access_token}))
        await eve.rest.post(f"/api/v1/sessions/{room.id}/interrupt", {})
        assert not reply.ended, "the attack came too late"
        await until(room, rounds_ended(1))
        assert (reply.status, reply.text) == ("completed", text)
        assert len(room.transcript.messages) == 1
