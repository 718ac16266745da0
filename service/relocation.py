"""Where a quote of one version stands in another: by its words, then by its surroundings.

The quote must stand there in its own words; only white space may have changed. Of
several places the one whose surroundings are most alike is taken.
"""

from __future__ import annotations

import re
from itertools import takewhile

from indexer.article import Span

_AROUND = 200
_MOST_PLACES = 1000


def relocate(cited: Span, quote: str, text: str, before: str | None = None) -> Span | None:
    """Where ``quote`` stands in ``text``, None where it does not.

    ``cited`` is where it stood in ``before``; without that text, the nearest place counts.
    The same place is taken wherever the quote still stands there and nothing around it
    speaks for another.
    """
    places = _verbatim(quote, text) or _apart_from_blanks(quote, text)
    if not places:
        return None

    told = before or ""

    def likeness(place: Span) -> tuple[int, int]:
        left = _alike(told[: cited.start][::-1], text[: place.start][::-1])
        right = _alike(told[cited.end :], text[place.end :])
        return left + right, -abs(place.start - cited.start)

    return max(places, key=likeness)


def _verbatim(quote: str, text: str) -> list[Span]:
    places: list[Span] = []
    start = text.find(quote)
    while start >= 0 and len(places) < _MOST_PLACES:
        places.append(Span(start, start + len(quote)))
        start = text.find(quote, start + 1)
    return places


def _apart_from_blanks(quote: str, text: str) -> list[Span]:
    words = quote.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    return [Span(*match.span()) for match in pattern.finditer(text)][:_MOST_PLACES]


def _alike(one: str, other: str) -> int:
    """How many characters the two begin with alike, as far as is looked."""
    pairs = zip(one[:_AROUND], other[:_AROUND], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
