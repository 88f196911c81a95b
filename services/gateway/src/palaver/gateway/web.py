"""The built web page: hashed assets for ever, everything else fresh, and every unknown path is the page itself."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse, Response

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "no-cache"
ASSETS = "assets"
MIN_GZIP_BYTES = 1_024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_MISSING = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Palaver</title>
<h1>Palaver is running</h1>
<p>The web page is not built yet; the API and the terminal client work. <code>make page</code> builds it.</p>
<p lang="zh">服务正在运行，但网页尚未构建；API 与终端客户端可用。运行 <code>make page</code> 即可构建。</p>
</html>
"""


class WebPage:
    """An ASGI application for everything that is neither API nor WebSocket."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._app = GZipMiddleware(self._serve, minimum_size=MIN_GZIP_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/api/", "/ws")):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        await self._response(scope["path"])(scope, receive, send)

    def _response(self, path: str) -> Response:
        directory = self._directory
        index = directory / "index.html" if directory else None
        if directory is None or index is None or not index.is_file():  # looked for each time: it may be built later
            return HTMLResponse(_MISSING, headers={"Cache-Control": FRESH})
        root = directory.resolve()
        wanted = (root / path.lstrip("/")).resolve()
        if wanted.is_relative_to(root) and wanted.is_file():
            is_asset = wanted.is_relative_to(root / ASSETS)
            return FileResponse(wanted, headers={"Cache-Control": IMMUTABLE if is_asset else FRESH})
        if path.startswith(f"/{ASSETS}/"):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(index, headers={"Cache-Control": FRESH})
