"""People and sign-ins, for owners and administrators. Identity decides who that is."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from palaver.contracts import limits
from palaver.contracts.actors import Role
from palaver.contracts.administration import (
    MAX_SEARCH_CHARACTERS,
    PEOPLE_LIST,
    PERSON_CHANGE,
    PERSON_DELETE,
    PERSON_GET,
    SECOND_FACTOR_RESET,
    SIGN_INS_END,
    SIGN_INS_LIST,
    ChangePerson,
    EndAnySignIn,
    ListAllSignIns,
    ListPeople,
    OfPerson,
    PersonView,
    SignInRecord,
    Standing,
)
from palaver.contracts.ids import SignInId, UserId
from palaver.gateway.api.envelope import Envelope, Page, PageMeta, done
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/admin", tags=["admin"])

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=limits.MAX_PAGE)]
Search = Annotated[str | None, Query(max_length=MAX_SEARCH_CHARACTERS, description="Part of a nickname or an address.")]


class PersonBody(BaseModel):
    """What is given is changed. Who is suspended is signed out everywhere, and what runs for them stops."""

    role: Role | None = None
    status: Standing | None = None


@router.get("/users")
async def list_users(  # noqa: PLR0917 - one parameter of the query each
    who: Authenticated,
    around: Around,
    q: Search = None,
    role: Role | None = None,
    status: Standing | None = None,
    page: PageNumber = 1,
    limit: PageSize = limits.DEFAULT_PAGE,
) -> Page[list[PersonView]]:
    """Everybody who has an account, the newest first."""
    request = ListPeople(actor=who.actor, q=q, role=role, status=status, limit=limit, offset=(page - 1) * limit)
    answer = await around.broker.ask(PEOPLE_LIST, request)
    return Page(data=list(answer.people), meta=PageMeta(page=page, limit=limit, total=answer.total))


@router.get("/users/{user_id}")
async def read_user(user_id: Id, who: Authenticated, around: Around) -> Envelope[PersonView]:
    """One person."""
    return Envelope(data=await around.broker.ask(PERSON_GET, OfPerson(actor=who.actor, user_id=UserId(user_id))))


@router.put("/users/{user_id}")
async def change_user(user_id: Id, body: PersonBody, who: Authenticated, around: Around) -> Envelope[PersonView]:
    """Give another role, suspend or reactivate. Only owners make owners or change one; the last owner stays one."""
    request = ChangePerson(actor=who.actor, user_id=UserId(user_id), role=body.role, status=body.status)
    return Envelope(data=await around.broker.ask(PERSON_CHANGE, request))


@router.delete("/users/{user_id}")
async def delete_user(user_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete somebody's account for good, with their rooms, messages, presets and keys."""
    await around.broker.ask(PERSON_DELETE, OfPerson(actor=who.actor, user_id=UserId(user_id)))
    return done()


@router.delete("/users/{user_id}/second-factor")
async def reset_second_factor(user_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Take the second factor of somebody who lost it; they are told by mail. Of an owner only another owner does."""
    await around.broker.ask(SECOND_FACTOR_RESET, OfPerson(actor=who.actor, user_id=UserId(user_id)))
    return done()


@router.get("/sign-ins")
async def list_sign_ins(
    who: Authenticated,
    around: Around,
    user_id: UserId | None = None,
    page: PageNumber = 1,
    limit: PageSize = limits.DEFAULT_PAGE,
) -> Page[list[SignInRecord]]:
    """Who is signed in, from where and with what; the last used first."""
    request = ListAllSignIns(actor=who.actor, user_id=user_id, limit=limit, offset=(page - 1) * limit)
    answer = await around.broker.ask(SIGN_INS_LIST, request)
    found = [entry.model_copy(update={"current": entry.id == who.person.sid}) for entry in answer.sign_ins]
    return Page(data=found, meta=PageMeta(page=page, limit=limit, total=answer.total))


@router.delete("/sign-ins/{sign_in_id}")
async def end_sign_in(sign_in_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Sign somebody out, wherever that is: the sign-in's connections are closed within a second."""
    await around.broker.ask(SIGN_INS_END, EndAnySignIn(actor=who.actor, sign_in_id=SignInId(sign_in_id)))
    return done()
