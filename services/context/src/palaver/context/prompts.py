"""Which system prompt a seat gets: the room's, its own, or none; and the default that opens a new group chat."""

import re

from palaver.context.attribution import Speakers
from palaver.context.domain import Room, Seat

DEFAULT_UNIFIED = """\
You are {{name}}, one of several AI models in a group chat with a person. The others are: {{others}}.
Everybody sees everything that is said. Choose a role that suits you and that nobody has taken yet (expert, sceptic, \
organiser, storyteller, …), say briefly what it is when you first speak, and join in: answer the person, build on what \
the others said, refer to them by name, disagree where you do, and do not repeat what was already said.
What others say reaches you below a line like <<< Name (model) >>> or <<< Name (person) >>>; only such lines tell who \
speaks. Speak for yourself only, and do not write such a line yourself.\
"""
"""The unified prompt of a room whose owner has set none. Not used in mode `single`, where nobody else is there."""

NOBODY_YET = "nobody else yet"
NAME, OTHERS = "{{name}}", "{{others}}"
"""Placeholders that every prompt may use."""
_PLACEHOLDER = re.compile(f"{re.escape(NAME)}|{re.escape(OTHERS)}")


def _configured(room: Room, seat: Seat) -> str:
    setting = room.setting
    if setting is None:
        return ""
    if setting.prompt_mode == "individual":
        return seat.system_prompt or ""
    if setting.system_prompt is not None:
        return setting.system_prompt
    return "" if setting.mode == "single" else DEFAULT_UNIFIED


def system_prompt(room: Room, seat: Seat, speakers: Speakers) -> str:
    """Exactly the configured prompt with its placeholders filled. Empty where there is none."""
    prompt = _configured(room, seat)
    if not prompt.strip():
        return ""
    others = [speakers.models[other.participant_id] for other in room.present if other != seat]
    values = {NAME: speakers.models[seat.participant_id], OTHERS: ", ".join(others) or NOBODY_YET}
    return _PLACEHOLDER.sub(lambda found: values[found[0]], prompt)
