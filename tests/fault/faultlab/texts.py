"""What models are made to say: no two answers begin alike, and a part of one is not found in another. Pure."""

import random

ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "春夏秋冬风花雪月山水云雨茶酒诗书琴棋画梅兰竹菊",
    "🍵🌊🦉🪁🧭🎐🪷🐢",
    "αβγδεζηθικλμνξοπρστυφχψω",
)
"""Latin, Chinese, emoji outside the basic plane (two UTF-16 units, one code point), Greek."""
WORD_LETTERS = (2, 7)
CHINESE = 1
"""The simulator cuts Chinese into pieces of at most two characters."""


def answer(mark: str, pieces: int) -> str:
    """About so many streamed pieces of text that begins with `mark` and goes on in words that carry their number.

    The mark decides it all.
    """
    rng = random.Random(mark)  # noqa: S311 - repeatable, not secret
    alphabet = rng.choice(ALPHABETS)
    words = [f"⟪{mark}⟫"]
    for number in range(1, pieces):
        letters = "".join(rng.choices(alphabet, k=rng.randint(*WORD_LETTERS)))
        words.append(f"{letters[:2] if alphabet is ALPHABETS[CHINESE] else letters}{number}")
    return " ".join(words)
