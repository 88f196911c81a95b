"""From anything that goes wrong to the error envelope, in the client's language, with the status of the one table."""

import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from palaver.contracts.failures import TRAITS, ErrorCode, Failure
from palaver.gateway.api.envelope import ErrorBody, ErrorEnvelope
from palaver.gateway.errors import unavailable
from palaver.gateway.language import language_of, localised
from palaver.servicekit.errors import Unavailable

MAX_REPORTED_PROBLEMS = 10
RETRY_AFTER_OUTAGE_SECONDS = 2

_CODES_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: ErrorCode.UNAUTHENTICATED,
    HTTPStatus.FORBIDDEN: ErrorCode.FORBIDDEN,
    HTTPStatus.NOT_FOUND: ErrorCode.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ErrorCode.FRAME_TOO_LARGE,
}

_METHODS = {"GET", "POST", "PUT", "DELETE"}

Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]


def install(app: FastAPI) -> None:
    """Make every error of `app` an error envelope."""
    app.add_exception_handler(Failure, _on_failure)
    app.add_exception_handler(Unavailable, _on_unavailable)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_bug)


def problem(request: Request, failure: Failure, status: int | None = None) -> JSONResponse:
    """The answer that stands for a failure."""
    body = localised(failure.body, language_of(request.headers.get("accept-language")))
    envelope = ErrorEnvelope(
        error=ErrorBody(
            code=body.code,
            category=body.category,
            message=body.message,
            retryable=body.retryable,
            details=body.details,
        )
    )
    status = status or TRAITS[failure.code].http_status
    return JSONResponse(envelope.model_dump(mode="json"), status, headers=_headers(failure, status))


def _headers(failure: Failure, status: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if failure.code is ErrorCode.RATE_LIMITED:
        headers["Retry-After"] = str(math.ceil(float(failure.details.get("retry_after_seconds", 1))))
    elif failure.code is ErrorCode.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_OUTAGE_SECONDS)
    return headers


async def _on_failure(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Failure)  # noqa: S101 - registered for nothing else
    return problem(request, error)


async def _on_unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)  # noqa: S101 - as above
    return problem(request, unavailable(error))


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    problems = [
        {"field": ".".join(str(part) for part in item["loc"]), "problem": str(item["type"])}
        for item in error.errors()  # never its `input`: that may be a password
    ]
    failure = Failure(
        ErrorCode.VALIDATION_FAILED, "A part of this request is not valid.", problems=problems[:MAX_REPORTED_PROBLEMS]
    )
    return problem(request, failure)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's, for a body that it cannot decode at all
        return problem(request, Failure(ErrorCode.VALIDATION_FAILED, "The body is not JSON in UTF-8."))
    code = _CODES_BY_STATUS.get(HTTPStatus(error.status_code), ErrorCode.VALIDATION_FAILED)
    response = problem(request, Failure(code, f"{HTTPStatus(error.status_code).phrase}."), error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers.setdefault(name, value)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = _allowed(request) or response.headers.get("Allow", "")
    return response


def _allowed(request: Request) -> str:
    """All methods of a documented path: a route knows its own only."""
    app = request.app
    paths: dict[str, dict[str, object]] = app.openapi()["paths"]
    for template, operations in paths.items():
        if compile_path(template)[0].match(request.url.path):
            return ", ".join(sorted(method.upper() for method in operations if method.upper() in _METHODS))
    return ""


async def _on_bug(request: Request, _error: Exception) -> JSONResponse:
    """Starlette logs it after this."""
    return problem(request, Failure(ErrorCode.INTERNAL, "Something went wrong on our side."))
