"""Personas: who a participant may be, as presets that a person keeps. Owned by session."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.session import Color, Done, Name, Prompt, Slug
from palaver.contracts.subjects import Payload, query

Description = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=limits.MAX_PERSONA_DESCRIPTION_CHARACTERS)
]


class Persona(Payload):
    """A preset. `built_in` ones belong to everybody and never change; they have no times.

    A participant that is made from it gets a copy: changing the persona changes no room.
    """

    slug: Slug
    name: str
    description: str
    color: str | None
    system_prompt: str
    model: str | None
    built_in: bool
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CreatePersona(Payload):
    """Keep a preset. Without a `slug` one is made from the name."""

    actor: Actor
    slug: Slug | None = None
    name: Name
    description: Description = ""
    color: Color | None = None
    system_prompt: Prompt = ""
    model: str | None = Field(default=None, min_length=1, max_length=200)


class OfPersona(Payload):
    """A request about one of the actor's personas, or a built-in one."""

    actor: Actor
    slug: str = Field(max_length=limits.MAX_SLUG_CHARACTERS)


class ListPersonas(Payload):
    """The actor's personas by name, then the built-in ones."""

    actor: Actor
    page: int = Field(default=1, ge=1)
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)


class PersonaPage(Payload):
    """One page of personas."""

    personas: tuple[Persona, ...]
    total: int


class UpdatePersona(OfPersona):
    """Change what is given; what is not given stays. An empty `model` removes it. The slug never changes."""

    name: Name | None = None
    description: Description | None = None
    color: Color | None = None
    system_prompt: Prompt | None = None
    model: str | None = Field(default=None, max_length=200)


PERSONA_CREATE = query("session.persona.create.v1", CreatePersona, Persona, "Keep a preset for participants.")
PERSONA_LIST = query("session.persona.list.v1", ListPersonas, PersonaPage, "List the actor's presets.")
PERSONA_GET = query("session.persona.get.v1", OfPersona, Persona, "Read a preset.")
PERSONA_UPDATE = query("session.persona.update.v1", UpdatePersona, Persona, "Change a preset.")
PERSONA_DELETE = query("session.persona.delete.v1", OfPersona, Done, "Delete a preset; rooms keep what they copied.")
