"""RSS and Atom → entries, through feedparser and without any network.

Relative links are resolved against the feed's address and ``xml:base``; entities
are not expanded. Fetching what the entries link to is left to ``reading``.
"""

from __future__ import annotations

import html
import io
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

from indexer.errors import SourceError
from indexer.sources import dates
from indexer.sources.web import urls
from indexer.sources.web.entry import Entry
from indexer.sources.web.response import Response

_LONGEST_TTL: Final = 7 * 24 * 60


@dataclass(frozen=True)
class Feed:
    """A feed. ``refresh`` is how often it asks to be read, in seconds; None if it doesn't say."""

    entries: tuple[Entry, ...]
    refresh: float | None


def parse(response: Response) -> Feed:
    """The entries of a feed, in its order.

    Raises SourceError for what feedparser finds no feed in. A feed that is not
    well-formed is read as far as it can be.
    """
    import feedparser

    source = urls.shown(response.url)
    try:
        # A stream, not bytes: those it might take for the name of a file.
        found = feedparser.parse(
            io.BytesIO(response.body),
            response_headers={
                "content-location": source,
                "content-type": response.headers.get("content-type", "application/xml"),
            },
        )
        if not found.get("version") and not found.entries:
            raise SourceError(source, _no_feed(found))
        return Feed(
            tuple(_entry(entry, found, response) for entry in found.entries),
            _refresh(found.feed, response),
        )
    except SourceError:
        raise
    except Exception as error:
        # Whatever feedparser trips over, the other sources are still read.
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise SourceError(source, f"can't be read as a feed: {what}") from error


def _no_feed(found: Any) -> str:
    error = found.get("bozo_exception")
    return "holds no RSS or Atom feed" + (f": {error}" if error else "")


def _entry(entry: Any, found: Any, response: Response) -> Entry:
    feed = found.feed
    return Entry(
        link=_link(entry, response),
        identity=_text(entry.get("id")),
        title=_title(entry),
        published_at=_published(entry, is_atom=found.version.startswith("atom")),
        authors=_authors(entry) or _authors(feed),
        tags=tuple(
            dict.fromkeys(t for tag in entry.get("tags") or () if (t := _text(tag.get("term"))))
        ),
        language=_text((entry.get("title_detail") or {}).get("language") or feed.get("language")),
        outlet=_text((entry.get("source") or {}).get("title")) or _title(feed),
        content=_content(entry),
        summary=_html(entry.get("summary_detail")) if entry.get("summary") else None,
    )


def _link(entry: Any, response: Response) -> str | None:
    for link in (entry.get("feedburner_origlink"), entry.get("link")):
        if isinstance(link, str) and link.strip():
            try:
                return str(urls.resolve(response.url, link))
            except SourceError:
                continue  # mailto:, tag: and the like lead to no page
    return None


def _content(entry: Any) -> str | None:
    """The longest content: an entry may have it in several forms."""
    forms = [shown for form in entry.get("content") or () if (shown := _html(form))]
    return max(forms, key=len, default=None)


def _html(detail: Any) -> str | None:
    value = (detail or {}).get("value")
    if not isinstance(value, str) or not value.strip():
        return None
    kind = (detail.get("type") or "").lower()
    return f"<p>{html.escape(value)}</p>" if kind == "text/plain" else value


def _title(item: Any) -> str | None:
    title = _text(item.get("title"))
    if title and "html" in ((item.get("title_detail") or {}).get("type") or "") and "<" in title:
        from lxml.html import fragment_fromstring

        title = fragment_fromstring(title, create_parent="div").text_content()
    return " ".join(title.split()) or None if title else None


def _authors(item: Any) -> tuple[str, ...]:
    names = (_text(author.get("name")) for author in item.get("authors") or ())
    return tuple(dict.fromkeys(name for name in names if name))


def _published(entry: Any, *, is_atom: bool) -> str | None:
    # RSS 1.0 has its date in dc:date, which feedparser calls "updated". In Atom that is
    # the day of the last change, and no date is better than a wrong one.
    value = entry.get("published") or entry.get("created")
    if not value and not is_atom:
        value = dict.get(entry, "updated")  # its own get() would take "published" for it
    if not isinstance(value, str):
        return None
    try:
        return dates.normalise(value)
    except ValueError:
        pass
    try:
        # As it is written, so that the day is the day in the country of the feed.
        return dates.normalise(parsedate_to_datetime(value).isoformat())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _refresh(feed: Any, response: Response) -> float | None:
    ttl = str(feed.get("ttl") or "").strip()
    minutes = min(int(ttl), _LONGEST_TTL) if ttl.isdecimal() and len(ttl) < 10 else 0
    asked = max(minutes * 60.0, response.max_age or 0.0)
    return asked or None


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
