"""``/v1/models``: one model name a mode, in a shape that OpenAI's and Anthropic's clients read."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from service.api.admission import READ
from service.api.chat_failures import ANTHROPIC_HANDLERS, OPENAI_HANDLERS

_MODES = {"fundstelle": "auto", "fundstelle-extractive": "extractive"}
#: What a request may name as its model.
MODELS = list(_MODES)
_NAMES = {"fundstelle": "Fundstelle", "fundstelle-extractive": "Fundstelle (extractive)"}
_CREATED, _CREATED_AT = 1_767_225_600, "2026-01-01T00:00:00Z"  # both want one; it means nothing

AnyRequest = Request[Any, Any, Any]


def mode_of(model: str) -> str:
    """The mode that a model name stands for. Raises NotFoundException."""
    if model not in _MODES:
        raise NotFoundException(
            detail=f"the model {model!r} does not exist; there are {' and '.join(_MODES)}",
            extra={"param": "model", "code": "model_not_found"},
        )
    return _MODES[model]


def _shape(request: AnyRequest, error: Exception) -> Response[Any]:
    """Anthropic's clients name their version, others don't."""
    handlers = ANTHROPIC_HANDLERS if "anthropic-version" in request.headers else OPENAI_HANDLERS
    shaped: Response[Any] = handlers[Exception](request, error)
    return shaped


@get(
    "/v1/models",
    opt=READ,
    summary="The model names of chat clients",
    exception_handlers=dict.fromkeys(OPENAI_HANDLERS, _shape),
)
async def models() -> dict[str, Any]:
    """Both modes; one page is all."""
    listed = [_model(name) for name in _MODES]
    return {
        "object": "list",
        "data": listed,
        "first_id": listed[0]["id"],
        "last_id": listed[-1]["id"],
        "has_more": False,
    }


@get(
    "/v1/models/{name:str}",
    opt=READ,
    summary="One model name",
    exception_handlers=dict.fromkeys(OPENAI_HANDLERS, _shape),
)
async def model(name: FromPath[str]) -> dict[str, Any]:
    """The model, or 404."""
    mode_of(name)
    return _model(name)


def _model(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": _CREATED,
        "owned_by": "fundstelle",
        "type": "model",
        "display_name": _NAMES[name],
        "created_at": _CREATED_AT,
        "lifecycle": "active",
    }
