# ruff: noqa: RUF001, SIM905 - Chinese punctuation is meant; the words as a literal list would be eighty lines
"""What the simulated models say: sentences of a persona's own, about the question, quoting who spoke before. Pure."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from palaver.simulator.conversation import Conversation, Utterance, is_cjk

_MAX_QUOTE_CHARACTERS = 60
_MAX_QUOTED = 2
_MAX_TOPIC_CHARACTERS = 24
_MAX_TOPIC_WORDS = 4
_RECALL_CHANCE = 0.5
_STOP_WORDS = frozenset(
    "a about all am an and any are as at be best better but by can could did do does each every find first for from get"
    " give go had has have how i if in into is it its just know let like make makes may me more most my need no not of"
    " on one or our please really say see sentence should so some tell than that the their them then there these they"
    " think this to try us use very want was we were what when where which who why will with word words would you"
    " your".split()
)
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？]?")
_WORD_OR_MARK = re.compile(r"[\w'-]+|[^\w\s]")
_CHINESE_FILLER = re.compile(
    r"^(?:请问|请|大家|你们|我们|怎么看|如何看待|关于|对于|觉得|认为)+|[吗呢吧啊？?。！!，,\s]+$"
)


class Voice(msgspec.Struct, frozen=True):
    """One persona in one language."""

    openings: tuple[str, ...]
    reactions: tuple[str, ...]
    recalls: tuple[str, ...]
    thoughts: tuple[str, ...]
    closings: tuple[str, ...]


class Persona(msgspec.Struct, frozen=True):
    """One character. `ideas` is how many thoughts an answer holds."""

    ideas: int
    en: Voice
    zh: Voice


@cache
def _personas() -> Mapping[str, Persona]:
    text = files("palaver.simulator").joinpath("personas.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Persona])


def answer(persona: str | None, conversation: Conversation, rng: random.Random) -> str:
    """What the persona says next; without a persona the newest words are echoed."""
    if persona is None:
        return conversation.utterances[-1].text if conversation.utterances else ""
    character = _personas()[persona]
    question = conversation.question.text
    chinese = is_cjk(question)
    voice = character.zh if chinese else character.en
    topic = _chinese_topic(question) if chinese else _english_topic(question)

    sentences = [rng.choice(voice.openings)]
    sentences += _reactions(voice, conversation.others, rng)
    if conversation.own_last is not None and rng.random() < _RECALL_CHANCE:
        sentences.append(rng.choice(voice.recalls).replace("{own}", _quote(conversation.own_last.text)))
    sentences += rng.sample(voice.thoughts, k=min(character.ideas, len(voice.thoughts)))
    sentences.append(rng.choice(voice.closings))
    return ("" if chinese else " ").join(_capitalised(s.replace("{topic}", topic)) for s in sentences)


def title(conversation: Conversation) -> str:
    """What the question is about, in a few words."""
    question = conversation.question.text
    return _chinese_topic(question) if is_cjk(question) else _capitalised(_english_topic(question))


def _reactions(voice: Voice, others: Sequence[Utterance], rng: random.Random) -> list[str]:
    chosen = rng.sample(others, k=min(_MAX_QUOTED, len(others)))
    templates = rng.sample(voice.reactions, k=len(voice.reactions))
    return [
        template.replace("{name}", other.speaker or "").replace("{quote}", _quote(other.text))
        for template, other in zip(templates, chosen, strict=False)
    ]


def _quote(text: str) -> str:
    sentence = next((s.strip() for s in _SENTENCE.findall(text) if s.strip()), "").rstrip(".。!！?？:：")
    if len(sentence) <= _MAX_QUOTE_CHARACTERS:
        return sentence
    kept = sentence[:_MAX_QUOTE_CHARACTERS]
    return (kept if is_cjk(kept) else kept.rpartition(" ")[0] or kept).rstrip(" ,;:") + "…"


def _capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _english_topic(question: str) -> str:
    """The longest run of words that mean something by themselves; of equally long ones the last."""
    runs: list[list[str]] = [[]]
    for word in _WORD_OR_MARK.findall(question):
        if word.lower() in _STOP_WORDS or not word[0].isalnum():
            runs.append([])
        else:
            runs[-1].append(word)
    return " ".join(max(reversed(runs), key=len)[:_MAX_TOPIC_WORDS]) or "this"


def _chinese_topic(question: str) -> str:
    return _CHINESE_FILLER.sub("", question.strip())[:_MAX_TOPIC_CHARACTERS] or "这个问题"
