"""What owners and administrators ask of identity: people, their sign-ins, the audit trail. Identity reads the role of
whoever asks where it is kept; the one in a token may be out of date."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from palaver.contracts import limits
from palaver.contracts.actors import Actor, Role
from palaver.contracts.identity import UserView
from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.operations import AuditRecorded
from palaver.contracts.session import Done
from palaver.contracts.sign_ins import SignInView
from palaver.contracts.subjects import Payload, event, query

Standing = Literal["active", "suspended"]
MAX_SEARCH_CHARACTERS = 200


class PersonView(UserView):
    """A person as administrators see them. `last_seen_at`: when one of their sign-ins was last renewed;
    `second_factor`: whether their password needs a second proof."""

    last_seen_at: datetime | None = None
    second_factor: bool = False


class ListPeople(Payload):
    """People, the newest first. `q` is searched in nicknames and e-mail addresses."""

    actor: Actor
    q: str | None = Field(default=None, max_length=MAX_SEARCH_CHARACTERS)
    role: Role | None = None
    status: Standing | None = None
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)
    offset: int = Field(default=0, ge=0)


class PeoplePage(Payload):
    """A page of them, and how many there are in all. Who left is not among them."""

    people: tuple[PersonView, ...]
    total: int


class OfPerson(Payload):
    """One person."""

    actor: Actor
    user_id: UserId


class ChangePerson(Payload):
    """Give another role, suspend, or reactivate; what is given is changed."""

    actor: Actor
    user_id: UserId
    role: Role | None = None
    status: Standing | None = None


class ListAllSignIns(Payload):
    """Sign-ins that go on, of everybody or of one person, the last used first."""

    actor: Actor
    user_id: UserId | None = None
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)
    offset: int = Field(default=0, ge=0)


class SignInRecord(SignInView):
    """A sign-in and whose it is."""

    user_id: UserId
    nickname: str


class SignInPage(Payload):
    """A page of them, and how many there are in all."""

    sign_ins: tuple[SignInRecord, ...]
    total: int


class EndAnySignIn(Payload):
    """Log a sign-in out, whosever it is."""

    actor: Actor
    sign_in_id: SignInId


class SearchAudit(Payload):
    """Audit entries, the newest first, that are all of what is given; `since` is included, `until` is not.

    `cursor` is the last page's `next_cursor`. An `export` is itself an entry.
    """

    actor: Actor
    by: UserId | None = None
    action: str | None = Field(default=None, max_length=100)
    target_kind: str | None = Field(default=None, max_length=100)
    target_id: str | None = Field(default=None, max_length=100)
    service: str | None = Field(default=None, max_length=100)
    sign_in: str | None = Field(default=None, max_length=100)
    outcome: Literal["done", "refused"] | None = None
    since: datetime | None = None
    until: datetime | None = None
    cursor: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=limits.DEFAULT_PAGE, ge=1, le=limits.MAX_PAGE)
    export: bool = False


class AuditEntry(AuditRecorded):
    """An entry, and the service that reported it."""

    service: str


class AuditSlice(Payload):
    """A part of the trail. No `next_cursor`: it was the last."""

    entries: tuple[AuditEntry, ...]
    next_cursor: str | None = None


class UserSuspended(Payload):
    """A person may do nothing any more, until they are reactivated: what runs for them stops."""

    user_id: UserId
    at: datetime


PEOPLE_LIST = query("identity.people.list.v1", ListPeople, PeoplePage, "People, for administrators.")
PERSON_GET = query("identity.person.get.v1", OfPerson, PersonView, "One person, for administrators.")
PERSON_CHANGE = query("identity.person.change.v1", ChangePerson, PersonView, "Another role; suspended or active.")
PERSON_DELETE = query("identity.person.delete.v1", OfPerson, Done, "Delete somebody's account.")
SECOND_FACTOR_RESET = query(
    "identity.second-factor.reset.v1", OfPerson, Done, "Take somebody's second factor away, who lost it."
)
SIGN_INS_LIST = query("identity.sign-ins.list.v1", ListAllSignIns, SignInPage, "Who is signed in, and from where.")
SIGN_INS_END = query("identity.sign-ins.end.v1", EndAnySignIn, Done, "Log somebody's sign-in out.")
AUDIT_SEARCH = query("identity.audit.search.v1", SearchAudit, AuditSlice, "The audit trail, for administrators.")
USER_SUSPENDED = event("identity.user.suspended.v1", UserSuspended, "What runs for a person stops.", "user")

QUERIES = (
    PEOPLE_LIST,
    PERSON_GET,
    PERSON_CHANGE,
    PERSON_DELETE,
    SECOND_FACTOR_RESET,
    SIGN_INS_LIST,
    SIGN_INS_END,
    AUDIT_SEARCH,
)
