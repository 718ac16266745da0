"""Figures of the index: old ones are looked up again, and a store that is down shows."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

from indexer.errors import StoreError
from service.telemetry.index_size import IndexSize


class Archive:
    """What an engine's status says, or that it can't."""

    def __init__(self) -> None:
        self.looked = 0
        self.up = True
        self.bytes: int | None = 10

    def status(self) -> dict[str, Any]:
        self.looked += 1
        if not self.up:
            raise StoreError("it is down; start it")
        recipe = {"model": "small"}
        figures = {"articles": self.looked, "passages": 2, "bytes": self.bytes}
        return figures | {"store": "edge /a/b", "recipe": recipe, "generation": "1"}


def sizes(archive: Archive, now: list[float]) -> tuple[IndexSize, CollectorRegistry]:
    size = IndexSize(lambda: {"news": archive.status}, kept=30, clock=lambda: now[0])
    registry = CollectorRegistry()
    registry.register(size)
    return size, registry


def value(registry: CollectorRegistry, name: str) -> float | None:
    return registry.get_sample_value(f"fundstelle_{name}", {"archive": "news"})


def test_before_anyone_looked_there_is_nothing_to_show() -> None:
    _, registry = sizes(Archive(), [0.0])
    assert list(registry.collect()) == []


def test_figures_are_kept_for_a_while() -> None:
    archive, now = Archive(), [0.0]
    size, registry = sizes(archive, now)
    for moment, looked in ((0.0, 1), (29.0, 1), (30.0, 2)):
        now[0] = moment
        size.refresh()
        assert archive.looked == value(registry, "index_articles") == looked
    labels = {"archive": "news", "generation": "1", "model": "small", "store": "edge"}
    assert registry.get_sample_value("fundstelle_index_info", labels) == 1


def test_a_store_that_is_down_leaves_the_last_figures_and_says_so() -> None:
    archive, now = Archive(), [0.0]
    size, registry = sizes(archive, now)
    size.refresh()
    assert value(registry, "store_up") == 1
    archive.up, now[0] = False, 40.0
    size.refresh()
    assert value(registry, "store_up") == 0
    assert value(registry, "index_articles") == 1
    archive.up, now[0] = True, 80.0
    size.refresh()
    assert value(registry, "store_up") == 1


def test_a_server_does_not_say_how_many_bytes() -> None:
    archive = Archive()
    archive.bytes = None
    size, registry = sizes(archive, [0.0])
    size.refresh()
    assert value(registry, "index_bytes") is None
    assert value(registry, "index_passages") == 2
