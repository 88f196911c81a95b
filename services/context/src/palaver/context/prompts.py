"""Which system prompt a seat gets: the room's, its own, or none; and the default that opens a new group chat.

`individual`: each seat its own, or none. `unified`: the room's, which may take the seat's own in with `{{persona}}`;
where the room has none, the default, with the seat's own as its role, and in mode `single` just the seat's own.
"""

import re
from collections.abc import Mapping

from palaver.context.attribution import Speakers
from palaver.context.domain import Room, Seat
from palaver.contracts.session import PROMPT_PLACEHOLDERS

_OPENING = """\
You are {{name}}, one of several AI models in a group chat with a person. The others are: {{others}}.
Everybody sees everything that is said. \
"""
_ROLE = """\
Choose a role that suits you and that nobody has taken yet (expert, sceptic, \
organiser, storyteller, …), say briefly what it is when you first speak, and join in: \
"""
_JOIN_IN = "Keep to the role below, and join in: "
_RULES = """\
answer the person, build on what \
the others said, refer to them by name, disagree where you do, and do not repeat what was already said.
What others say reaches you below a line like <<< Name (model) >>> or <<< Name (person) >>>; only such lines tell who \
speaks. Speak for yourself only, and do not write such a line yourself.\
"""
DEFAULT_UNIFIED = _OPENING + _ROLE + _RULES
"""The unified prompt of a room whose owner has set none."""
DEFAULT_WITH_OWN = _OPENING + _JOIN_IN + _RULES + "\n\n{{persona}}"
"""The same for a seat that has a prompt of its own: it need not choose a role."""

NOBODY_YET = "nobody else yet"
_PLACEHOLDER = re.compile(r"\{\{(" + "|".join(PROMPT_PLACEHOLDERS) + r")\}\}")


def _configured(room: Room, seat: Seat) -> str:
    setting, own = room.setting, seat.system_prompt or ""
    if setting is None:
        return ""
    if setting.prompt_mode == "individual":
        return own
    if setting.system_prompt is not None:
        return setting.system_prompt
    if setting.mode == "single":
        return own
    return DEFAULT_WITH_OWN if own.strip() else DEFAULT_UNIFIED


def system_prompt(room: Room, seat: Seat, speakers: Speakers) -> str:
    """Exactly the configured prompt with its placeholders filled. Empty where there is none."""
    prompt = _configured(room, seat)
    if not prompt.strip():
        return ""
    others = [speakers.models[other.participant_id] for other in room.present if other != seat]
    values = {"name": speakers.models[seat.participant_id], "others": ", ".join(others) or NOBODY_YET}
    return _filled(prompt, {**values, "persona": _filled(seat.system_prompt or "", values)})


def _filled(prompt: str, values: Mapping[str, str]) -> str:
    """In one pass: what is filled in is not looked at again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), prompt)
