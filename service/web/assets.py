"""``/`` and ``/static/…``: files of the package, as they are.

Each has an ETag over its content and is asked for again every time, so that an
upgrade never meets yesterday's script; unchanged, it costs a 304 without a body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from service.api.admission import OPEN

_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file to be served: ``etag`` stands for its content."""

    content: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> Asset:
        """The file at ``path``, whose suffix must be one that is served."""
        content = path.read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        return cls(content, _MEDIA_TYPES[path.suffix], etag)

    def response(self, if_none_match: str | None) -> Response[bytes | None]:
        """The file, or 304 to whoever has it already."""
        headers = {"ETag": self.etag, "Cache-Control": "no-cache"}
        known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
        if self.etag in known:
            return Response(None, status_code=304, headers=headers)
        return Response(self.content, media_type=self.media_type, headers=headers)


_PAGE = Asset.read(_FOLDER / "page.html")
_STATIC: Mapping[str, Asset] = {
    path.name: Asset.read(path) for path in sorted((_FOLDER / "static").iterdir())
}


@get("/", opt=OPEN)
async def page(request: Request[Any, Any, Any]) -> Response[bytes | None]:
    """The page on which questions are asked."""
    return _PAGE.response(request.headers.get("if-none-match"))


@get("/static/{name:str}", opt=OPEN)
async def static(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes | None]:
    """A script, a style sheet or a picture of the pages."""
    if name not in _STATIC:
        raise NotFoundException(detail=f"there is no file {name!r}")
    return _STATIC[name].response(request.headers.get("if-none-match"))
