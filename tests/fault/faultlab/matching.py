"""Which of these may be which of those: as many pairs as there can be. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def pairs(ones: Sequence[A], others: Sequence[B], may_be: Callable[[A, B], bool]) -> dict[int, int]:
    """Place in `ones` → place in `others`. Who comes earlier in `ones` is never left out for somebody who comes later.

    Kuhn's algorithm: one after the other finds a partner, by making others change theirs where that helps.
    """
    choices = [[place for place, other in enumerate(others) if may_be(one, other)] for one in ones]
    taken: dict[int, int] = {}

    def found(one: int, asked: set[int]) -> bool:
        for place in choices[one]:
            if place not in asked:
                asked.add(place)
                if place not in taken or found(taken[place], asked):
                    taken[place] = one
                    return True
        return False

    for one in range(len(ones)):
        found(one, set())
    return {one: place for place, one in taken.items()}
