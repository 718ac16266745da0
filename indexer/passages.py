"""Articles → passages: whole sentences, packed to a budget of tokens.

A passage is what is embedded, found and read as one. Where sentences end is
known to ``sentences.py``, what they weigh to ``tokens.py``; whether a model can
read a passage to its end is asked of the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from indexer.article import Article, Passage, Span
from indexer.errors import SettingsError
from indexer.sentences import has_line_break, has_paragraph_break, is_headline, sentences
from indexer.tokens import count, split

__all__ = ["PassageSettings", "cut"]

# From this part of the budget on, a passage rather ends with its paragraph.
_FULL = 0.6
# A title and a subtitle, or a subtitle and a caption; a longer run is a list.
_MOST_HEADLINES = 2


@dataclass(frozen=True)
class PassageSettings:
    """How long passages are, in tokens of ``tokens.TOKENIZER``.

    ``overlap_tokens`` is how much of a passage's end the next one may repeat.
    Raises SettingsError where they make no sense.
    """

    max_tokens: int = 320
    overlap_tokens: int = 48

    def __post_init__(self) -> None:
        if not 16 <= self.max_tokens <= 8192:
            raise SettingsError(f"passages need 16 to 8192 tokens, not {self.max_tokens}")
        if not 0 <= self.overlap_tokens <= self.max_tokens // 2:
            raise SettingsError(
                f"passages of {self.max_tokens} tokens can overlap by 0 to {self.max_tokens // 2},"
                f" not by {self.overlap_tokens}"
            )


class _Unit(NamedTuple):
    """A sentence, or a piece of one that is too long."""

    start: int
    end: int
    tokens: int
    lead: int  # tokens of the white space before it
    closes: bool  # the last of its paragraph
    introduces: bool  # a headline: stays with what follows
    whole: bool = True


def cut(
    article: Article, settings: PassageSettings, fits: Callable[[str], bool] | None = None
) -> list[Passage]:
    """The passages of an article's body, or of its title where it has no body.

    Together they cover every character of the body that isn't white space. A
    passage has at most ``max_tokens`` tokens and starts with the last sentences
    of the one before, where those are short. ``fits`` says whether the embedding
    model reads a text to its end; what doesn't fit is cut again with half the
    budget until it does, down to single characters.
    """
    text = article.text
    units = _units(article)
    passages: list[Passage] = []
    first = fresh = 0  # the next passage's first sentence, and the first not yet in one
    budget = settings.max_tokens
    while fresh < len(units):
        stop = _take(text, units, first, fresh, budget)
        if stop == fresh:
            if first == fresh:
                _loosen(text, units, fresh, budget)
            first = fresh
            continue
        start, end = units[first].start, units[stop - 1].end
        if end - start > 1 and fits is not None and not fits(text[start:end]):
            budget //= 2
            continue
        passages.append(Passage(article.id, len(passages), start, end, text[start:end]))
        first, fresh = _overlap(units, first, stop, settings.overlap_tokens), stop
        budget = settings.max_tokens
    return passages


def _units(article: Article) -> list[_Unit]:
    text = article.text
    spans = sentences(text, article.language, article.body_start)
    if not spans and article.title_span:
        spans = sentences(text, article.language, *article.title_span)
    gaps = [text[one.end : other.start] for one, other in pairwise(spans)]
    lines = [True, *map(has_line_break, gaps), False]
    headlines = [
        lines[place] and lines[place + 1] and is_headline(text[span.start : span.end])
        for place, span in enumerate(spans)
    ]
    return [
        _Unit(
            span.start,
            span.end,
            tokens=count(text[span.start : span.end]),
            lead=_weight(gaps[place - 1]) if place else 0,
            closes=place == len(gaps) or has_paragraph_break(gaps[place]),
            introduces=headlines[place] and not all(headlines[place : place + _MOST_HEADLINES + 1]),
        )
        for place, span in enumerate(spans)
    ]


def _weight(gap: str) -> int:
    """Tokens of the white space between two units; a single space is part of the next word."""
    return 0 if gap in ("", " ") else count(gap)


def _take(text: str, units: list[_Unit], first: int, fresh: int, budget: int) -> int:
    """Where a passage that begins with ``units[first]`` stops; ``fresh`` if nothing new fits."""
    total = 0
    full = stop = first
    while stop < len(units):
        total += units[stop].tokens + (units[stop].lead if stop > first else 0)
        if total > budget:
            break
        stop += 1
        if units[stop - 1].closes and total >= _FULL * budget:
            full = stop
    if stop < len(units):
        if full > fresh:
            stop = full
        # Single characters are the end of all cutting, whatever they weigh.
        if first == fresh == stop and units[first].end - units[first].start == 1:
            return first + 1
    # Tokens of a whole may be more than those of its parts, if hardly ever.
    while stop > fresh and (
        (stop < len(units) and units[stop - 1].introduces)
        or count(text[units[first].start : units[stop - 1].end]) > budget
    ):
        stop -= 1
    return max(stop, fresh)


def _loosen(text: str, units: list[_Unit], first: int, budget: int) -> None:
    """Makes smaller what comes next, where not even its beginning fits."""
    place, room = first, budget
    while units[place].introduces and units[place].tokens <= room:
        room -= units[place].tokens + units[place + 1].lead
        place += 1
    least = units[place].end - units[place].start == 1  # what can't be cut comes without them
    if place > first and (room < max(1, budget // 4) or units[place].tokens <= room or least):
        units[first] = units[first]._replace(introduces=False)
    else:
        units[place : place + 1] = _pieces(text, units[place], room)


def _pieces(text: str, unit: _Unit, budget: int) -> list[_Unit]:
    body = text[unit.start : unit.end]
    if budget:
        spans = list(split(body, budget))
    else:
        spans = [Span(i, i + 1) for i, character in enumerate(body) if not character.isspace()]
    ends = [0, *(span.end for span in spans)]
    pieces = [
        _Unit(
            unit.start + start,
            unit.start + end,
            tokens=count(body[start:end]),
            lead=_weight(body[before:start]),
            closes=False,
            introduces=False,
            whole=False,
        )
        for before, (start, end) in zip(ends, spans, strict=False)
    ]
    pieces[0] = pieces[0]._replace(lead=unit.lead)
    pieces[-1] = pieces[-1]._replace(closes=unit.closes, introduces=unit.introduces)
    return pieces


def _overlap(units: list[_Unit], first: int, stop: int, room: int) -> int:
    """Where the passage after ``units[first:stop]`` begins: never where that one did."""
    place = stop
    while place - 1 > first and units[place - 1].whole:
        room -= units[place - 1].tokens + units[place - 1].lead
        if room < 0:
            break
        place -= 1
    return place
