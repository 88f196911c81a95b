"""From a number to everything that will happen in one run: who asks what when, and what breaks when. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from faultlab.texts import answer

MODELS = ("sim-swift", "sim-scout", "sim-oak", "sim-spark", "sim-scribe", "sim-sage")
MAX_ATTEMPTS = 4
"""Texts prepared for each answer: one per provider call that may be made for it."""

ProviderFault = Literal[
    "cut",
    "stall",
    "rate_limit",
    "server_error",
    "overloaded",
    "malformed_event",
    "error_event",
    "split_utf8",
    "no_usage",
]
PROVIDER_FAULTS: tuple[ProviderFault, ...] = (
    "cut",
    "stall",
    "rate_limit",
    "server_error",
    "overloaded",
    "malformed_event",
    "error_event",
    "split_utf8",
    "no_usage",
)
StopScope = Literal["turn", "participant", "all"]

Kind = Literal[
    "client_cut",
    "client_stall",
    "client_half_close",
    "client_narrow",
    "kill_gateway",
    "kill_worker",
    "kill_session",
    "kill_nats",
    "kill_leader",
    "kill_context",
    "kill_analytics",
    "kill_keyvault",
    "crash_postgres",
    "freeze_gateway",
    "freeze_worker",
    "freeze_session",
    "broker_cut",
    "broker_stall",
    "broker_late",
    "provider_cut",
    "provider_stall",
    "redeliver",
    "restart_worker",
    "restart_gateway",
    "restart_session",
    "kill_identity",
    "kill_valkey",
    "fill_broker",
    "deaf_client",
]
WEIGHTS: dict[Kind, int] = {
    "client_cut": 12,
    "client_stall": 4,
    "client_half_close": 3,
    "client_narrow": 3,
    "kill_gateway": 8,
    "kill_worker": 9,
    "kill_session": 8,
    "kill_nats": 8,
    "kill_context": 2,
    "kill_analytics": 2,
    "kill_keyvault": 2,
    "crash_postgres": 4,
    "freeze_gateway": 3,
    "freeze_worker": 4,
    "freeze_session": 4,
    "broker_cut": 6,
    "broker_stall": 4,
    "broker_late": 3,
    "provider_cut": 4,
    "provider_stall": 3,
    "redeliver": 6,
    "restart_worker": 3,
    "restart_gateway": 3,
    "restart_session": 3,
}
CLUSTER_WEIGHTS: dict[Kind, int] = {**WEIGHTS, "kill_nats": 10, "kill_leader": 12}
FIRST = 200
"""Schedules up to this number are older than the kinds below: their draw stays as it was."""
LATER_KINDS: tuple[Kind, ...] = ("fill_broker", "kill_valkey", "deaf_client", "kill_identity")
"""Each later schedule has the next of them, beside what is drawn; on one nats-server."""
STOPPED, FAULTY, VISITED = 0.25, 0.15, 0.6
"""Shares of messages that are stopped, of answers whose provider misbehaves, of rooms that somebody joins late."""
HASTE = 2.0
REPLICAS = 2
READERS = 2
NODES = 3
PROCESSES = ("gateway", "model-router", "session", "context", "analytics")
"""Whose link to the broker may be broken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model is to say to one message, in so many pieces, at a pace of pieces. `mark` is like no other's."""

    model: str
    mark: str
    pieces: int
    first_token_seconds: float
    pieces_per_second: float
    fault: ProviderFault | None = None
    fault_after: int = 0
    fault_seconds: float = 0.0

    @property
    def texts(self) -> tuple[str, ...]:
        """One for each provider call that may be made, in order."""
        return tuple(answer(f"{self.mark}·{number}", self.pieces) for number in range(1, MAX_ATTEMPTS + 1))


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody stops it, so long after its first answer is seen."""

    after_seconds: float
    scope: StopScope
    reader: int


@dataclass(frozen=True, slots=True)
class Message:
    """Something said in a room. `copies` are sent at once, over several devices, with one id."""

    at: float
    mark: str
    copies: int
    answers: tuple[Answer, ...]
    stop: Stop | None = None

    @property
    def text(self) -> str:
        """What is posted; the mark is found again in what providers are asked."""
        return f"{self.mark} 请问, what do you say to this? 🙂"


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """One room: who sits in it, what is said. Reader `n` is at gateway `n`; at `late_at` one more joins."""

    models: tuple[str, ...]
    messages: tuple[Message, ...]
    late_at: float | None
    late_gateway: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something breaks. `which` chooses among what could, `seconds` is how long, `amount` how much of it."""

    at: float
    kind: Kind
    which: int
    seconds: float
    amount: int = 0

    def __str__(self) -> str:
        return f"{self.at:5.2f} s  {self.kind} #{self.which} for {self.seconds:.2f} s" + (
            f" ({self.amount})" if self.amount else ""
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """One run."""

    seed: int
    rooms: tuple[RoomPlan, ...]
    faults: tuple[Fault, ...]

    @property
    def messages(self) -> Iterator[tuple[int, Message]]:
        """All messages with the number of their room."""
        return ((number, message) for number, room in enumerate(self.rooms) for message in room.messages)

    def lines(self) -> list[str]:
        """For a person who wants to know what happens."""
        said = [f"schedule {self.seed}: {len(self.rooms)} rooms"]
        for number, room in enumerate(self.rooms):
            late = f", one more reader at {room.late_at:.2f} s" if room.late_at is not None else ""
            said.append(f"  room {number}: {', '.join(room.models)}{late}")
            for message in room.messages:
                stop = f", stop {message.stop.scope} after {message.stop.after_seconds:.2f} s" if message.stop else ""
                faults = "".join(f", {a.model} {a.fault}" for a in message.answers if a.fault)
                said.append(f"    {message.at:5.2f} s  {message.mark} sent {message.copies} times{stop}{faults}")
        return said + [f"  {fault}" for fault in self.faults]


def schedule(seed: int, *, cluster: bool = False) -> Schedule:
    """The run of this number; always the same."""
    rng = random.Random(f"palaver-faults-{seed}-{cluster}")  # noqa: S311 - repeatable, not secret
    rooms = tuple(_room(rng, seed, number) for number in range(rng.randint(2, 3)))
    weights = CLUSTER_WEIGHTS if cluster else WEIGHTS
    kinds = rng.choices(tuple(weights), weights=tuple(weights.values()), k=rng.randint(1, 3))
    if seed > FIRST and not cluster:
        kinds[0] = LATER_KINDS[(seed - FIRST - 1) % len(LATER_KINDS)]
    faults = sorted((_fault(rng, kind) for kind in kinds), key=lambda fault: fault.at)
    return Schedule(seed, rooms, tuple(faults))


def brief(plan: Schedule) -> Schedule:
    """The same with the first message of each room only and everything in half the time, for a quick look."""
    rooms = tuple(
        replace(
            room,
            messages=tuple(_hastened(message) for message in room.messages[:1]),
            late_at=None if room.late_at is None else room.late_at / HASTE,
        )
        for room in plan.rooms[:2]
    )
    faults = tuple(replace(fault, at=fault.at / HASTE) for fault in plan.faults)
    return replace(plan, rooms=rooms, faults=faults)


def _hastened(message: Message) -> Message:
    answers = (replace(answer, pieces_per_second=answer.pieces_per_second * HASTE) for answer in message.answers)
    return replace(message, answers=tuple(answers))


def _room(rng: random.Random, seed: int, number: int) -> RoomPlan:
    models = tuple(rng.sample(MODELS, k=rng.randint(2, 3)))
    at, messages = rng.uniform(0.0, 0.4), list[Message]()
    for order in range(rng.randint(1, 2)):
        messages.append(_message(rng, f"Q-{seed}-{number}-{order}", models, at))
        at += rng.choice((rng.uniform(0.05, 0.5), rng.uniform(2.0, 4.0)))
    late_at = rng.uniform(0.3, 4.0) if rng.random() < VISITED else None
    return RoomPlan(models, tuple(messages), late_at, rng.randrange(REPLICAS))


def _message(rng: random.Random, mark: str, models: Sequence[str], at: float) -> Message:
    stop = None
    if rng.random() < STOPPED:
        stop = Stop(rng.uniform(0.0, 2.5), rng.choice(("turn", "participant", "all")), rng.randrange(READERS))
    endless = range(len(models)) if stop and stop.scope == "all" else range(1 if stop else 0)
    answers: list[Answer] = []
    for place, model in enumerate(models):
        pace = rng.uniform(20.0, 80.0)
        pieces = int(pace * rng.uniform(1.0, 4.5))
        if place in endless:  # a stop that gets lost is then noticed: nobody waits for its end
            pace, pieces = 8.0, 1_600
        faulty = rng.random() < FAULTY and place not in endless
        answers.append(
            Answer(
                model,
                f"{mark.replace('Q', 'A')}·{model[4:]}",
                pieces,
                rng.uniform(0.05, 0.6),
                pace,
                fault=rng.choice(PROVIDER_FAULTS) if faulty else None,
                fault_after=rng.randrange(max(1, pieces)),
                fault_seconds=rng.uniform(0.5, 3.0),
            )
        )
    return Message(at, mark, rng.choice((1, 1, 2, 3)), tuple(answers), stop)


def _fault(rng: random.Random, kind: Kind) -> Fault:
    at = rng.uniform(0.2, 4.0)
    seconds = rng.uniform(5.0, 8.0) if kind.startswith("freeze") else rng.uniform(0.1, 2.5)
    if kind in {"broker_stall", "client_stall", "provider_stall", "redeliver", "client_narrow", "broker_late"}:
        seconds = rng.uniform(0.5, 4.0)
    if kind in {"fill_broker", "deaf_client"}:
        seconds = rng.uniform(3.0, 8.0)
    amount = rng.randrange(6_000) if kind == "client_cut" else 0
    if kind == "fill_broker":  # what has more than this can grow no further: perhaps not everything at once
        amount = rng.choice((0, 4_096, 32_768))
    return Fault(at, kind, rng.randrange(60), seconds, amount)
