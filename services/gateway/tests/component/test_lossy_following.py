"""Whatever core NATS loses and however often the network cuts: a stream and a poll show the whole log and text."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

pytestmark = pytest.mark.component

TEXT = "".join(f"wörd-{number} 👋 " for number in range(60))
STEPS = 60


@dataclass
class Screen:
    """What a client shows; each state is judged."""

    text: str = ""
    entries: list[int] = field(default_factory=list[int])
    ended: bool = False

    def show(self, frame: dict[str, Any]) -> bool:
        """False if the client finds a gap in the text."""
        if frame["type"] == "event":
            self.entries.append(frame["seq"])
            if frame["name"] == "reply.appended":
                self.ended, self.text = True, frame["data"]["reply"]["text"]
        elif frame["type"] == "attached":
            self.entries = list(range(1, frame["head_seq"] + 1))
            self.text = "".join(live["text"] for live in frame["live"])
        elif frame["type"] == "delta" and not self.ended:
            if frame["offset"] > len(self.text):
                return False
            self.text += frame["text"][len(self.text) - frame["offset"] :]
        assert TEXT.startswith(self.text)
        return True


async def happen(room: Any, worker: Any, chance: random.Random) -> None:
    """One answer, with other entries in between; every third message is lost."""
    turn, said = room.turn(), 0
    await room.request(turn, worker.id, silent=chance.random() < 1 / 3)
    for _ in range(STEPS):
        if chance.random() < 1 / 5:
            await room.post("meanwhile", silent=chance.random() < 1 / 3)
        piece = TEXT[said : said + chance.randint(1, 2 * len(TEXT) // STEPS)]
        worker.hold(turn, TEXT[: said + len(piece)])
        if chance.random() > 1 / 3:
            await room.delta(turn, said, piece)
        said += len(piece)
        await asyncio.sleep(chance.random() / 20)
    worker.hold(turn, TEXT)
    await room.finish(turn, TEXT, silent=chance.random() < 1 / 3)


async def stream(served: Any, session_id: str, screen: Screen, chance: random.Random) -> None:
    """Cut now and then, and connecting again by itself where it finds a gap."""
    resume: dict[str, str] = {}
    while not screen.ended:
        async with served.streamed(session_id, headers=resume) as source:
            frames_left = chance.randint(3, 30)
            while not screen.ended and frames_left:
                frames_left -= 1
                if not screen.show(await source.frame()):
                    break
        if source.last_id is not None:
            resume = {"Last-Event-ID": source.last_id}


async def poll(served: Any, session_id: str, screen: Screen) -> None:
    query: dict[str, str] = {}
    while not screen.ended:
        answer = await served.polled(session_id, **query)
        assert all(screen.show(frame) for frame in answer["data"]), "a poll never leaves a gap"
        query = {"after": answer["meta"]["next_cursor"]}


@pytest.mark.parametrize("seed", range(3))
async def test_a_stream_and_a_poll_end_with_the_whole(gateway_for: Any, room: Any, worker: Any, seed: int) -> None:
    quick = {"busy_head_check_seconds": 0.2, "gather_seconds": 0.05}
    rates = {"requests_per_minute": 10_000}
    streamed, polled = Screen(), Screen()
    cuts, fate = random.Random(seed), random.Random(seed)  # noqa: S311 - repeatable, not secret
    async with (
        gateway_for(realtime=quick, rates=rates) as served,
        asyncio.timeout(100),
        asyncio.TaskGroup() as watching,
    ):
        watching.create_task(stream(served, room.session_id, streamed, cuts))
        watching.create_task(poll(served, room.session_id, polled))
        await happen(room, worker, fate)
    last = len(room.entries)
    for screen in (streamed, polled):
        assert screen.text == TEXT
        assert screen.entries == list(range(1, last + 1))
