"""The fields that say something about an article, checked one by one.

They come from a JSON object, from front matter or from a page; whatever is wrong
with one is a ValueError that names it. Where that stood (file and line) is added
by the reader, and what an article is, by ``indexer.article``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from indexer.sources import dates

_LISTS: Final = ("author", "tags")
_KINDS: Final = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def kind(value: object) -> str:
    """What JSON calls this value, for a message."""
    return _KINDS.get(type(value), type(value).__name__)


def string(record: Mapping[str, object], name: str) -> str | None:
    """A text field exactly as given; None where it is absent, null or blank."""
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a string, not {kind(value)}")
    _check_encodable(name, value)
    return value if value.strip() else None


def title(record: Mapping[str, object]) -> str | None:
    """The title, without blanks around it."""
    value = string(record, "title")
    return value.strip() if value else None


def published_at(record: Mapping[str, object]) -> str | None:
    """The date of publication as ``dates.normalise`` writes it."""
    value = string(record, "published_at")
    try:
        return dates.normalise(value) if value else None
    except ValueError as error:
        raise ValueError(f"'published_at': {error}") from error


def url(record: Mapping[str, object]) -> str | None:
    """An absolute web address; other schemes are refused, as a reader will click on it."""
    value = (string(record, "url") or "").strip()
    if value and not is_web_address(value):
        raise ValueError("'url' must be a whole address that begins with http:// or https://")
    return value or None


def metadata(record: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Outlet, author, section and tags, as far as they are there.

    ``author`` may be one string or a list of them; ``tags`` always becomes a list.
    """
    found: dict[str, str | list[str]] = {}
    for name in ("outlet", "author", "section", "tags"):
        value = record.get(name)
        if name in _LISTS and isinstance(value, list):
            items = [item for item in (_item(name, each) for each in value) if item]
            if items:
                found[name] = items
        elif text := (string(record, name) or "").strip():
            found[name] = [text] if name == "tags" else text
    return found


def is_web_address(value: str) -> bool:
    """True for http and https with a host, and nothing in it that breaks out of a link."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    plain = value.isprintable() and not any(c.isspace() or c in "<>\"'`\\" for c in value)
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname)


def _item(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a list of strings, but holds {kind(value)}")
    _check_encodable(name, value)
    return value.strip()


def _check_encodable(name: str, value: str) -> None:
    # "\ud800" is valid JSON, but has no UTF-8 form: no file and no index could hold it.
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name!r} holds a lone surrogate, which is not text") from error
