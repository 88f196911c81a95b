"""A long discussion of four models with windows of 4 k, 8 k, 32 k and 200 k tokens, through everything.

Each provider counts by a rule of its own that nothing in the product knows, and refuses what breaks its grammar or
exceeds its window. What meters say is held against the requests that the providers recorded.
"""

import asyncio
import json
import random
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import until
from palaver.client import Palaver, ReplyState, Room
from palaver.contracts.client_protocol import ContextUsage
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script
from palaver.simulator.recorder import Record

ROUNDS = 48
"""`make discussion` has 300: the option `--rounds`."""
LEARNED = 10
"""Turns after which estimates are what is reported, but for `MISSED`."""
MISSED = 0.02
METERED = 12
"""Meters are held against the next requests in every twelfth round."""
HELD_SECONDS = 0.8
"""So long these requests wait for their answers, while the meters are read."""
PATIENCE_SECONDS = 20.0

SEATS = (
    NewParticipant(model="sim-moth", name="Moth"),
    NewParticipant(model="sim-wren", name="Wren"),
    NewParticipant(model="sim-dune", name="Dune"),
    NewParticipant(model="sim-tide", name="Tide"),
)
"""All four wire formats. Windows: 4 k, 8 k, 32 k, 200 k."""
PROMPT = "A long discussion. You are {{name}}; the others are {{others}}. Be brief."
STACK = {
    "overrides": {"gateway": {"rates": {"messages_per_minute": 10_000, "requests_per_minute": 10_000}}},
    "speed": 500.0,
}

TALK = (
    "the question whether a harbour town should build its library before the tramway depends on who pays for light "
    "because evenings are long and people read when they cannot travel which nobody had considered seriously until now"
)
WORDS = tuple(TALK.split())
HAN = "我们应该先建图书馆还是电车这取决于谁来付钱因为晚上很长人们不能旅行的时候就会读书以前没有人认真考虑过、。"
MARK = re.compile(r"#\d+[A-Z]?[a-z]*")
SUMMARY = re.compile(r"<<< Summary of the (\d+) .*?<<< End of the summary >>>", re.DOTALL)


def spoken(rng: random.Random, mark: str, least: int, most: int) -> str:
    """Something in English or Chinese that begins with its own mark."""
    length = rng.randint(least, most)
    if rng.random() < 0.3:
        return f"{mark} " + "".join(rng.choice(HAN) for _ in range(length))
    return f"{mark} " + " ".join(rng.choice(WORDS) for _ in range(length)) + "."


@dataclass(frozen=True)
class Request:
    """What a provider recorded: the marks of what the model sees, and how many messages a summary stands for."""

    record: Record
    marks: list[str]
    summarised: int

    @classmethod
    def of(cls, record: Record) -> "Request":
        text = json.dumps(record.body, ensure_ascii=False)
        summary = SUMMARY.search(text)
        return cls(record, MARK.findall(SUMMARY.sub("", text)), int(summary[1]) if summary else 0)


@dataclass
class Discussion:
    """The room, and all that was said in it, in order, by mark. `missed`: by how much each estimate was wrong."""

    stack: Stack
    palaver: Palaver
    room: Room
    rng: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311 - a fixed discussion, no secret
    said: dict[str, str] = field(default_factory=dict[str, str])
    missed: dict[str, list[float]] = field(default_factory=lambda: defaultdict[str, list[float]](list))
    compared: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    left_out: dict[str, int] = field(default_factory=dict[str, int])

    async def round(self, number: int) -> None:
        """One question, four answers, and what the providers recorded of it."""
        metered, marked = number % METERED == 0, f"#{number}"
        for seat in SEATS:
            text = spoken(self.rng, f"{marked}{seat.name}", 30, 90)
            wait = HELD_SECONDS if metered else None
            self.stack.simulator.stage.scripts.arm(
                Script(model=str(seat.model), text=text, about=f"{marked} ", first_token_seconds=wait)
            )
        if metered:
            await self._learned(number - 1)
        message = await self.room.post(spoken(self.rng, marked, 5, 40))
        self.said[marked] = message.id
        meters = await self._meters() if metered else None
        await until(self.room, lambda room: (message.branch, message.round) in room.transcript.ended_rounds)
        requests = self._requests(marked)
        replies = self.room.transcript.replies_in(message.branch, message.round)
        assert [reply.status for reply in replies] == ["completed"] * len(SEATS)
        for reply in replies:
            self._judge(reply, requests[reply.turn.model], meters)
        self.said |= {f"{marked}{reply.turn.speaker}": reply.turn.reply_id for reply in replies}
        self.stack.simulator.stage.recorder.clear()

    def told(self) -> str:
        """What came of it."""
        lines = [f"{len(self.said)} messages; after {LEARNED} turns each, estimates missed the report by"]
        for name, missed in self.missed.items():
            late = sorted(map(abs, missed[LEARNED:]))
            worst, usual = late[-1], late[len(late) // 2]
            lines.append(f"  {name}: {usual:.2%} usually, {worst:.2%} at worst; {self.compared[name]} meters compared")
        return "\n".join(lines)

    async def _learned(self, rounds: int) -> None:
        """Return when what providers reported is known: a report that came later would change the meters."""
        (context,) = self.stack.replicas["context"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while context.figure("palaver_context_estimate_error_count") < rounds * len(SEATS):  # noqa: ASYNC110 - a figure
                await asyncio.sleep(0.01)

    async def _meters(self) -> ContextUsage:
        """While all models have been asked and none has answered."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self._asked()) < len(SEATS):  # noqa: ASYNC110 - records are plain facts
                await asyncio.sleep(0.01)
        return await self.palaver.rest.context(self.room.id)

    def _asked(self) -> list[Record]:
        """The requests for answers. Others are for summaries, which are written meanwhile."""
        records = self.stack.simulator.stage.recorder.records()
        assert {record.status for record in records} <= {200, None}
        return [record for record in records if PROMPT.partition("{")[0] in json.dumps(record.body)]

    def _requests(self, marked: str) -> dict[str, Request]:
        """The requests of this round: one for each model, accepted at once."""
        found = [Request.of(record) for record in self._asked()]
        assert {(request.record.status, marked in request.marks) for request in found} == {(200, True)}
        assert sorted(str(request.record.model) for request in found) == sorted(str(seat.model) for seat in SEATS)
        return {str(request.record.model): request for request in found}

    def _judge(self, reply: ReplyState, request: Request, meters: ContextUsage | None) -> None:
        assert reply.reply is not None
        fill, usage = reply.reply.context, reply.reply.usage
        assert fill is not None
        assert usage is not None
        assert usage.tokens_input == request.record.tokens_input
        self.missed[reply.turn.speaker].append(fill.used / request.record.tokens_input - 1)
        if meters is None or meters.session.messages != len(self.said):
            return  # somebody has answered already
        meter = next(meter for meter in meters.participants if meter.id == reply.turn.participant_id)
        if (meter.summary.entries if meter.summary else 0) != request.summarised:
            return  # a summary came between the request and the meter
        self.compared[reply.turn.speaker] += 1
        self.left_out[reply.turn.speaker] = meter.left_out
        assert (meter.used, meter.maximum) == (fill.used, fill.maximum)
        marks = list(self.said)
        assert request.marks == marks[meter.left_out :], "the meter and the request agree on what is seen"
        unseen = [self.said[mark] for mark in marks[: meter.left_out]]
        assert list(meter.unseen) == unseen[-len(meter.unseen) :] if unseen else not meter.unseen


@pytest.mark.e2e
@pytest.mark.timeout(900)
@pytest.mark.parametrize("stack", [STACK], indirect=True)
async def test_no_request_is_refused_and_meters_are_what_providers_report(
    stack: Stack, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
):
    rounds = request.config.getoption("--rounds", None) or ROUNDS
    async with await stack.person() as palaver:
        session = await palaver.rest.create_session(SEATS, system_prompt=PROMPT)
        discussion = Discussion(stack, palaver, await palaver.room(session))
        for number in range(1, rounds + 1):
            await discussion.round(number)
    with capsys.disabled():
        sys.stdout.write(f"\n{discussion.told()}\n")
    for name, missed in discussion.missed.items():
        assert max(map(abs, missed[LEARNED:])) <= MISSED, f"{name}: {missed}"
        assert discussion.compared[name] > 0
    assert discussion.left_out["Moth"] > discussion.left_out["Wren"] > discussion.left_out["Tide"] == 0
