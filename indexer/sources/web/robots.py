"""robots.txt (RFC 9309): which pages of a site a program may fetch, and how fast.

Protego reads the file; here it is decided what a missing, a failing or an endless one
means. Fetching it is left to ``fetcher``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protego import Protego

from indexer.errors import FetchError

#: The name that a site knows us by.
PRODUCT: Final = "Fundstelle"
#: Bytes that have to be read; what comes after them is not.
LIMIT: Final = 500 * 1024
#: Seconds after which it is asked for again; RFC 9309 allows a day.
FRESH: Final = 3600.0
#: A longer Crawl-delay, in seconds, is not waited for.
LONGEST_DELAY: Final = 60.0


@dataclass(frozen=True)
class RobotsRules:
    """The rules of one site; ``unreachable`` says why nothing may be fetched."""

    rules: Protego | None = None
    unreachable: str | None = None

    @classmethod
    def of(cls, body: bytes) -> RobotsRules:
        """The rules in a robots.txt; lines that are none are passed over."""
        return cls(Protego.parse(body[:LIMIT].decode("utf-8", "replace")))

    @classmethod
    def without(cls, error: FetchError) -> RobotsRules:
        """What it means that there is none.

        A site that has no such file (4xx) allows everything. One that fails is not
        asked for anything, since nobody knows what it forbids (section 2.3.1.4).
        """
        if error.status is not None and 400 <= error.status < 500 and error.status != 429:
            return cls()
        if error.status is None and not error.transient:
            return cls(unreachable=error.reason)  # so it is with every page of the site
        return cls(
            unreachable=f"the site's robots.txt can't be fetched ({error.reason}), "
            "so it is not known what may be read; try again later"
        )

    def forbids(self, url: str) -> str | None:
        """Why this address may not be fetched; None where it may."""
        if self.unreachable is not None:
            return self.unreachable
        if self.rules is not None and not self.rules.can_fetch(url, PRODUCT):
            return f"the site's robots.txt does not allow {PRODUCT} to read it; ask its operator"
        return None

    def delay(self, least: float) -> float:
        """Seconds between two requests: ours, or what the site asks for if that is more."""
        if self.rules is None:
            return least
        asked = float(self.rules.crawl_delay(PRODUCT) or 0.0)
        rate = self.rules.request_rate(PRODUCT)
        if rate is not None and rate.requests:
            asked = max(asked, rate.seconds / rate.requests)
        return max(least, min(asked, LONGEST_DELAY))
