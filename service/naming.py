"""Names and numbers of a query → another order of what was found in other languages.

Words hardly match across languages, but names do, by their sound (``service/support``), and
so do numbers: a headline says little else. Counts for a search that nothing is read for; a
reader sees more than this.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from service.retrieval import Retrieved
from service.support.names import Spellings, names

# So many are looked at, at a millisecond each.
_FIRST = 10
# In standard deviations of the fused score; chosen on headlines (docs/retrieval.md).
_WEIGHT = 0.4
_NUMBER = re.compile(r"\d{2,}")


def in_order_of_names(query: str, retrieved: Retrieved) -> Retrieved:
    """The first candidates, those of other languages than the query's reordered by its names."""
    named = {name.text for name in names(query, retrieved.language) if name.sure}
    numbers = set(_NUMBER.findall(query))
    foreign = [
        i
        for i, candidate in enumerate(retrieved.candidates[:_FIRST])
        if retrieved.language is None or candidate.language != retrieved.language
    ]
    if not (named or numbers) or len(foreign) < 2:
        return retrieved
    shares = np.array([_share(named, numbers, i, retrieved) for i in foreign])
    if shares.std() == 0:
        return retrieved
    gains = _WEIGHT * (shares - shares.mean()) / shares.std()
    scores = list(retrieved.scores)
    for i, gain in zip(foreign, gains.tolist(), strict=True):
        scores[i] += gain
    # What was not looked at stays below what was.
    first = sorted(range(min(_FIRST, len(scores))), key=lambda i: -scores[i])
    order = [*first, *range(len(first), len(scores))]
    below = min(scores[i] for i in first)
    return replace(
        retrieved,
        candidates=[retrieved.candidates[i] for i in order],
        scores=[scores[i] if i in first else min(scores[i], below) for i in order],
        copies=[retrieved.copies[i] for i in order],
    )


def _share(named: set[str], numbers: set[str], place: int, retrieved: Retrieved) -> float:
    """How much of both a candidate has, its heading included."""
    candidate = retrieved.candidates[place]
    heading = retrieved.articles[candidate.article_id].article.heading
    whole = f"{heading}\n{candidate.text}"
    spelled = Spellings(whole)
    there = sum(spelled.has(name) for name in named) + len(numbers & set(_NUMBER.findall(whole)))
    return there / (len(named) + len(numbers))
