"""What a call costs, and what it may cost at most. Pure; money is `Decimal` US dollars, prices are per 1,000 tokens."""

import math
from decimal import Decimal

from palaver.contracts.session_log import Usage
from palaver.model_router.domain import CallFact, Model, Price

_PER = Decimal(1_000)
_BYTES_PER_TOKEN = 4
"""UTF-8 bytes in a token, roughly: right for English, and for Chinese within a quarter (3 bytes a character, 0.7 tokens
with o200k_base)."""


def cost_of(usage: Usage, price: Price, *, tokens_written: int = 0) -> Decimal:
    """The price of a call's tokens; `tokens_written` of the input went into the provider's cache."""
    cached = min(usage.tokens_cached, usage.tokens_input)
    written = min(tokens_written, usage.tokens_input - cached)
    fresh = usage.tokens_input - cached - written
    prompt = fresh * price.input + cached * price.cached_input + written * price.cache_write
    return (prompt + usage.tokens_output * price.output) / _PER


def ceiling(model: Model, prompt_tokens: int, answer_tokens: int) -> Decimal:
    """The most that one call can cost: the prompt as counted, all of it cached anew, and the longest answer."""
    dearest = max(model.price.input, model.price.cache_write)
    return (prompt_tokens * dearest + answer_tokens * model.price.output) / _PER


def estimate_tokens(text: str) -> int:
    """Tokens of a text whose provider did not count them."""
    return math.ceil(len(text.encode()) / _BYTES_PER_TOKEN)


def usage_of(fact: CallFact) -> Usage:
    """The call's tokens: as reported, else estimated and flagged, never silently zero. A refused call used none."""
    report = fact.usage
    if fact.refused:
        return Usage(tokens_input=0, tokens_output=0)
    # A count given in mid-stream is not the final one: Anthropic's first event says `output_tokens: 1`.
    final = fact.outcome == "completed" and report.tokens_output is not None
    tokens_output = report.tokens_output if final else None
    return Usage(
        tokens_input=fact.prompt.tokens if report.tokens_input is None else report.tokens_input,
        tokens_output=estimate_tokens(fact.text) if tokens_output is None else tokens_output,
        tokens_cached=report.tokens_cached or 0,
        estimated=report.tokens_input is None or tokens_output is None,
    )
