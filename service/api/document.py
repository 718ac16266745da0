"""The OpenAPI document: what the types of the routes don't say is added to it.

Keys, errors in the shape of each route, streams, bodies that are read by hand, and the bounds that
``service/question.py`` checks. That it is true is for ``tests/integration/test_openapi.py`` to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from indexer.points import METADATA
from service.api.chat_models import MODELS
from service.api.chat_request import ROLES
from service.question import MODES, MOST_CHARACTERS, MOST_PASSAGES, MOST_TURNS_SENT, MOST_VALUE

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, fs_…"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
_OPEN = ("/health/live", "/health/ready")
#: What any request may meet: its form, its host, its headers, and our own failures.
_ALWAYS = (400, 403, 421, 431, 500)
#: What a request may meet that needs a key and an archive.
_KEYED = (401, 429, 503)
_SCHEMAS: Json = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457; errors names the fields at fault",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "request_id": {"type": "string"},
            "detail": _TEXT,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"path": _TEXT, "message": _TEXT},
                    "required": ["path", "message"],
                },
            },
        },
        "required": ["type", "title", "status", "detail"],
    },
    "OpenAIError": {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "message": _TEXT,
                    "type": _TEXT,
                    "param": {"type": ["string", "null"]},
                    "code": {"type": ["string", "null"]},
                },
                "required": ["message", "type", "param", "code"],
            }
        },
        "required": ["error"],
    },
    "AnthropicError": {
        "type": "object",
        "properties": {
            "type": {"const": "error"},
            "error": {
                "type": "object",
                "properties": {"type": _TEXT, "message": _TEXT},
                "required": ["type", "message"],
            },
        },
        "required": ["type", "error"],
    },
}
_MODELS = ("/v1/models", "/v1/models/{name}")
_SHAPES: dict[str, tuple[str, ...]] = {
    "/v1/chat/completions": ("OpenAIError",),
    "/v1/messages": ("AnthropicError",),
    **dict.fromkeys(_MODELS, ("OpenAIError", "AnthropicError")),
}
#: Further answers of single routes.
_FURTHER = {
    ("/v1/articles", "post"): (413, 507),
    ("/v1/articles/{article_id}", "get"): (404,),
    ("/v1/articles/{article_id}", "delete"): (404, 507),
    ("/v1/questions", "post"): (413,),
    ("/v1/chat/completions", "post"): (404, 413),
    ("/v1/messages", "post"): (404, 413),
    ("/v1/models/{name}", "get"): (404,),
    ("/v1/evaluations", "post"): (413,),
    ("/v1/feedback", "post"): (404, 413),
}
_STREAMING = ("/v1/questions", "/v1/chat/completions", "/v1/messages")
_FILES = {
    "/v1/articles": "JSON Lines or a JSON array of articles",
    "/v1/evaluations": "A question file: JSON Lines of id, language, question, article, answers",
}
#: By the name of the field or parameter, wherever it is.
_BOUNDS: dict[str, Json] = {
    "question": {"minLength": 1, "maxLength": MOST_CHARACTERS, "pattern": r"\S"},
    "q": {"minLength": 1, "maxLength": MOST_CHARACTERS, "pattern": r"\S"},
    "top_k": {"minimum": 1, "maximum": MOST_PASSAGES},
    "limit": {"minimum": 1, "maximum": 1000},
    "content_sha256": {"pattern": "^[0-9A-Fa-f]{8,64}$"},
    "history": {"maxItems": MOST_TURNS_SENT},
    **{name: {"maxLength": MOST_VALUE} for name in METADATA},
    "cursor": {"format": "uuid"},
    "model": {"enum": MODELS},
    "n": {"const": 1},
    "mode": {"enum": MODES},
    "role": {"enum": ROLES},
}
_FIELDS = ("QuestionBody", "QuestionOptions", "ChatBody", "MessagesBody", "Message")
_STRICT = ("QuestionBody", "QuestionOptions", "Feedback")


class CompleteDocument(JsonRenderPlugin):
    """Renders the framework's document, completed."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:
        """The document as JSON."""
        return super().render(request, completed(openapi_schema))


def completed(document: Json) -> Json:
    """The same document, with what the types don't say. ``document`` is left as it is."""
    components: Json = document["components"]
    schemas = {name: _bounded(name, schema) for name, schema in components["schemas"].items()}
    return document | {
        "components": components | {"schemas": schemas | _SCHEMAS, "securitySchemes": _SECURITY},
        "security": [{name: []} for name in _SECURITY],
        "paths": {
            path: {method: _operation(path, method, found) for method, found in item.items()}
            for path, item in document["paths"].items()
        },
    }


def _operation(path: str, method: str, found: Json) -> Json:
    success = {status: said for status, said in found["responses"].items() if status < "300"}
    if path in _STREAMING:
        success["200"] = _streaming(success["200"])
    refused = {str(status): _refusal(path, status) for status in _refused(path, method)}
    operation = found | {"responses": success | refused}
    if path in _OPEN:
        operation["security"] = []
    if path == "/health/ready":
        operation["responses"]["503"] = success["200"] | {"description": "Not now: it says why"}
    if "parameters" in found:
        operation["parameters"] = [_parameter(each) for each in found["parameters"]]
    if method == "post" and path in _FILES:
        # Any text: what can't be used of it is told line by line, and the rest is taken.
        content: Json = {
            kind: {"schema": {}} for kind in ("application/x-ndjson", "application/json")
        }
        operation["requestBody"] = {
            "required": True,
            "description": _FILES[path],
            "content": content,
        }
    return operation


def _refused(path: str, method: str) -> Iterator[int]:
    yield from _ALWAYS
    if path not in _OPEN:
        yield from _KEYED
    yield from _FURTHER.get((path, method), ())


def _refusal(path: str, status: int) -> Json:
    shapes = _SHAPES.get(path)
    media_type = "application/json" if shapes else "application/problem+json"
    schemas = [{"$ref": f"#/components/schemas/{name}"} for name in shapes or ("Problem",)]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    said = {
        "description": HTTPStatus(status).phrase,
        "content": {media_type: {"schema": schema}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        seconds = {"type": "integer", "minimum": 1}
        always = status == HTTPStatus.TOO_MANY_REQUESTS
        said["headers"] = {"Retry-After": {"required": always, "schema": seconds}}
    return said


def _streaming(said: Json) -> Json:
    """Server-Sent Events beside JSON."""
    whole: Json = said["content"]["application/json"]["schema"]
    # Of an Answer or a stream of events only the Answer is JSON.
    named = [each for each in whole.get("oneOf", ()) if "$ref" in each]
    content = {
        "application/json": {"schema": named[0] if named else {"type": "object"}},
        "text/event-stream": {},
    }
    return said | {"content": content}


def _parameter(found: Json) -> Json:
    if found["in"] == "path" and found["name"] == "article_id":
        # It may be any text, percent-encoded: no address, as the framework has it.
        return found | {"schema": {"type": "string", "minLength": 1}}
    return found | {"schema": _with_bounds(found["name"], found["schema"])}


def _bounded(name: str, schema: Json) -> Json:
    bounded = schema
    if name in _FIELDS:
        fields: Mapping[str, Json] = schema["properties"]
        bounded = schema | {"properties": {n: _with_bounds(n, s) for n, s in fields.items()}}
    if name in _STRICT:
        bounded = bounded | {"additionalProperties": False}
    return bounded


def _with_bounds(name: str, schema: Json) -> Json:
    """The bounds go to the one type that they are about, and not to null beside it."""
    bounds = _BOUNDS.get(name)
    if bounds is None:
        return schema
    if "oneOf" not in schema:
        return schema | bounds
    return schema | {
        "oneOf": [s if s.get("type") == "null" else s | bounds for s in schema["oneOf"]]
    }
