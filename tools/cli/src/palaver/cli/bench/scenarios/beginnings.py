"""What a turn's beginning costs: the CPU of every process from the question until the provider works on its answer."""

import asyncio
import os
import statistics
from dataclasses import dataclass

from palaver.cli.bench import meter
from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.chat_socket import ChatSocket, session
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.contracts.ids import new_id

QUESTION = "beginning"
ANSWER = Load(1, 3, 100.0)
ROOMS = 4
WARM = 4
BEGUN_SECONDS = 0.15
"""Long enough for a beginning, whatever runs beside it."""
THINKING_SECONDS = 0.4
"""So long the provider keeps its first token back, so that nothing of an answer is counted."""
SETTLED_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Size:
    """Questions, one after the other."""

    questions: int


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """Asked one by one, on an idle machine: every process sleeps before, which is when a person meets it."""
    product = stage.product
    await stage.provider.play(ANSWER, about=QUESTION, first_token_seconds=THINKING_SECONDS)
    rooms = await product.rooms(ROOMS, 1)
    token = await product.token()
    pids = {name: pid for name, pid in product.pids.items() if name != "simulator"}
    spent: dict[str, list[float]] = {name: [] for name in pids}
    async with session() as http:
        chats = [ChatSocket(product.url, token, room, ANSWER.tokens) for room in rooms]
        for chat in chats:
            await chat.open(http)
        for number in range(WARM + size.questions):
            for name, seconds in (await _begun(chats[number % ROOMS], pids)).items():
                if number >= WARM:
                    spent[name].append(seconds * 1_000)
        for chat in chats:
            await chat.close()
    each = {name: statistics.median(values) for name, values in spent.items()}
    parts = ", ".join(f"{name} {ms:.1f}" for name, ms in sorted(each.items(), key=lambda item: -item[1]))
    total, cores = sum(each.values()), os.cpu_count() or 1
    finding.say("CPU of a turn's beginning, all services", total, "ms", parts)
    finding.say("the same, spread over all cores", total / cores, "ms", f"{cores} cores, every process asleep before")


async def _begun(chat: ChatSocket, pids: dict[str, int]) -> dict[str, float]:
    """CPU seconds of each process until the provider has been called."""
    before, answers = meter.read(pids), len(chat.ended) + 1
    await chat.ask(f"{QUESTION} {new_id()}")
    await asyncio.sleep(BEGUN_SECONDS)
    used = meter.read(pids).since(before)
    await chat.read(answers)
    await asyncio.sleep(SETTLED_SECONDS)
    return used


SCENARIO = Scenario(
    "what a turn costs until its provider is called, by process", {"tiny": Size(2), "full": Size(40)}, play, order=26
)
