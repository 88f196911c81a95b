"""The audit trail, for owners and administrators: searched, in pages, and exported as it is read."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict

from palaver.contracts import limits
from palaver.contracts.administration import AUDIT_SEARCH, AuditEntry, AuditSlice, SearchAudit
from palaver.contracts.figures import MOMENT
from palaver.contracts.ids import UserId
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated
from palaver.servicekit.broker import Broker

router = APIRouter(prefix="/admin/audit", tags=["admin"])

COLUMNS = (
    "at",
    "service",
    "actor_id",
    "action",
    "target_kind",
    "target_id",
    "outcome",
    "address",
    "device",
    "sign_in",
    "details",
    "event_id",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run."""
Word = Annotated[str | None, Query(max_length=100)]


class Rows(Protocol):
    """Entries as text of one of the formats."""

    def __call__(self, entries: Sequence[AuditEntry], *, first: bool) -> str:
        """`first`: nothing was written before."""
        ...


class AuditMeta(BaseModel):
    """How the list goes on: give `next_cursor` as `cursor`; null at the end."""

    limit: int
    next_cursor: str | None


class AuditList(Envelope[list[AuditEntry]]):
    """A part of the trail."""

    meta: AuditMeta


class Filter(BaseModel):
    """Entries that are all of what is given. `by` is who acted."""

    model_config = ConfigDict(frozen=True)

    by: UserId | None = None
    action: Word = None
    target_kind: Word = None
    target_id: Word = None
    service: Word = None
    sign_in: Word = None
    outcome: Literal["done", "refused"] | None = None
    since: datetime | None = None
    until: datetime | None = None


def _filter(  # noqa: PLR0917 - one parameter of the query each
    by: UserId | None = None,
    action: Word = None,
    target_kind: Word = None,
    target_id: Word = None,
    service: Word = None,
    sign_in: Word = None,
    outcome: Literal["done", "refused"] | None = None,
    since: Annotated[AwareDatetime | None, MOMENT, Query(description="This moment and later.")] = None,
    until: Annotated[AwareDatetime | None, MOMENT, Query(description="Before this moment.")] = None,
) -> Filter:
    return Filter(
        by=by,
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        service=service,
        sign_in=sign_in,
        outcome=outcome,
        since=since,
        until=until,
    )


Wanted = Annotated[Filter, Depends(_filter)]


@router.get("")
async def search(
    who: Authenticated,
    around: Around,
    wanted: Wanted,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE,
) -> AuditList:
    """Who did what to what, when and from where; the newest first."""
    request = SearchAudit(actor=who.actor, cursor=cursor, limit=limit, **wanted.model_dump())
    answer = await around.broker.ask(AUDIT_SEARCH, request)
    return AuditList(data=list(answer.entries), meta=AuditMeta(limit=limit, next_cursor=answer.next_cursor))


_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, "application/jsonl": {}}}}


@router.get("/export", response_class=StreamingResponse, responses=_FILES)
async def export(
    who: Authenticated,
    around: Around,
    wanted: Wanted,
    format: Literal["csv", "jsonl"] = "csv",  # noqa: A002 - its name
) -> StreamingResponse:
    """All entries that fit, as a file: comma-separated, or a JSON object a line."""
    request = SearchAudit(actor=who.actor, limit=limits.MAX_PAGE, export=True, **wanted.model_dump())
    first = await around.broker.ask(AUDIT_SEARCH, request)  # who may not is told so before a file begins
    rows = _csv if format == "csv" else _json_lines
    media = "text/csv; charset=utf-8" if format == "csv" else "application/jsonl"
    name = {"Content-Disposition": f'attachment; filename="audit.{format}"'}
    return StreamingResponse(_written(around.broker, request, first, rows), media_type=media, headers=name)


async def _written(broker: Broker, request: SearchAudit, page: AuditSlice, rows: Rows) -> AsyncIterator[str]:
    yield rows(page.entries, first=True)
    while page.next_cursor is not None:
        page = await broker.ask(AUDIT_SEARCH, request.model_copy(update={"cursor": page.next_cursor}))
        yield rows(page.entries, first=False)


def _csv(entries: Sequence[AuditEntry], *, first: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    if first:
        writer.writerow(COLUMNS)
    for entry in entries:
        values = entry.model_dump(mode="json")
        values["details"] = json.dumps(values["details"], ensure_ascii=False)
        writer.writerow([_harmless(values[column]) for column in COLUMNS])
    return text.getvalue()


def _harmless(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _json_lines(entries: Sequence[AuditEntry], *, first: bool) -> str:  # noqa: ARG001 - lines need no head
    return "".join(f"{entry.model_dump_json()}\n" for entry in entries)
