"""A window: one participant's request, provider-neutral and shaped by the facts about its model's grammar. Pure."""

from dataclasses import dataclass

from palaver.context.fit import Fit
from palaver.context.reading import Messages, Reading
from palaver.contracts.ids import ParticipantId
from palaver.contracts.model_router import Grammar

OPENING = "[The conversation began earlier.]"
"""Stands before a participant's own words where a request may not begin with them."""
CLOSING = "[You have the floor. Go on.]"
"""Gives the floor to a participant that spoke last itself, or that speaks first of all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be shaped: the system prompt, the note and the summary (all may be empty), and whose request it is."""

    system: str
    participant_id: ParticipantId
    grammar: Grammar
    closing: bool
    note: str = ""
    summary: str = ""


def shaped(request: Request, reading: Reading, fitted: Fit) -> Messages:
    """The messages: system prompt where the grammar wants it, note and summary before all lines, roles merged, a user's
    turn at the end.
    """
    messages = Messages()
    if request.system:
        messages.say("user" if request.grammar.system == "none" else "system", request.system)
    if request.note:
        messages.say("user", request.note)
    if request.summary:
        messages.say("user", request.summary)
    first = next(iter((*fitted.pins, *range(fitted.start, fitted.end)[:1])), None)
    if request.grammar.starts_with_user and not messages.ends_with_user and first is not None and reading.own(first):
        messages.say("user", OPENING)
    for pin in fitted.pins:
        messages.read(reading, pin, pin + 1)
    messages.read(reading, fitted.start, fitted.end)
    if request.closing:
        messages.say("user", CLOSING)
    return messages
