"""The one shape of every REST answer."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from palaver.contracts.failures import Category, ErrorCode

T = TypeVar("T")


class Envelope(BaseModel, Generic[T]):
    """It worked, and this is the answer."""

    success: Literal[True] = True
    data: T


class PageMeta(BaseModel):
    """Where a numbered page stands."""

    page: int
    limit: int
    total: int


class Page(Envelope[T], Generic[T]):
    """A numbered page."""

    meta: PageMeta


class CursorMeta(BaseModel):
    """How a list goes on: give `next_cursor` as `before`; null at the end."""

    limit: int
    next_cursor: int | None


class Slice(Envelope[T], Generic[T]):
    """A part of a list that is read backwards."""

    meta: CursorMeta


class ErrorBody(BaseModel):
    """What went wrong, for programs (`code`, `retryable`) and for people (`message`, in their language)."""

    code: ErrorCode
    category: Category
    message: str
    retryable: bool
    details: dict[str, Any] = Field(default_factory=dict[str, Any])


class ErrorEnvelope(BaseModel):
    """It did not work."""

    success: Literal[False] = False
    error: ErrorBody


def done() -> Envelope[None]:
    """It worked, and there is nothing to say."""
    return Envelope(data=None)
