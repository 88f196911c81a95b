"""How a person wants Palaver to look and to behave, wherever they sign in. Small, typed, and without secrets."""

from typing import Literal

from palaver.contracts.actors import Actor
from palaver.contracts.passwords import Language
from palaver.contracts.subjects import Payload, query


class Preferences(Payload):
    """What a person set. None leaves it to their device."""

    language: Language | None = None
    theme: Literal["light", "dark"] | None = None
    font_size: Literal["small", "medium", "large"] = "medium"
    send_key: Literal["enter", "mod-enter"] = "enter"
    """`mod-enter` is Ctrl or Cmd with Enter; Enter alone is then a new line."""
    room_view: Literal["transcript", "columns"] = "transcript"
    """`columns` has the answers of a room side by side, a column for each member."""


class ReadPreferences(Payload):
    """The actor's own."""

    actor: Actor


class SetPreferences(Payload):
    """All of them, in the place of those before."""

    actor: Actor
    preferences: Preferences


PREFERENCES_GET = query("identity.preferences.get.v1", ReadPreferences, Preferences, "The actor's settings.")
PREFERENCES_SET = query("identity.preferences.set.v1", SetPreferences, Preferences, "Replace the actor's settings.")
