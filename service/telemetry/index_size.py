"""How large the index is, for the metrics: looked up now and then, not at every scrape.

Counting takes a third of a second at a million passages, and a store that is down must not
keep the other metrics from being seen: then the last figures stay, and
``fundstelle_store_up`` is 0.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from indexer.errors import FundstelleError

_LOG = logging.getLogger(__name__)
#: How old the figures may be, in seconds.
KEPT_S = 30.0
_FIGURES = {
    "articles": "Articles in the archive.",
    "passages": "Passages in the archive.",
    "bytes": "What the index takes on disk; nothing where a server keeps it.",
}


Look = Callable[[], dict[str, Any]]


@dataclass
class _Seen:
    """What was found of an archive, and whether its store answered when it was asked last."""

    up: bool = False
    figures: dict[str, Any] = field(default_factory=dict)


class IndexSize(Collector):
    """The figures of all archives that are open.

    ``looks`` gives them by name, each with what ``Engine.status`` is.
    """

    def __init__(
        self,
        looks: Callable[[], Mapping[str, Look]],
        *,
        kept: float = KEPT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._looks = looks
        self._kept = kept
        self._clock = clock
        self._turn = threading.Lock()
        self._looked: float | None = None
        self._seen: dict[str, _Seen] = {}

    def refresh(self) -> None:
        """Look again where the figures are old and nobody else is at it."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._looked is None or self._clock() - self._looked >= self._kept:
                looks = self._looks()
                self._seen = {name: self._look(name, look) for name, look in looks.items()}
                self._looked = self._clock()
        finally:
            self._turn.release()

    def _look(self, archive: str, look: Look) -> _Seen:
        try:
            return _Seen(True, look())
        except FundstelleError as error:
            _LOG.warning("the size of the index could not be looked up: %s", error)
            return _Seen(False, self._seen.get(archive, _Seen()).figures)

    def collect(self) -> Iterator[Metric]:
        """The figures as they were found last."""
        seen = list(self._seen.items())
        if not seen:
            return
        up = _family("store_up", "1 where the store answers.")
        for archive, each in seen:
            up.add_metric([archive], each.up)
        yield up
        for key, help_text in _FIGURES.items():
            family = _family(f"index_{key}", help_text)
            for archive, each in seen:
                if each.figures.get(key) is not None:
                    family.add_metric([archive], each.figures[key])
            yield family
        info = _family("index_info", "What the index is.", "generation", "store", "model")
        for archive, each in seen:
            if each.figures:
                found, recipe = each.figures, each.figures["recipe"]
                store = found["store"].partition(" ")[0]
                info.add_metric([archive, found["generation"], store, recipe["model"]], 1)
        yield info


def _family(name: str, help_text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"fundstelle_{name}", help_text, labels=["archive", *labels])
