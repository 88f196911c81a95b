"""The control endpoints: arm faults and scripted replies, read and forget what was recorded."""

from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from palaver.simulator.faults import Armoury, Fault, Script
from palaver.simulator.stage import Stage

T = TypeVar("T", Fault, Script)


def routes(stage: Stage) -> list[Route]:
    """`/control/faults`, `/control/replies`: GET, POST, DELETE. `/control/requests[?model=]`: GET, DELETE."""

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            stage.recorder.clear()
            return Response(status_code=204)
        return _json({"requests": stage.recorder.records(request.query_params.get("model"))})

    async def faults(request: Request) -> Response:
        return await _armoury(request, stage.faults, Fault)

    async def replies(request: Request) -> Response:
        return await _armoury(request, stage.scripts, Script)

    methods = ["GET", "POST", "DELETE"]
    return [
        Route("/control/faults", faults, methods=methods),
        Route("/control/replies", replies, methods=methods),
        Route("/control/requests", requests, methods=["GET", "DELETE"]),
    ]


async def _armoury(request: Request, armoury: Armoury[T], kind: type[T]) -> Response:
    if request.method == "DELETE":
        armoury.clear()
        return Response(status_code=204)
    if request.method == "POST":
        try:
            armoury.arm(kind.model_validate_json(await request.body()))
        except ValidationError as error:
            return _json({"error": error.errors(include_url=False, include_context=False)}, 422)
        except ValueError as error:
            return _json({"error": str(error)}, 409)
    return _json({"armed": [{**_plain(item), "left": left} for item, left in armoury.armed()]})


def _plain(item: BaseModel) -> dict[str, Any]:
    return item.model_dump(mode="json")


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
