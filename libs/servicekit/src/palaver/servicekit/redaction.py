"""What must not stand in a log is taken out here, last, whoever put it in.

The first guard is that nobody logs secrets or conversation text. This is the second: keys by their names, values by
their looks, and exceptions whose own text repeats their input.
"""

import re
import traceback
from collections.abc import MutableMapping
from typing import Any, TypeAlias, cast

from pydantic import SecretBytes, SecretStr, ValidationError

HIDDEN = "[hidden]"
MAX_VALUE_CHARACTERS = 2000
MAX_TRACEBACK_CHARACTERS = 20_000
MAX_FRAMES = 40

EventDict: TypeAlias = MutableMapping[str, Any]

_SECRET_NAMES = re.compile(
    r"(^|_)(password|passwd|secret|token|ticket|authorization|cookie|api_?key|seed|private|text|prompt|content|body)s?$",
    re.IGNORECASE,
)
_SECRET_LOOKS = re.compile(
    r"""
    (?P<bearer>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}          # Authorization values
    | (?P<user>://[^:/@\s]*:)[^@/\s]+(?=@)                   # password in a URL
    | (?P<query>\b(?:token|ticket|code|key|password|secret)=)[^&\s"']+
    | \b(?:sk|pk|rk|gsk|xai|key)-[\w-]{12,}                  # provider keys
    | \bAIza[\w-]{20,}                                       # Google keys
    | \beyJ[\w-]+\.[\w-]+\.[\w-]+                            # JSON web tokens
    | \bS[UAONC][A-Z2-7]{56}\b                               # nkey seeds
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """structlog processor: hide secrets in the values of an event."""
    for name, value in event.items():
        secret = _SECRET_NAMES.search(name) and not isinstance(value, int | float | None)  # a count is no secret
        event[name] = HIDDEN if secret else _clean(value)
    return event


def format_error(_logger: object, _method: str, event: EventDict) -> EventDict:
    """structlog processor: turn `exc_info` into a traceback without any input values."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["exception"] = _trace_of(error)
    return event


def scrub(text: str) -> str:
    """Hide what looks like a secret inside a text."""
    return _SECRET_LOOKS.sub(_hide, text)


def _hide(match: re.Match[str]) -> str:
    kept = match["bearer"] or match["user"] or match["query"] or ""
    return kept + HIDDEN


def _clean(value: Any) -> Any:
    if isinstance(value, SecretStr | SecretBytes):
        return HIDDEN
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(cast('bytes', value))} bytes>"
    if isinstance(value, str):
        return scrub(value[:MAX_VALUE_CHARACTERS]) if len(value) <= MAX_TRACEBACK_CHARACTERS else _long(value)
    if isinstance(value, dict):
        return redact(None, "", cast("EventDict", dict(cast("dict[str, Any]", value))))
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in cast("list[Any]", value)]
    return value


def _long(value: str) -> str:
    return scrub(value[:MAX_VALUE_CHARACTERS]) + "…"


def _trace_of(error: BaseException) -> str:
    parts: list[str] = []
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = "".join(traceback.format_tb(link.__traceback__, limit=-MAX_FRAMES))
        parts.append(f"{frames}{type(link).__qualname__}: {_safe_text(link)}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\nwhich came from\n\n".join(parts)[:MAX_TRACEBACK_CHARACTERS]


def _safe_text(error: BaseException) -> str:
    if isinstance(error, ValidationError):  # its text repeats the input
        return f"{error.error_count()} invalid fields of {error.title}"
    return scrub(str(error)[:MAX_VALUE_CHARACTERS])
