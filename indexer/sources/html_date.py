"""When a web page says that it was published.

Only what is declared counts (JSON-LD, meta elements, ``itemprop``, ``time``, the
address). Trafilatura's own search is not used: it also takes a date out of
running text or a copyright line, and a wrong date is worse than none.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from indexer.sources import dates

_META: Final = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.issued",
    "dc.date.created",
    "dc.date",
    "pubdate",
    "publishdate",
    "publication_date",
    "date",
)
_IN_URL: Final = re.compile(r"/(\d{4})[/-](\d{2})[/-](\d{2})(?=[/-]|\Z)", re.ASCII)


def published_at(tree: Any, url: str | None) -> str | None:
    """The first declared date that is one, as ``dates.normalise`` writes it.

    ``tree`` is the page as lxml parsed it.
    """
    for declared in _declared(tree, url):
        try:
            return dates.normalise(declared)
        except ValueError:
            continue
    return None


def _declared(tree: Any, url: str | None) -> Iterator[str]:
    for script in tree.xpath("//script[@type='application/ld+json']"):
        yield from _in_json(script.text or "")
    metas: dict[str, str] = {}
    for meta in tree.xpath("//meta[@content]"):
        for attribute in ("property", "name", "itemprop"):
            metas.setdefault((meta.get(attribute) or "").lower(), meta.get("content"))
    yield from (metas[name] for name in _META if name in metas)
    for element in tree.xpath("//*[@itemprop='datePublished']"):
        yield element.get("datetime") or element.get("content") or element.text_content()
    yield from tree.xpath("//time[@pubdate]/@datetime")
    if match := _IN_URL.search(url or ""):
        yield "-".join(match.groups())
    # A page of one article mostly has its date in front of the text; a second
    # "time" would be of an update or of a teaser.
    yield from tree.xpath("//article//time[@datetime]/@datetime")[:1]


def _in_json(text: str) -> Iterator[str]:
    try:
        pending = deque([json.loads(text)])
    except (ValueError, RecursionError):
        return
    while pending:
        value = pending.popleft()
        if isinstance(value, dict):
            date = value.get("datePublished")
            if isinstance(date, str):
                yield date
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
