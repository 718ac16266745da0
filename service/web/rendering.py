"""Pages that are rendered here: with the reader's words, and with what every page is sent with.

What a page shows is left to its route.
"""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.response import Template

from indexer.errors import FundstelleError
from service.telemetry import record
from service.web.headers import HEADERS
from service.web.wording import Wording, wording

_LOG = logging.getLogger(__name__)
_CACHING = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie"}
_UNAUTHORIZED = 401

AnyRequest = Request[Any, Any, Any]


def rendered(request: AnyRequest, name: str, status: int = 200, **context: Any) -> Template:
    """A page from the template of that name."""
    return Template(
        name,
        context={"words": words_for(request), "root": _root(request), **context},
        status_code=status,
        headers=HEADERS | _CACHING,
    )


def problem_page(request: AnyRequest, status: int, title: str, detail: str) -> Template:
    """A page that says what is wrong."""
    return rendered(request, "problem.html", status, title=title, detail=detail)


def sign_in_page(
    request: AnyRequest, status: int, *, following: str, wrong: str | None = None
) -> Template:
    """A page that asks for a key, and leads to the address ``following`` with it."""
    return rendered(request, "sign-in.html", status, following=following, wrong=wrong)


def failed(request: AnyRequest, error: Exception) -> Template:
    """The page of an error; what went wrong inside is logged, not shown."""
    words = words_for(request)
    if isinstance(error, HTTPException):
        if error.status_code == _UNAUTHORIZED:
            page = sign_in_page(request, _UNAUTHORIZED, following=_address(request))
        else:
            page = problem_page(request, error.status_code, words.say("failed"), error.detail)
        page.headers |= error.headers or {}
        return page
    record.failed(error)
    _LOG.error("a page failed", exc_info=error)
    detail = str(error) if isinstance(error, FundstelleError) else ""
    return problem_page(request, 500, words.say("failed"), detail)


def words_for(request: AnyRequest) -> Wording:
    """The words that the address asks for, else those that the browser accepts."""
    asked = request.query_params.get("ui")
    return wording(asked, request.headers.get("accept-language", ""))


def _address(request: AnyRequest) -> str:
    """The page that was asked for, from the root."""
    query = request.scope["query_string"].decode("ascii", "ignore")
    return _path(request).decode("ascii", "ignore").lstrip("/") + (query and f"?{query}")


def _root(request: AnyRequest) -> str:
    """Relative, so that the page also works where a proxy puts a path before ours."""
    return "../" * (_path(request).count(b"/") - 1) or "./"


def _path(request: AnyRequest) -> bytes:
    path: bytes = request.scope["raw_path"]
    return path.partition(b"?")[0]
