"""Personas: presets for participants, a person's own and a few built-in ones. What is made from one keeps a copy."""

import re
import tomllib
import unicodedata
from collections.abc import Container, Mapping
from functools import cache
from importlib.resources import files

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId
from palaver.contracts.personas import (
    CreatePersona,
    ListPersonas,
    OfPersona,
    Persona,
    PersonaPage,
    UpdatePersona,
)
from palaver.contracts.session import Done
from palaver.servicekit.database import Database
from palaver.session.domain import one_line, storable
from palaver.session.ports import Clock, Models
from palaver.session.prompts import check_own_prompt
from palaver.session.store import personas

_NO_SLUG = re.compile(r"[^a-z0-9]+")


@cache
def built_in() -> Mapping[str, Persona]:
    """Those of everybody, by slug."""
    facts = tomllib.loads(files("palaver.session").joinpath("personas.toml").read_text("utf-8"))["personas"]
    common = {"color": None, "model": None, "built_in": True}
    return {fact["slug"]: Persona.model_validate(common | fact) for fact in facts}


class Personas:
    """Keeps and finds them."""

    def __init__(self, database: Database, models: Models, clock: Clock, max_per_owner: int) -> None:
        self._database = database
        self._models = models
        self._clock = clock
        self._max_per_owner = max_per_owner

    # ---- reading -----------------------------------------------------------------------------------------------------
    async def one(self, owner: UserId, slug: str) -> Persona:
        """The person's own or a built-in one. Raises Failure(PERSONA_NOT_FOUND)."""
        async with self._database.read() as conn:
            found = await personas.read(conn, owner, slug) or built_in().get(slug)
        if found is None:
            raise _not_found(slug)
        return found

    async def get(self, request: OfPersona) -> Persona:
        """See `one`."""
        return await self.one(request.actor.user_id, request.slug)

    async def list(self, request: ListPersonas) -> PersonaPage:
        """The actor's by name, then the built-in ones."""
        owner, offset = request.actor.user_id, (request.page - 1) * request.limit
        async with self._database.read() as conn:
            taken = await personas.slugs(conn, owner)
            own = await personas.page(conn, owner, limit=request.limit, offset=offset)
        common = [persona for persona in built_in().values() if persona.slug not in taken]
        first = max(0, offset - len(taken))
        shown = (*own, *common[first : first + request.limit - len(own)])
        return PersonaPage(personas=shown, total=len(taken) + len(common))

    # ---- keeping -----------------------------------------------------------------------------------------------------
    async def create(self, request: CreatePersona) -> Persona:
        """Keep one. Raises Failure(VALIDATION_FAILED, MODEL_NOT_FOUND, CONFLICT, TOO_MANY_PERSONAS), Unavailable."""
        check_own_prompt(request.system_prompt)
        await self._check_model(request.model)
        now, owner = self._clock(), request.actor.user_id
        async with self._database.transaction() as conn:
            await personas.lock_owner(conn, owner)
            taken = await personas.slugs(conn, owner)
            maximum = self._max_per_owner
            if len(taken) >= maximum:
                raise Failure(ErrorCode.TOO_MANY_PERSONAS, f"You have {maximum} personas already.", maximum=maximum)
            persona = Persona(
                slug=_slug(request, taken | built_in().keys()),
                name=one_line(request.name),
                description=storable(request.description),
                color=request.color,
                system_prompt=storable(request.system_prompt),
                model=request.model,
                built_in=False,
                created_at=now,
                updated_at=now,
            )
            await personas.add(conn, owner, persona)
        return persona

    async def update(self, request: UpdatePersona) -> Persona:
        """Change what is given. Raises Failure(PERSONA_NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, MODEL_NOT_FOUND)."""
        check_own_prompt(request.system_prompt or "")
        await self._check_model(request.model or None)
        changes: dict[str, object] = {"updated_at": self._clock()}
        if request.name is not None:
            changes["name"] = one_line(request.name)
        if request.description is not None:
            changes["description"] = storable(request.description)
        if request.color is not None:
            changes["color"] = request.color
        if request.system_prompt is not None:
            changes["system_prompt"] = storable(request.system_prompt)
        if request.model is not None:
            changes["model"] = request.model or None
        async with self._database.transaction() as conn:
            changed = await personas.change(conn, request.actor.user_id, request.slug, changes)
        if changed is None:
            raise _not_yours(request.slug)
        return changed

    async def delete(self, request: OfPersona) -> Done:
        """Forget one. Raises Failure(PERSONA_NOT_FOUND, FORBIDDEN)."""
        async with self._database.transaction() as conn:
            if not await personas.remove(conn, request.actor.user_id, request.slug):
                raise _not_yours(request.slug)
        return Done()

    async def _check_model(self, model: str | None) -> None:
        if model is not None:
            await self._models.facts_of([model])


def _slug(request: CreatePersona, taken: Container[str]) -> str:
    if request.slug is not None:
        if request.slug in taken:
            raise Failure(ErrorCode.CONFLICT, f"There is a persona {request.slug!r} already.", slug=request.slug)
        return request.slug
    return new_slug(request.name, taken)


def new_slug(name: str, taken: Container[str]) -> str:
    """The name in plain letters and digits, `persona` where it has none, with a number behind it if that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = _NO_SLUG.sub("-", plain).strip("-")[: limits.MAX_SLUG_CHARACTERS].strip("-") or "persona"
    slug, number = base, 2
    while slug in taken:
        suffix = f"-{number}"
        slug = base[: limits.MAX_SLUG_CHARACTERS - len(suffix)].rstrip("-") + suffix
        number += 1
    return slug


def _not_found(slug: str) -> Failure:
    return Failure(ErrorCode.PERSONA_NOT_FOUND, f"There is no persona {slug!r}.", slug=slug)


def _not_yours(slug: str) -> Failure:
    if slug in built_in():
        return Failure(ErrorCode.FORBIDDEN, "A built-in persona cannot be changed; make one of your own from it.")
    return _not_found(slug)
