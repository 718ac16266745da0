"""Indexing on a local Ray cluster of two workers: the same points as from one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.article import Article
from indexer.distributed_steps import KnownVersions
from indexer.generations import current_generation
from indexer.points import passage_payload
from indexer.store import PassagePoint, StoredArticle
from indexer.stores.edge import EdgeStore
from tests.services import Finished, Service, run

TWO_WORKERS = {"FUNDSTELLE_RAY_EMBEDDERS": "2"}
# Batches are other ones, so padding is, too: what float32 leaves of that.
_TOLERANCE = 2e-3


def indexed_on_ray(*arguments: str | Path) -> Finished:
    done = run("index", *arguments, "--ray", "--json", env=TWO_WORKERS)
    assert done.status == 0, done.err
    return done


def everything(index: Path) -> tuple[list[StoredArticle], list[PassagePoint]]:
    store = EdgeStore(current_generation(index, "default"))
    heads, cursor = store.list_articles(limit=1000)
    assert cursor is None
    stored = store.articles([head.article.id for head in heads])
    passages = store.passages(heads)
    store.close()
    return [stored[i] for i in sorted(stored)], passages


def by_place(points: list[PassagePoint]) -> dict[tuple[str, int], PassagePoint]:
    return {(p.article.id, p.passage.ordinal): p for p in points}


def same(one: StoredArticle) -> tuple[Any, ...]:
    return one.article, one.version, one.content_sha256, one.passages


@pytest.mark.model
@pytest.mark.long
def test_two_workers_write_the_same_points_as_one_process(
    tmp_path: Path, seeds: Path, seed_index: tuple[Path, Finished]
) -> None:
    alone, done_alone = seed_index
    done = indexed_on_ray(seeds, "--index", tmp_path)
    counted = {key: done.json[key] for key in ("articles", "passages", "skipped")}
    assert counted == {key: done_alone.json[key] for key in counted}

    (ours, our_points), (theirs, their_points) = everything(tmp_path), everything(alone)
    assert list(map(same, ours)) == list(map(same, theirs))
    mine, other = by_place(our_points), by_place(their_points)
    assert len(mine) == done.json["passages"]
    assert mine.keys() == other.keys()
    for place, point in mine.items():
        expected = other[place]
        assert passage_payload(point) == passage_payload(expected)
        assert dict(zip(*point.sparse, strict=True)) == pytest.approx(
            dict(zip(*expected.sparse, strict=True))
        )
        assert np.abs(np.array(point.dense) - np.array(expected.dense)).max() < _TOLERANCE

    # Nothing has changed since: nothing is embedded, and no model is loaded anywhere.
    again = indexed_on_ray(seeds, "--index", tmp_path)
    assert again.json["articles"]["unchanged"] == done.json["articles"]["added"]
    assert again.json["passages"] == 0


@pytest.mark.model
def test_an_index_that_a_service_has_open_is_not_indexed_on_a_cluster(
    running_service: Service, seeds: Path
) -> None:
    refused = run("index", seeds, "--ray", "--index", running_service.index, env=TWO_WORKERS)
    assert refused.status == 2
    assert "leave --ray out" in refused.err


def test_known_versions_are_told_from_new_ones() -> None:
    stored = [Article(f"{i}", f"Text {i}.") for i in range(100)]
    known = KnownVersions((a.id, a.version) for a in stored)
    assert all(map(known.has, stored))
    assert not any(known.has(Article(f"{i}", "Another text.")) for i in range(100))
    assert not known.has(Article("new", "Text 1."))
    assert not KnownVersions([]).has(stored[0])
