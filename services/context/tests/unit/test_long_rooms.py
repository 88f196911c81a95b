"""A long discussion of four models with windows from 4 k to 200 k, each counted by a rule that nothing here knows.

No request exceeds the window by the model's own rule, and after ten turns the estimate is what the model reports, but
for two percent at the most. The rules go by characters, which counts of tokens do not show.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from prometheus_client import CollectorRegistry

from palaver.context.building import Fitter, maximum
from palaver.context.calibrating import Calibrations
from palaver.context.calibration import Calibration, CalibrationKey, Changed
from palaver.context.counting import TokenCounter
from palaver.context.domain import Room
from palaver.context.intake import steps_of
from palaver.context.metrics import ContextMetrics
from palaver.context.projection import appended_by, applied
from palaver.context.testing.scribe import START, Scribe
from palaver.context.testing.world import NothingStored, messages_of, profile
from palaver.context.views import RoomView
from palaver.contracts.ids import CallId, TurnId, new_id
from palaver.contracts.model_router import ModelProfile, UsageMetered, WindowMessage
from palaver.contracts.session_log import Usage

ROUNDS = 300
LEARNED = 10
TALK = (
    "the question whether a harbour town should build its library before the tramway depends on who pays for light "
    "because evenings are long and people read when they cannot travel which nobody had considered seriously until now"
)
WORDS = tuple(TALK.split())
HAN = "我们应该先建图书馆还是电车这取决于谁来付钱因为晚上很长人们不能旅行的时候就会读书以前没有人认真考虑过"


@dataclass(frozen=True)
class Rule:
    """How a provider counts: characters in four, each of them dearer or cheaper, and something for each message."""

    factor: float
    message: int
    han: float

    def tokens(self, messages: list[WindowMessage]) -> int:
        return round(3 + sum(self.message + self.factor * self._text(message.text) for message in messages))

    def _text(self, text: str) -> float:
        han = han_in(text)
        return (len(text) - han) / 4 + self.han * han


@lru_cache(maxsize=8_192)
def han_in(text: str) -> int:
    return sum("\u4e00" <= sign <= "\u9fff" for sign in text)


MODELS: dict[str, tuple[int, Rule]] = {
    "Moth": (4_096, Rule(1.3, 7, 0.95)),
    "Wren": (8_192, Rule(0.85, 6, 0.8)),
    "Ember": (32_768, Rule(0.8, 8, 0.6)),
    "Tide": (200_000, Rule(0.95, 6, 0.75)),
}
PROFILES = {name: profile(name, window=window, tokenizer="approximate") for name, (window, _) in MODELS.items()}


class InMemory:
    """`CalibrationSource` and `Profiles` without servers."""

    def __init__(self) -> None:
        self.known: dict[CalibrationKey, Calibration] = {}

    async def learn(self, key: CalibrationKey, change: Callable[[Calibration], Calibration]) -> Calibration:
        self.known[key] = change(self.known.get(key, Calibration()))
        return self.known[key]

    async def changed(self, since: datetime | None) -> Changed:
        return Changed(dict(self.known), since)

    async def read(self, model_ids: object) -> dict[str, ModelProfile]:  # noqa: ARG002 - all of them, whoever asks
        return PROFILES


def spoken(rng: random.Random, least: int, most: int) -> str:
    length = rng.randint(least, most)
    if rng.random() < 0.2:
        return "".join(rng.choice(HAN) for _ in range(length))
    return " ".join(rng.choice(WORDS) for _ in range(length)) + "."


async def test_no_request_of_a_long_room_is_too_long_and_estimates_are_what_is_reported() -> None:
    rng, source, counter = random.Random(4), InMemory(), TokenCounter()  # noqa: S311 - a fixed discussion, no secret
    rates = Calibrations(source, source, ContextMetrics(CollectorRegistry()), refresh_seconds=1)
    fitter, scribe = Fitter(counter, NothingStored(), rates), Scribe(tuple(MODELS), models=tuple(MODELS))
    view, read = RoomView(Room(scribe.session_id, scribe.epoch, 0)), 0
    errors: dict[str, list[float]] = {name: [] for name in MODELS}
    cut = dict.fromkeys(MODELS, 0)
    for _ in range(ROUNDS):
        scribe.say(spoken(rng, 5, 40))
        steps = await steps_of(scribe.entries[read:], counter)
        view, read = view.later(applied(view.room, steps), appended_by(steps, view.room)), len(scribe.entries)
        end = view.transcript("main").end(scribe.cut())
        for rank, (name, (window, rule)) in enumerate(MODELS.items()):
            fitted = await fitter.fit(
                view, view.room.seats[scribe.id(name)], PROFILES[name], leaf="main", end=end, closing=True
            )
            reported = rule.tokens(messages_of(fitted))
            assert reported <= maximum(PROFILES[name]) < window
            errors[name].append(abs(fitted.fit.used / reported - 1))
            cut[name] += fitted.fit.kept < end
            await rates.take(
                UsageMetered(
                    session_id=scribe.session_id,
                    turn_id=TurnId(new_id()),
                    participant_id=scribe.id(name),
                    attempt=1,
                    call=1,
                    call_id=CallId(new_id()),
                    payer=scribe.owner,
                    provider="demo",
                    model_id=name,
                    key_id=None,
                    usage=Usage(tokens_input=reported, tokens_output=1),
                    cost=Decimal(0),
                    outcome="completed",
                    started_at=START,
                    first_token_seconds=0.1,
                    duration_seconds=1.0,
                    prompt=fitted.count,
                )
            )
            scribe.reply(name, spoken(rng, 30, 90), rank=rank)
    for name, missed in errors.items():
        assert max(missed[LEARNED:]) <= 0.02, f"{name}: {max(missed[LEARNED:]):.3f}"
    assert cut["Moth"] > ROUNDS / 2
    assert cut["Ember"] > 0
