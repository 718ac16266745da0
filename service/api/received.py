"""A request whose body may be no text at all: then it is refused, and is no failure of ours.

The framework tells of what is no JSON, but not of a JSON string or a form that is not UTF-8.
"""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException

_NOT_UTF8 = "the body is not UTF-8"


class Received(Request[Any, Any, Any]):
    """A request as the routes see it. Bodies raise ClientException where they are not UTF-8."""

    async def json(self) -> Any:
        """The body as JSON."""
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise ClientException(detail=_NOT_UTF8) from error

    async def form(self) -> FormMultiDict:
        """The body as a form."""
        try:
            return await super().form()
        except UnicodeDecodeError as error:
            raise ClientException(detail=_NOT_UTF8) from error
