"""A conversation as chat clients send it → a Question with its history.

The last message of the user is the question, what came before is history. System
messages, tools and sampling are for a model that decides by itself; here the sources
decide, so all of that is ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

from service.api.question_options import QuestionOptions
from service.api.sizes import MOST_MESSAGES
from service.chat.cited_markdown import said
from service.chat.reader_links import ReaderLinks, reader_links
from service.conversation import Turn
from service.engine import Engine
from service.errors import QuestionError
from service.question import MOST_CHARACTERS, Question

_SAID = ("user", "assistant")
_IGNORED = ("system", "developer", "tool", "function")
ROLES = (*_SAID, *_IGNORED)
_TEXT = ("text", "input_text", "output_text")


class Part(msgspec.Struct):
    """A part of a message; only text can be asked with."""

    type: str = "text"
    text: str | None = None


class Message(msgspec.Struct):
    """One message. What else a client sends with it is ignored."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its text parts together."""
        if not isinstance(self.content, list):
            return self.content or ""
        texts = [part.text for part in self.content if part.type in _TEXT and part.text]
        # An assistant's parts are pieces of one text; a user's are not.
        return ("" if self.role == "assistant" else "\n").join(texts)


def question_of(
    messages: Sequence[Message], options: QuestionOptions | None, mode: str
) -> Question:
    """Raises QuestionError or ValidationException naming the field at fault."""
    if not messages:
        raise QuestionError("messages", "it is empty; ask something")
    if len(messages) > MOST_MESSAGES:
        raise QuestionError("messages", f"there are {len(messages)}; {MOST_MESSAGES} are the most")
    for i, message in enumerate(messages):
        _check(f"messages[{i}]", message)
    last = max((i for i, m in enumerate(messages) if m.role == "user"), default=None)
    if last is None:
        raise QuestionError("messages", "there is no message of the user in it")
    field, text = f"messages[{last}].content", messages[last].text
    if len(text) > MOST_CHARACTERS:
        raise ValidationException(
            detail=f"{field}: it has {len(text)} characters; {MOST_CHARACTERS} are the most",
            extra={"param": field, "code": "string_above_max_length"},
        )
    history = [_turn(message) for message in messages[:last] if message.role in _SAID]
    try:
        given = options or QuestionOptions()
        return given.asking(text, mode=mode, history=history, text_field=field)
    except QuestionError as error:
        if error.field not in QuestionOptions.__struct_fields__:
            raise
        raise QuestionError(f"fundstelle.{error.field}", error.reason) from error


def _check(field: str, message: Message) -> None:
    if message.role in _IGNORED:
        return
    if message.role not in _SAID:
        raise QuestionError(f"{field}.role", f"{message.role!r} is not one of {', '.join(ROLES)}")
    if message.role == "user" and isinstance(message.content, list):
        for k, part in enumerate(message.content):
            if part.type not in _TEXT:
                raise QuestionError(
                    f"{field}.content[{k}]", f"only text can be asked with, not {part.type!r}"
                )


def _turn(message: Message) -> Turn:
    text = message.text
    return Turn(message.role, said(text) if message.role == "assistant" else text)


def prompt_text(messages: Sequence[Message]) -> str:
    """All that was sent as text: what the tokens of a request are counted of."""
    return "\n".join(message.text for message in messages)


def links_for(request: Request[Any, Any, Any], engine: Engine) -> ReaderLinks:
    """Links to the reader page that whoever sent the request can follow."""
    settings = engine.service
    host = request.headers.get("host")
    return reader_links(settings.public_url, request.url.scheme, host, settings.port)
