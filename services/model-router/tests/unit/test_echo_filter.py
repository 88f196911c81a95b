from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.model_router.echo import EchoFilter

PREFIXES = ("<<< Ada (model) >>>", "**Ada**:", "[Ada]:", "Ada:")


def shown(pieces: list[str], prefixes: tuple[str, ...] = PREFIXES) -> str:
    echo = EchoFilter(prefixes)
    return "".join(echo.feed(piece) for piece in pieces) + echo.end()


@pytest.mark.parametrize("prefix", PREFIXES)
def test_an_echoed_name_is_stripped_however_it_is_split(prefix: str) -> None:
    whole = f" \n{prefix}\n Tea is fine."
    assert shown([whole]) == "Tea is fine."
    assert shown(list(whole)) == "Tea is fine."


@pytest.mark.parametrize("text", ["Adam: no", "<<< Bob (model) >>> hi", "  indented", "A", "", "Ada", "Tea, Ada: tea"])
def test_anything_else_is_left_as_it_is(text: str) -> None:
    assert shown([text]) == text
    assert shown(list(text)) == text


def test_only_the_beginning_counts_and_only_once() -> None:
    assert shown(["Ada: Ada: yes"]) == "Ada: yes"


def test_an_answer_that_is_nothing_but_the_name_is_empty() -> None:
    assert not shown(["Ada:"])


def test_text_is_held_only_while_it_may_become_the_name() -> None:
    echo = EchoFilter(PREFIXES)
    assert [echo.feed(piece) for piece in ("A", "d", "o", "be")] == ["", "", "Ado", "be"]


def test_without_a_name_nothing_is_held() -> None:
    assert EchoFilter(()).feed("<") == "<"


@given(st.text(alphabet="Ad: <[*\n", max_size=30), st.lists(st.integers(0, 30), max_size=8))
def test_the_result_does_not_depend_on_how_the_text_arrives(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(cut for cut in cuts if cut <= len(text)), len(text)]
    assert shown([text[a:b] for a, b in pairwise(places)]) == shown([text])
