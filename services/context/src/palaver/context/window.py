"""A window: one participant's request, provider-neutral and shaped by the facts about its model's grammar. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from palaver.context.attribution import MARKS, OWN_MARK
from palaver.context.domain import Entry
from palaver.context.fit import Fit
from palaver.context.transcript import Line, Transcript
from palaver.contracts.context import WindowMessage
from palaver.contracts.ids import ParticipantId
from palaver.contracts.model_router import Grammar

SEAM = "\n\n"
"""Between neighbouring texts of one role, which become one message."""
OPENING = "[The conversation began earlier.]"
"""Stands before a participant's own words where a request may not begin with them."""
CLOSING = "[You have the floor. Go on.]"
"""Gives the floor to a participant that spoke last itself, or that speaks first of all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be shaped: the system prompt (may be empty), whose request it is, and which lines are kept."""

    system: str
    participant_id: ParticipantId
    grammar: Grammar
    closing: bool


def own_text(entry: Entry) -> str:
    """A participant's own words as it reads them again."""
    if entry.mark in MARKS:
        return entry.text + OWN_MARK.format(mark=MARKS[entry.mark])
    return entry.text


def shaped(request: Request, transcript: Transcript, fitted: Fit) -> tuple[WindowMessage, ...]:
    """The messages: system prompt where the grammar wants it, roles merged, a user's turn at the end."""
    me = request.participant_id
    lines = [transcript.lines[i] for i in fitted.indices]
    said = [
        (True, own_text(line.entry)) if line.entry.participant_id == me else (False, line.header + line.quoted)
        for line in lines
    ]
    if request.grammar.system == "none" and request.system:
        said.insert(0, (False, request.system))
    elif opens_with_own(request, lines):
        said.insert(0, (False, OPENING))
    if request.closing:
        said.append((False, CLOSING))
    messages = [
        WindowMessage(role="assistant" if own else "user", text=SEAM.join([text for _, text in turn]))
        for own, turn in groupby(said, key=itemgetter(0))
    ]
    if request.system and request.grammar.system != "none":
        return (WindowMessage(role="system", text=request.system), *messages)
    return tuple(messages)


def opens_with_own(request: Request, lines: Sequence[Line]) -> bool:
    """Whether the first of the lines is the participant's own and must not be."""
    must_not = request.grammar.starts_with_user
    return must_not and bool(lines) and lines[0].entry.participant_id == request.participant_id
