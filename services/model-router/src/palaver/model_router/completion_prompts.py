"""What a side job's model is sent, and whether it fits. Pure."""

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.model_router import RunCompletion, WindowMessage
from palaver.model_router.cost import estimate_tokens
from palaver.model_router.domain import Model, Prompt

SEPARATOR = "\n\n"


def shaped(order: RunCompletion, model: Model) -> tuple[WindowMessage, ...]:
    """The messages as the model's grammar wants them. The order keeps to what every grammar allows, but for the place
    of the instructions.
    """
    if not order.system:
        return order.messages
    if model.grammar.system == "none":
        first, *others = order.messages
        return (WindowMessage(role="user", text=order.system + SEPARATOR + first.text), *others)
    return (WindowMessage(role="system", text=order.system), *order.messages)


def answer_tokens(order: RunCompletion, model: Model) -> int:
    """How long the answer may become: as ordered, but not longer than this model's longest."""
    return min(order.max_output_tokens, model.max_output)


def prompt_of(order: RunCompletion, model: Model) -> Prompt:
    """The request's tokens: as the asker counted them, else estimated.

    Raises Failure(CONTEXT_OVERFLOW) where request and answer do not fit the model's window.
    """
    tokens = order.prompt_tokens
    if tokens is None:
        texts = [message.text for message in shaped(order, model)]
        tokens = sum(estimate_tokens(text) + model.message_overhead for text in texts)
    answer = answer_tokens(order, model)
    if tokens + answer > model.window:
        why = (
            f"The side job does not fit the model's window: {tokens} tokens and {answer} for the answer, "
            f"of {model.window}."
        )
        raise Failure(ErrorCode.CONTEXT_OVERFLOW, why)
    return Prompt(tokens)
