"""A window: one participant's request, provider-neutral and shaped by the facts about its model's grammar. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from palaver.context.attribution import MARKS, OWN_MARK
from palaver.context.domain import Entry
from palaver.context.fit import Fit
from palaver.context.transcript import Transcript
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
    turns: list[tuple[bool, list[str]]] = []
    if request.grammar.system == "none" and request.system:
        _add(turns, own=False, text=request.system)
    lines = [transcript.lines[i] for i in fitted.indices]
    if not turns and opens_with_own(request, [line.entry for line in lines]):
        _add(turns, own=False, text=OPENING)
    for line in lines:
        own = line.entry.participant_id == request.participant_id
        _add(turns, own=own, text=own_text(line.entry) if own else line.header + line.quoted)
    if request.closing:
        _add(turns, own=False, text=CLOSING)
    messages = (WindowMessage(role="assistant" if own else "user", text=SEAM.join(texts)) for own, texts in turns)
    if request.system and request.grammar.system != "none":
        return (WindowMessage(role="system", text=request.system), *messages)
    return tuple(messages)


def opens_with_own(request: Request, entries: Sequence[Entry]) -> bool:
    """Whether the first of the entries is the participant's own and must not be."""
    return bool(entries) and request.grammar.starts_with_user and entries[0].participant_id == request.participant_id


def _add(turns: list[tuple[bool, list[str]]], *, own: bool, text: str) -> None:
    if turns and turns[-1][0] == own:
        turns[-1][1].append(text)
    else:
        turns.append((own, [text]))
