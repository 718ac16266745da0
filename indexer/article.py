"""Article, Span and Passage: what the whole house talks about.

Frozen values without I/O. All offsets count Unicode code points, end exclusive,
into ``Article.text``; nothing here normalises, strips or re-encodes that text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from indexer.errors import SourceError

_TITLE_CHARACTERS = 200


class Span(NamedTuple):
    """A stretch ``[start, end)`` of an article's text, in code points."""

    start: int
    end: int


@dataclass(frozen=True)
class Article:
    """One article, exactly as it was read.

    ``body_start`` is where the prose begins: what stands before it (a header
    line with date and title) belongs to the text and to its offsets, but is not
    cut into passages. ``published_at`` is ISO 8601, a date or a date-time with
    offset. ``language`` is an ISO 639-1 code or None where it can't be told.
    ``source_root`` and ``source`` say where it was read: the folder (absolute)
    and the file in it, ``-`` for standard input.

    Raises SourceError where the text can't be stored as UTF-8.
    """

    id: str
    text: str
    title: str | None = None
    published_at: str | None = None
    url: str | None = None
    language: str | None = None
    metadata: Mapping[str, str | list[str]] = field(default_factory=dict)
    body_start: int = 0
    title_span: Span | None = None
    source_root: str = "-"
    source: str = "-"

    def __post_init__(self) -> None:
        texts = {"id": self.id, "text": self.text, "title": self.title, "url": self.url}
        for name, value in {**texts, **self.metadata}.items():
            try:
                # A lone surrogate has no UTF-8 form: no hash, no file, no JSON could hold it.
                ("".join(value) if isinstance(value, list) else value or "").encode()
            except UnicodeEncodeError as error:
                reason = f"the {name} holds a lone surrogate, which is not text"
                raise SourceError(self.source, reason) from error
        if not self.id:
            raise SourceError(self.source, "the article has an empty id")

    @cached_property
    def content_sha256(self) -> str:
        """SHA-256 of the text in UTF-8, in hexadecimal: the version a citation names."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def version(self) -> str:
        """A hash over everything that, changed, makes this another version."""
        identity = [
            self.content_sha256,
            self.title,
            self.published_at,
            self.url,
            self.language,
            self.body_start,
            self.title_span,
            dict(sorted(self.metadata.items())),
        ]
        return hashlib.sha256(json.dumps(identity, ensure_ascii=False).encode()).hexdigest()

    @property
    def heading(self) -> str:
        """Headline and day in one line, which say what a passage is about; may be empty."""
        day = f"({self.published_at[:10]})" if self.published_at else ""
        return f"{(self.title or '')[:_TITLE_CHARACTERS]} {day}".strip()

    def quote(self, span: Span) -> str:
        """The text that a span covers."""
        return self.text[span.start : span.end]


@dataclass(frozen=True)
class Passage:
    """A stretch of an article that is embedded, found and read as one.

    ``text == article.text[start:end]`` always; ``ordinal`` counts from 0.
    """

    article_id: str
    ordinal: int
    start: int
    end: int
    text: str
