"""Whoever cannot keep a WebSocket sees the same: a room of three models over server-sent events and by long polling."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import TypeAdapter

from palaver.cli.testing.page import launched_browser
from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.client import Palaver, Transcript
from palaver.client.transcript import Verdict
from palaver.contracts.client_protocol import Attached, Delta, ServerFrame
from palaver.contracts.ids import new_id
from palaver.contracts.session import NewParticipant
from palaver.contracts.session_log import EventFrame
from palaver.simulator.faults import Script

pytestmark = pytest.mark.e2e

PAGE = Path(__file__).resolve().parents[2] / "docs" / "following-over-http.md"
PATIENCE_SECONDS = 60.0
TOKENS, CUTS = 250, 5
SEATS = tuple(NewParticipant(model=f"sim-{name.lower()}", name=name) for name in ("Swift", "Sage", "Oak"))
TEXTS = {
    seat.name: "".join(f"{seat.name}-{n} " for n in range(TOKENS)) + "\n\n— 完 \u2028 👋\r\n"
    for seat in SEATS
    if seat.name
}
FRAME = TypeAdapter[Any](ServerFrame)
IN_A_BROWSER = """
async ({ token, room, cuts }) => {
  const api = "/api/v1", headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const post = async (path, body) =>
    (await (await fetch(api + path, { method: "POST", headers, body: JSON.stringify(body) })).json()).data;
  const frames = [];
  let last = "", posted = false;
  const follow = (until) => new Promise(async (resolve, reject) => {
    const { ticket } = await post("/auth/ticket", {});
    const source = new EventSource(`${api}/sessions/${room}/events?ticket=${ticket}&after=${last}`);
    const show = (message) => {
      if (message.data === undefined) { source.close(); reject(new Error("the stream broke")); return; }
      last = message.lastEventId || last;
      frames.push(JSON.parse(message.data));
      if (until(frames)) { source.close(); resolve(); }
    };
    for (const type of ["attached", "event", "delta", "notice", "error"]) source.addEventListener(type, show);
    if (!posted) { posted = true; await post("/messages", { session_id: room, content: "Go" }); }
  });
  for (let cut = 0; cut < cuts; cut++) {
    let deltas = 0;
    await follow((seen) => seen.at(-1).type === "delta" && ++deltas > 20);
  }
  await follow((seen) => seen.at(-1).name === "round.ended");
  return frames;
}
"""


@dataclass
class Viewer:
    """Folds what one way of following brings, and judges each state that it shows."""

    http: httpx2.AsyncClient
    path: str
    transcript: Transcript = field(default_factory=Transcript)
    speakers: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    last_id: str | None = None
    opened: int = 0

    def show(self, raw: dict[str, Any]) -> None:
        frame, verdict = FRAME.validate_python(raw), Verdict.IGNORED
        match frame:
            case Attached():
                self.transcript.attach(frame)
            case Delta():
                verdict = self.transcript.delta(frame)
                self.speakers.append(self.transcript.replies[frame.turn_id].turn.speaker)
            case EventFrame():
                verdict = self.transcript.apply(frame)  # pyright: ignore[reportArgumentType] - EventFrame's members
            case _:
                pass
        if verdict is Verdict.GAP:
            self.wrong.append(f"a gap before {raw}")
        for reply in self.transcript.replies.values():
            if not TEXTS[reply.turn.speaker].startswith(reply.text):
                self.wrong.append(f"{reply.turn.speaker} was shown with {reply.text[-60:]!r}")

    @property
    def over(self) -> bool:
        return bool(self.transcript.ended_rounds)

    @asynccontextmanager
    async def stream(self) -> AsyncGenerator[httpx2.Response]:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": self.last_id} if self.last_id else {})}
        async with self.http.stream("GET", self.path, headers=headers, timeout=PATIENCE_SECONDS) as answer:
            assert answer.status_code == 200
            self.opened += 1
            yield answer

    async def watch_stream(self, *, cuts: int) -> None:
        """As a browser's `EventSource` on a bad network: cut each time a tenth more of the answers has been read."""
        cut_at = [sum(map(len, TEXTS.values())) * (n + 1) // 10 for n in range(cuts)]
        while not self.over:
            async with self.stream() as answer:
                rest = b""
                async for some in answer.aiter_bytes():
                    *blocks, rest = (rest + some).split(b"\n\n")
                    for block in blocks:
                        self._take(block.decode())
                    if self.over:
                        return
                    if cut_at and self.read > cut_at[0]:
                        del cut_at[0]
                        break

    def _take(self, block: str) -> None:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "data" in fields:
            self.last_id = fields.get("id", self.last_id)
            self.show(json.loads(fields["data"]))

    @property
    def read(self) -> int:
        return sum(len(reply.text) for reply in self.transcript.replies.values())

    async def watch_by_polling(self) -> None:
        query = {"wait": "30"}
        while not self.over:
            answer = (await self.http.get(self.path, params=query, timeout=PATIENCE_SECONDS)).json()
            for frame in answer["data"]:
                self.show(frame)
            query["after"] = answer["meta"]["next_cursor"]


def seen(transcript: Transcript) -> dict[str, Any]:
    """Everything that a page would show."""
    return {
        "messages": [(m.content, m.branch, m.round) for m in transcript.messages.values()],
        "replies": {r.turn.speaker: (r.text, r.status, r.rank, r.attempt) for r in transcript.replies.values()},
        "rounds": transcript.ended_rounds,
        "epoch": transcript.epoch,
        "seats": [p.name for p in transcript.participants],
    }


def client(palaver: Palaver, stack: Stack) -> httpx2.AsyncClient:
    token = palaver.rest.signed_in.access_token
    return httpx2.AsyncClient(base_url=stack.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False)


async def test_a_stream_that_is_cut_and_a_poll_show_what_a_websocket_shows(stack: Stack):
    for seat in SEATS:
        script = Script(
            model=seat.model or "", text=TEXTS[seat.name or ""], first_token_seconds=0.1, tokens_per_second=100
        )
        stack.simulator.stage.scripts.arm(script)
    async with await stack.person() as palaver, client(palaver, stack) as http:
        room = await palaver.create_room(SEATS)
        path = f"/api/v1/sessions/{room.id}/events"
        streaming, cut, polling = (Viewer(http, path) for _ in range(3))
        late = Viewer(http, path)
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as watching:
            watching.create_task(streaming.watch_stream(cuts=0))
            watching.create_task(cut.watch_stream(cuts=CUTS))
            watching.create_task(polling.watch_by_polling())
            body = {"session_id": room.id, "client_message_id": new_id(), "content": "Go"}
            await palaver.rest.post("/api/v1/messages", body)
            await until(room, lambda r: any(len(reply.text) > 500 for reply in r.transcript.replies.values()))
            watching.create_task(late.watch_stream(cuts=0))
            await until(room, rounds_ended(1))
    expected = seen(room.transcript)
    assert {speaker: text for speaker, (text, *_) in expected["replies"].items()} == TEXTS
    for viewer in (streaming, cut, polling, late):
        assert viewer.wrong == []
        assert seen(viewer.transcript) == expected
    assert (streaming.opened, cut.opened) == (1, CUTS + 1)
    assert len(list(groupby(streaming.speakers))) > 10, "the answers came one after the other"
    assert len(polling.speakers) < len(streaming.speakers), "polls answered pieces one by one"


async def test_the_commands_of_the_page_show_two_models_that_answer(stack: Stack):
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    shell = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        script.replace("http://127.0.0.1:8080", stack.url),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert shell.stdout is not None
    shown = ""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while '"name":"round.ended"' not in shown:
                line = await shell.stdout.readline()
                assert line, f"the commands have ended: {shown}"
                shown += line.decode()
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        await shell.wait()
    assert shown.count("event: delta") > 2
    assert shown.count('"name":"reply.appended"') == 2
    assert "Hello, both of you" in shown


@pytest.mark.browser
async def test_a_browsers_own_event_source_follows_with_tickets_and_shows_the_same(stack: Stack):
    for seat in SEATS:
        script = Script(
            model=seat.model or "", text=TEXTS[seat.name or ""], first_token_seconds=0.1, tokens_per_second=100
        )
        stack.simulator.stage.scripts.arm(script)
    async with await stack.person() as palaver, client(palaver, stack) as http, launched_browser() as browser:
        room = await palaver.create_room(SEATS)
        page = await browser.new_page()
        await page.goto(f"{stack.url}/healthz")
        given = {"token": palaver.rest.signed_in.access_token, "room": room.id, "cuts": 3}
        async with asyncio.timeout(PATIENCE_SECONDS):
            frames: list[dict[str, Any]] = await page.evaluate(IN_A_BROWSER, given)
        await until(room, rounds_ended(1))
    viewer = Viewer(http, "")
    for frame in frames:
        viewer.show(frame)
    assert [frame["type"] for frame in frames].count("attached") == 1
    assert viewer.wrong == []
    assert seen(viewer.transcript) == seen(room.transcript)
