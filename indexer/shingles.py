"""Text → shingles: every three words that follow each other, as a set.

What two texts share of them tells how much of one was copied from the other: light
editing, another headline or a missing end leave most of them standing, while two
reports on the same event share next to none (Broder 1997, "On the resemblance and
containment of documents"). How an article's shingles are kept is in ``signature.py``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORDS: Final = 3
# Scripts that put no space between words: there each character counts as one.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
# They show where a line may break or letters join, which differs from copy to copy.
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def shingles(text: str) -> set[str]:
    """The distinct shingles of a text, without regard to case, punctuation and line ends.

    Empty for a text of fewer than three words.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold()
    words = _WORD.findall(plain)
    return set(map(" ".join, zip(*(words[i:] for i in range(_WORDS)), strict=False)))
