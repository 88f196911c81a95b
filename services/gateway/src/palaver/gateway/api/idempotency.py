"""Routes that honour `Idempotency-Key` on POST, for signed-in people."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from fastapi import Request, Response
from fastapi.routing import APIRoute

from palaver.contracts.failures import Failure
from palaver.gateway.api.surroundings import surroundings
from palaver.gateway.idempotency import MAX_KEY_CHARACTERS, Answers, StoredAnswer
from palaver.servicekit.errors import Unavailable

HEADER = "idempotency-key"
REPLAYED = {"Idempotent-Replayed": "true"}
BEARER = "bearer "
SERVER_ERROR = 500
_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeating a request with its key repeats the answer and not the deed, for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS},
}


class IdempotentRoute(APIRoute):
    """Answers a repeated POST from memory. Failures are not remembered: they may be tried again."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "POST" in (self.methods or ()):
            self.openapi_extra = {**(self.openapi_extra or {}), "parameters": [_PARAMETER]}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrapped around FastAPI's own handler."""
        serve = super().get_route_handler()

        async def handler(request: Request) -> Response:
            key = request.headers.get(HEADER)
            user_id = await _user_of(request) if request.method == "POST" and key is not None else None
            if key is None or user_id is None:
                return await serve(request)
            answers = cast("Answers", request.app.state.answers)
            claim = await answers.claim(user_id, request.url.path, key, await request.body())
            if isinstance(claim, StoredAnswer):
                return Response(claim.body, claim.status, REPLAYED, claim.media_type)
            if claim is None:
                return await serve(request)
            kept = False
            try:
                response = await serve(request)
                if response.status_code < SERVER_ERROR:
                    await answers.keep(
                        claim, response.status_code, bytes(response.body), response.headers.get("content-type")
                    )
                    kept = True
                return response
            finally:
                if not kept:
                    await answers.release(claim)

        return handler


async def _user_of(request: Request) -> str | None:
    """Whose request it is; None leaves it to the route to refuse it."""
    authorization = request.headers.get("authorization", "")
    if not authorization.lower().startswith(BEARER):
        return None
    try:
        person = await surroundings(request).authenticator.by_token(authorization[len(BEARER) :].strip())
    except (Failure, Unavailable):
        return None
    return person.user_id
