"""What a call cost whose worker died, as far as can be known. Pure; an estimate until the real fact comes."""

from decimal import Decimal

from palaver.analytics.domain import Fact, Held
from palaver.contracts.model_router import ModelCard
from palaver.contracts.session import AttemptLost, OpenCall

PRICE_UNIT = Decimal(1_000)
"""Prices are per so many tokens."""
UNKNOWN_PROVIDER = "unknown"


def estimate(lost: AttemptLost, call: OpenCall, card: ModelCard | None) -> Fact:
    """A fact for the open call of a lost attempt. A model that is no longer in the catalogue has no price: cost 0."""
    cost = Decimal(0)
    if card is not None:
        cost = (call.tokens_input * card.input_price + lost.tokens_output * card.output_price) / PRICE_UNIT
    return Fact(
        turn_id=lost.turn_id,
        attempt=lost.attempt,
        call=call.call,
        payer=lost.payer,
        session_id=lost.session_id,
        participant_id=lost.participant_id,
        provider=card.provider if card else UNKNOWN_PROVIDER,
        model_id=call.model,
        key_id=call.key_id,
        tokens_input=call.tokens_input,
        tokens_output=lost.tokens_output,
        tokens_cached=0,
        cost=cost,
        estimated=True,
        outcome="lost",
        started_at=lost.at,
    )


def estimate_of_side_job(held: Held) -> Fact | None:
    """A fact for the call that a lost delivery of a side job was about to make: its prompt, and nothing of an answer
    of which nothing is known. None for a turn: session tells of its lost calls.
    """
    demand, call = held.demand, held.demand.open_call
    if call is None:
        return None
    return Fact(
        turn_id=demand.work_id,
        attempt=demand.attempt,
        call=call.call,
        payer=demand.payer,
        session_id=demand.session_id,
        participant_id=None,
        provider=call.provider,
        model_id=demand.model_id,
        key_id=call.key_id,
        tokens_input=call.prompt_tokens,
        tokens_output=0,
        tokens_cached=0,
        cost=call.prompt_cost,
        estimated=True,
        outcome="lost",
        started_at=held.since,
        purpose=demand.purpose,
    )
