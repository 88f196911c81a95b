"""From a request to its whole answer and its timetable, before a byte goes out. Pure: the seed decides."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import msgspec

from palaver.simulator import conversation, personas, tokens
from palaver.simulator.faults import Script
from palaver.simulator.models import Pace
from palaver.simulator.wire import ChatRequest, FinishReason, Reply, Wire

_GAP_JITTER = (0.6, 1.4)
"""A gap between tokens is the mean gap times something in this range: real providers do not tick."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """When each piece is due, in seconds after the request."""

    first_seconds: float
    gap_seconds: float
    seed: str
    burst: int = 1

    def due(self) -> Iterator[float]:
        """The times of the first, second, … piece, without end."""
        rng = random.Random(self.seed)  # noqa: S311 - pacing, not secrecy
        at = self.first_seconds
        while True:
            yield from repeat(at, self.burst)
            at += self.burst * self.gap_seconds * rng.uniform(*_GAP_JITTER)


def entropy_of(seed: int, request: ChatRequest, number: int) -> str:
    """32 hex digits. `number` tells apart requests that are the same (0 for what must repeat, e.g. the text)."""
    material = msgspec.json.encode((seed, number, request.model.id, [(s.role, s.text) for s in request.said]))
    return hashlib.blake2b(material, digest_size=16).hexdigest()


def compose(wire: Wire, request: ChatRequest, script: Script | None, *, seed: int, number: int, created: int) -> Reply:
    """The whole answer; cut at a stop sequence, at `max_tokens` and at the window's end."""
    rng = random.Random(entropy_of(seed, request, 0))  # noqa: S311 - a seeded personality, not secrecy
    text = _text(request, rng) if script is None else script.text
    for sequence in request.stop:
        text = text.split(sequence, 1)[0]
    tokens_input = tokens.count_prompt(request.said, request.model.counting)
    pieces = tokens.split(text)
    room = min(request.max_tokens, request.model.window - tokens_input)
    finish: FinishReason = "length" if len(pieces) > room else "stop"
    kept = tuple(pieces[:room])
    return Reply(
        id=wire.reply_id(entropy_of(seed, request, number)),
        created=created,
        model_id=request.model.id,
        pieces=kept,
        finish_reason=finish,
        tokens_input=tokens_input,
        tokens_output=max(1, len(kept)),
        include_usage=request.include_usage,
        stamped=script is not None and script.stamped,
    )


def _text(request: ChatRequest, rng: random.Random) -> str:
    heard = conversation.read(request.said)
    if request.model.persona is not None and conversation.title_is_wanted(request.said):
        return personas.title(heard)
    return personas.answer(request.model.persona, heard, rng)


def timetable(pace: Pace, script: Script | None, *, speed: float, seed: str) -> Timetable:
    """The model's pace divided by `speed`; what a script says counts as it is."""
    first, gap = pace.first_token_seconds / speed, 1.0 / (pace.tokens_per_second * speed)
    if script is not None and script.first_token_seconds is not None:
        first = script.first_token_seconds
    if script is not None and script.tokens_per_second is not None:
        gap = 1.0 / script.tokens_per_second
    return Timetable(first, gap, seed, 1 if script is None else script.burst)
