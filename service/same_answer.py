"""Two answers to one question → whether they say the same, another thing, or nobody can tell.

Numbers are compared by value ("640 000", "0,64 Millionen"), names by sound ("Kiew", "Kyiv").
Another thing is said only by a plain number that differs plainly: "about 40" and "42" may
both be right, and two phrases may say one thing in other words. Which answers are compared
is left to ``testimony.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from service.measures import CURRENCY, LENGTH, TIME
from service.scoring import normalised
from service.support.names import Spellings, names
from service.support.quantities import Quantity, quantities

Verdict = Literal["same", "different", "unclear"]

_LOOSE = re.compile(
    r"\b(?:rund|etwa|circa|ca|ungefähr|fast|knapp|gut|über|mehr als|mindestens|wenigstens|bis zu"
    r"|höchstens|maximal|unter|weniger als|mehrere|dutzende|hunderte|tausende|about|around"
    r"|approximately|roughly|nearly|almost|over|more than|at least|up to|at most|fewer than"
    r"|less than|some|dozens|hundreds|thousands|environ|près de|plus de|au moins|jusqu['’]à"
    r"|moins de|presque|близько|майже|понад|щонайменше|до|около|почти|более|menos de|más de"
    r"|unos|casi|circa|oltre|quasi|almeno)\b",
    re.I,
)
_UNITS = [re.compile(pattern, re.I) for pattern in (CURRENCY, TIME, LENGTH, r"%|\bpro(?:z|c)ent\b")]
_NEAR = 0.05  # numbers that differ by less may be one number, rounded
_AROUND = 24


@dataclass(frozen=True)
class Said:
    """An answer in its place: the words, their language, and the text on either side."""

    text: str
    language: str | None
    before: str = ""
    after: str = ""

    @property
    def quantities(self) -> list[Quantity]:
        """The numbers, dates and times in it."""
        return quantities(self.text, self.language)

    @property
    def loose(self) -> bool:
        """Whether it does not commit itself to its number."""
        return _LOOSE.search(f"{self.before[-_AROUND:]} {self.text}") is not None

    @property
    def units(self) -> tuple[bool, ...]:
        """Which kinds of units it has, behind it in its text too."""
        whole = f"{self.text} {self.after[:_AROUND].lstrip().partition(' ')[0]}"
        return tuple(unit.search(whole) is not None for unit in _UNITS)


def compare(one: Said, other: Said) -> Verdict:
    """The verdict on two answers to the same question."""
    if normalised(one.text) == normalised(other.text):
        return "same"
    ours, theirs = one.quantities, other.quantities
    if ours and theirs:
        if one.units != other.units:
            return "unclear"
        if _all_in(ours, theirs) and _all_in(theirs, ours):
            return "same"
        plain = len(ours) == len(theirs) == 1 and not one.loose and not other.loose
        return "different" if plain and _apart(ours[0], theirs[0]) else "unclear"
    if ours or theirs:
        return "unclear"
    return "same" if _same_name(one, other) else "unclear"


def _all_in(some: list[Quantity], others: list[Quantity]) -> bool:
    return all(any(q.readings & o.readings for o in others) for q in some)


def _apart(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are plain numbers and far from each other in every reading."""
    try:
        pairs = [(float(a), float(b)) for a in one.readings for b in other.readings]
    except ValueError:  # dates and times
        return False
    return all(abs(a - b) > _NEAR * max(abs(a), abs(b)) for a, b in pairs)


def _same_name(one: Said, other: Said) -> bool:
    """Whether both consist of the same names, in whatever spelling."""
    ours, theirs = (names(said.text, said.language) for said in (one, other))
    words = [len(said.text.split()) for said in (one, other)]
    if not ours or len(ours) != len(theirs) or words != [len(ours), len(theirs)]:
        return False
    return all(Spellings(other.text).has(n.text) for n in ours) and all(
        Spellings(one.text).has(n.text) for n in theirs
    )
