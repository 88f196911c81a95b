"""Personas: presets for participants. Built-in ones can be read and used by everybody and changed by nobody."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from palaver.contracts import limits
from palaver.contracts.personas import (
    PERSONA_CREATE,
    PERSONA_DELETE,
    PERSONA_GET,
    PERSONA_LIST,
    PERSONA_UPDATE,
    CreatePersona,
    Description,
    ListPersonas,
    OfPersona,
    Persona,
    UpdatePersona,
)
from palaver.contracts.session import Color, Name, Prompt, Slug
from palaver.gateway.api.envelope import Envelope, Page, PageMeta, done
from palaver.gateway.api.idempotency import IdempotentRoute
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/personas", tags=["personas"], route_class=IdempotentRoute)

PersonaSlug = Annotated[str, Path(min_length=1, max_length=limits.MAX_SLUG_CHARACTERS, examples=["sceptic"])]


class NewPersonaBody(BaseModel):
    """A preset. Without a `slug` one is made from the name; with a `model` it brings that model along."""

    slug: Slug | None = None
    name: Name
    description: Description = ""
    color: Color | None = None
    system_prompt: Prompt = ""
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class UpdatePersonaBody(BaseModel):
    """What is given is changed. An empty `model` removes it. The slug stays."""

    name: Name | None = None
    description: Description | None = None
    color: Color | None = None
    system_prompt: Prompt | None = None
    model: Annotated[str, Field(max_length=200)] | None = None


@router.get("")
@router.get("/", include_in_schema=False)
async def list_personas(
    who: Authenticated,
    around: Around,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE,
) -> Page[list[Persona]]:
    """Your personas by name, then the built-in ones."""
    answer = await around.broker.ask(PERSONA_LIST, ListPersonas(actor=who.actor, page=page, limit=limit))
    return Page(data=list(answer.personas), meta=PageMeta(page=page, limit=limit, total=answer.total))


@router.post("", status_code=201)
@router.post("/", status_code=201, include_in_schema=False)
async def create_persona(body: NewPersonaBody, who: Authenticated, around: Around) -> Envelope[Persona]:
    """Keep a preset for participants."""
    return Envelope(data=await around.broker.ask(PERSONA_CREATE, CreatePersona(actor=who.actor, **dict(body))))


@router.get("/{slug}")
async def read_persona(slug: PersonaSlug, who: Authenticated, around: Around) -> Envelope[Persona]:
    """One persona, of yours or built in."""
    return Envelope(data=await around.broker.ask(PERSONA_GET, OfPersona(actor=who.actor, slug=slug)))


@router.put("/{slug}")
async def update_persona(
    slug: PersonaSlug, body: UpdatePersonaBody, who: Authenticated, around: Around
) -> Envelope[Persona]:
    """Change a persona of yours. Participants made from it stay as they are."""
    request = UpdatePersona(actor=who.actor, slug=slug, **dict(body))
    return Envelope(data=await around.broker.ask(PERSONA_UPDATE, request))


@router.delete("/{slug}")
async def delete_persona(slug: PersonaSlug, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete a persona of yours. Participants made from it stay as they are."""
    await around.broker.ask(PERSONA_DELETE, OfPersona(actor=who.actor, slug=slug))
    return done()
