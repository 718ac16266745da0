"""A request whose body may be no text at all, or nearly what it should be: then it is refused.

The framework tells of what is no JSON, but not of a JSON string or a form that is not UTF-8, and
it takes a number for a truth value and a text for a number, which our document forbids.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException, ValidationException

_NOT_UTF8 = "the body is not UTF-8"


class Received(Request[Any, Any, Any]):
    """A request as the routes see it. Bodies raise ClientException where they are not UTF-8."""

    async def json(self) -> Any:
        """The body as JSON. Raises ValidationException where only its types are not right."""
        try:
            found = await super().json()
        except UnicodeDecodeError as error:
            raise ClientException(detail=_NOT_UTF8) from error
        wanted = self.route_handler.parsed_fn_signature.parameters.get("data")
        if wanted is not None:
            self._require_types(found, wanted.annotation)
        return found

    def _require_types(self, found: Any, wanted: Any) -> None:
        try:
            msgspec.convert(found, wanted, strict=True)
        except msgspec.ValidationError as error:
            with suppress(msgspec.ValidationError):
                msgspec.convert(found, wanted, strict=False)
                message, _, place = str(error).partition(" - at `$")
                key = place.rstrip("`").lstrip(".")
                raise ValidationException(
                    detail=f"Validation failed for {self.method} {self.url.path}",
                    extra=[{"key": key, "message": message}],
                ) from error

    async def form(self) -> FormMultiDict:
        """The body as a form."""
        try:
            return await super().form()
        except UnicodeDecodeError as error:
            raise ClientException(detail=_NOT_UTF8) from error
