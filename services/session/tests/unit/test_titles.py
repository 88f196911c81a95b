"""What of a model's answer becomes a room's title."""

import pytest

from palaver.contracts import limits
from palaver.session.titles import MAX_READ_CHARACTERS, question, title_of

ANSWERS = [
    ("Boats in winter", "Boats in winter"),
    ('"Boats in winter."', "Boats in winter"),
    ("**Title: Boats in winter**", "Boats in winter"),
    ("# Boats in winter\n\nA conversation about boats.", "Boats in winter"),
    ("\n\n  Boats \t in winter  \n", "Boats in winter"),
    ("《冬天的船》", "冬天的船"),
    ("标题：冬天的船。", "冬天的船"),  # noqa: RUF001 - as a model writes it
    ("Is tea good?", "Is tea good?"),
    ("Bo\u202eats\u200b in\x07 winter", "Bo ats in winter"),
    ("C# and F#: a comparison", "C# and F#: a comparison"),
    ("", ""),
    ('""\n***', ""),
    ("Title:", ""),
]


@pytest.mark.parametrize(("answer", "title"), ANSWERS)
def test_a_title_is_one_visible_line_without_what_models_put_around_it(answer: str, title: str) -> None:
    assert title_of(answer) == title


def test_a_talkative_models_title_is_cut() -> None:
    assert 0 < len(title_of("word " * 500)) <= limits.MAX_NAME_CHARACTERS


def test_a_long_message_is_read_at_its_beginning() -> None:
    assert question("  " + "a" * 5_000) == "a" * MAX_READ_CHARACTERS
    assert question(" \n ") == ""
