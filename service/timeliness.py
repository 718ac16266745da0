"""How much likelier its date makes an article: the time that a question names, and recency.

Added to the fused score of a passage, which is measured in standard deviations of the
dense score among what was found (``fusion.py``). An article without a date gains nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from indexer.points import published_seconds
from indexer.store import ArticleFilter
from service.dates import Mention

_DAY_S = 86_400
# What is told of a day was written before it, as an announcement, or in the weeks after it.
_AHEAD, _BEHIND = timedelta(days=3), timedelta(days=31)


@dataclass(frozen=True)
class Timeliness:
    """What dates are worth.

    ``mentioned`` is added for an article of the time that the question names, ``recency``
    for one of today, and half of it for every ``half_life`` days that it is older.
    """

    mentioned: float = 0.25
    recency: float = 0.0
    half_life: float = 365.0


def around(mention: Mention) -> ArticleFilter:
    """Articles that may tell of the time that a question names."""
    first, last = mention.first, mention.last
    return ArticleFilter(
        published_from=published_seconds((first - _AHEAD).isoformat() if first else None),
        published_until=published_seconds((last + _BEHIND).isoformat() if last else None),
    )


def bonus(
    weights: Timeliness, within: ArticleFilter | None, published: int | None, now: float | None
) -> float:
    """What an article gains that was published then; times are seconds since 1970 UTC.

    ``within`` is the time that the question names, ``now`` None the present.
    """
    if published is None:
        return 0.0
    found = 0.0
    if within is not None:
        begins = within.published_from is None or published >= within.published_from
        ends = within.published_until is None or published < within.published_until
        found += weights.mentioned * (begins and ends)
    if weights.recency:
        age = max(0.0, (time.time() if now is None else now) - published) / _DAY_S
        found += weights.recency * 0.5 ** (age / weights.half_life)
    return found
