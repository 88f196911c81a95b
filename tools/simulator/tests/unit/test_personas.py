# ruff: noqa: RUF001, S311 - Chinese punctuation is meant; seeds, not secrets
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.simulator import models, personas, tokens
from palaver.simulator.conversation import Said, is_cjk, read, title_is_wanted

ROOM = read([Said("user", "[You]\nHow should we brew green tea?\n\n[Sage]\nNever with boiling water. Trust me.")])
NAMED = [m for m in models.MODELS if m.persona is not None]


@pytest.mark.parametrize("model", NAMED, ids=lambda m: m.id)
def test_every_persona_quotes_who_spoke_before_by_name(model: models.SimulatedModel) -> None:
    text = personas.answer(model.persona, ROOM, random.Random(1))
    assert "Sage" in text
    assert "Never with boiling water" in text


@pytest.mark.parametrize("model", NAMED, ids=lambda m: m.id)
def test_every_persona_answers_in_the_language_of_the_question(model: models.SimulatedModel) -> None:
    chinese = read([Said("user", "[小明]\n大家怎么看绿茶的水温？")])
    assert is_cjk(personas.answer(model.persona, chinese, random.Random(1)))
    assert not is_cjk(personas.answer(model.persona, ROOM, random.Random(1)))


@pytest.mark.parametrize("model", NAMED, ids=lambda m: m.id)
def test_every_persona_speaks_of_what_the_question_is_about_in_whole_sentences(model: models.SimulatedModel) -> None:
    question = read([Said("user", "[You]\nHow do we find a good name for an old sailing boat?")])
    said = [personas.answer(model.persona, question, random.Random(seed)) for seed in range(20)]
    assert any("old sailing boat" in text for text in said)
    assert all(text[0].isupper() and ". old" not in text for text in said)


def test_who_is_told_to_write_a_title_is_recognised() -> None:
    assert title_is_wanted([Said("system", "Be brief. Write a title for this."), Said("user", "Hello")])
    assert not title_is_wanted([Said("system", "Be brief."), Said("user", "Write a title for this.")])


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do we find a good name for an old sailing boat?", "Old sailing boat"),
        ("大家怎么看绿茶的水温？", "绿茶的水温"),
    ],
)
def test_a_title_says_what_the_question_is_about(question: str, title: str) -> None:
    assert personas.title(read([Said("user", question)])) == title


def test_a_long_quote_ends_with_a_whole_word() -> None:
    long = "Never with boiling water, as it scalds the leaves and makes whatsoever you brew bitter."
    room = read([Said("user", f"[You]\nHow?\n\n[Sage]\n{long}")])
    assert "scalds the leaves and makes…”" in personas.answer("swift", room, random.Random(1))


@pytest.mark.parametrize("model", NAMED, ids=lambda m: m.id)
def test_no_placeholder_is_left_in_any_answer(model: models.SimulatedModel) -> None:
    conversation = read(
        [Said("user", "[You]\nhi"), Said("assistant", "Hello."), Said("user", "[Sage]\nYes.\n[You]\ngo")]
    )
    for seed in range(50):
        assert "{" not in personas.answer(model.persona, conversation, random.Random(seed))


def test_without_a_persona_the_newest_words_are_echoed() -> None:
    assert personas.answer(None, ROOM, random.Random(1)) == "Never with boiling water. Trust me."


@given(st.text(max_size=300))
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    assert "".join(tokens.split(text)) == text


def test_models_count_the_same_prompt_differently() -> None:
    prompt = [Said("user", "hello world " * 100), Said("user", "你好" * 50)]
    assert len({tokens.count_prompt(prompt, m.counting) for m in NAMED}) > 3


def test_each_wire_format_has_a_fast_a_medium_a_slow_and_an_echoing_model() -> None:
    for protocol in ("openai", "anthropic"):
        rates = [m.pace.tokens_per_second for m in models.of(protocol) if m.persona]
        assert len(set(rates)) == len(rates) >= 3
        assert any(m.persona is None for m in models.of(protocol))
