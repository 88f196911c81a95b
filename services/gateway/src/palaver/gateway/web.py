"""The built web page: hashed assets for ever, everything else fresh, and every unknown path is the page itself."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
import asyncio
import gzip
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

IMMUTABLE = "public, max-age=31536000, immutable"
FRESH = "no-cache"
ASSETS = "assets"
SHARED = "/shared"
"""The page that shows a room to whoever has its link: not for search engines."""
COMPRESSIBLE = frozenset({".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt", ".map"})
MEDIA_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}
"""Not left to the machine's own table, which a service worker would not start with everywhere."""
MAX_COMPRESSED_FILES = 128

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"].startswith(("/api/", "/ws")):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        gzipped = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        response = await self._response(scope["path"], gzipped=gzipped)
        await response(scope, receive, send)

    async def _response(self, path: str, *, gzipped: bool) -> Response:
        directory = self._directory
        index = directory / "index.html" if directory else None
        if directory is None or index is None or not index.is_file():  # looked for each time: it may be built later
            return HTMLResponse(_MISSING, headers={"Cache-Control": FRESH})
        root = directory.resolve()
        wanted = (root / path.lstrip("/")).resolve()
        if wanted.is_relative_to(root) and wanted.is_file():
            is_asset = wanted.is_relative_to(root / ASSETS)
            return await _file(wanted, IMMUTABLE if is_asset else FRESH, gzipped=gzipped)
        if path.startswith(f"/{ASSETS}/"):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        response = await _file(index, FRESH, gzipped=gzipped)
        if path == SHARED:
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response


async def _file(path: Path, cache_control: str, *, gzipped: bool) -> Response:
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if not gzipped or path.suffix not in COMPRESSIBLE:
        return FileResponse(path, headers=headers, media_type=MEDIA_TYPES.get(path.suffix))
    # In a thread and once per version: compressing a bundle in the event loop would make every stream stutter.
    content = await asyncio.to_thread(_current, path)
    media_type = MEDIA_TYPES.get(path.suffix) or guess_type(path.name)[0] or "application/octet-stream"
    return Response(content, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)


def _current(path: Path) -> bytes:
    return _compressed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=MAX_COMPRESSED_FILES)
def _compressed(path: Path, _modified_ns: int) -> bytes:
    return gzip.compress(path.read_bytes())
