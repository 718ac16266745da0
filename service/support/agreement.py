"""A claim and a passage, compared item by item: what the claim says that the passage doesn't.

Vectors hardly see that a number, a name or a "not" differs; these rules see little else.
They count what differs; what that is worth is weighed in ``judge.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.article import Span
from service.support.names import Spellings, missing, names
from service.support.polarity import absolutes, negations
from service.support.quantities import quantities, values

_DAY = re.compile(r"\((\d{4}-\d\d-\d\d)\)\s*$")
_MOST = 2  # two of a kind say as much as more


@dataclass(frozen=True)
class Agreement:
    """How a claim and a passage differ, in counts of at most 2.

    ``stated`` are the claim's numbers, dates and times, ``unstated`` those of them that the
    passage doesn't have, ``unnamed`` the names that it doesn't have. ``denies`` is 1 where the
    claim alone has a negation, ``drops_denial`` where its source sentence alone does.
    ``exceeds`` counts words such as "all" or "first" that the passage doesn't have.
    """

    stated: int
    unstated: int
    unnamed: int
    denies: int
    drops_denial: int
    exceeds: int


def compare(
    claim: str, claim_language: str | None,
    passage: str, language: str | None, head: str, nearest: str, near: str,
) -> Agreement:  # fmt: skip
    """The agreement of a claim with a passage.

    ``head`` is the heading of its article, ``nearest`` its sentence that is most like the
    claim, and ``near`` that and the next few.
    """
    whole = f"{head}\n{passage}"
    day = _DAY.search(head)
    known = values(whole, language, day[1] if day else None)
    stated = quantities(claim, claim_language)
    named = [
        name
        for name in names(claim, claim_language)
        if name.sure and not any(_overlap(name.span, q.span) for q in stated)
    ]
    denials = negations(claim, claim_language)
    excess = absolutes(claim, claim_language) - absolutes(near, language)
    return Agreement(
        stated=min(_MOST, len(stated)),
        unstated=min(_MOST, sum(not q.readings & known for q in stated)),
        unnamed=min(_MOST, len(missing(named, Spellings(whole)))),
        denies=int(denials > 0 and negations(near, language) == 0),
        drops_denial=int(denials == 0 and negations(nearest, language) > 0),
        exceeds=max(0, min(_MOST, excess)),
    )


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
