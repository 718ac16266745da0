"""Verification: what becomes of a citation while its article changes, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.article import Article, Span
from indexer.recipe import Recipe
from indexer.store import Superseded
from indexer.stores.edge import EdgeStore
from service.errors import QuestionError
from service.verification import verify_citation

OLD = Article("a", "Der Rat tagte am Montag. Er lehnte den Antrag ab.")
NEW = Article("a", "Nachtrag. Der Rat tagte am Montag. Er nahm den Antrag an.")
RAT = Span(0, 23)  # of OLD


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EdgeStore]:
    EdgeStore.create(tmp_path / "1", Recipe("a-model", 4, 32, 0))
    opened = EdgeStore(tmp_path / "1")
    yield opened
    opened.close()


def replaced(store: EdgeStore, *, kept: bool = True, by: Article = NEW) -> None:
    if kept:
        old = Superseded("a", OLD.content_sha256, OLD.text, "2026-01-01T00:00:00+00:00")
        store.keep_superseded([old])
    store.commit([(by, 0)])


def test_an_unchanged_article_holds(store: EdgeStore) -> None:
    store.commit([(OLD, 0)])
    found = verify_citation(store, "a", RAT, OLD.content_sha256)
    assert (found.status, found.start, found.end) == ("valid", 0, 23)
    assert (found.quote, found.content_sha256) == (OLD.quote(RAT), OLD.content_sha256)


def test_the_first_digits_of_the_hash_are_enough(store: EdgeStore) -> None:
    replaced(store)
    for version in (OLD.content_sha256[:8], OLD.content_sha256[:12].upper()):
        assert verify_citation(store, "a", RAT, version).status == "moved"


def test_what_stands_elsewhere_has_moved(store: EdgeStore) -> None:
    replaced(store)
    found = verify_citation(store, "a", RAT, OLD.content_sha256)
    assert (found.status, found.start, found.end) == ("moved", 10, 33)
    assert (found.quote, found.content_sha256) == (OLD.quote(RAT), NEW.content_sha256)
    assert NEW.quote(Span(10, 33)) == found.quote


def test_what_a_later_version_does_not_say_is_gone(store: EdgeStore) -> None:
    replaced(store)
    said = Span(OLD.text.index("Er lehnte"), len(OLD.text))
    found = verify_citation(store, "a", said, OLD.content_sha256)
    assert (found.status, found.start, found.quote, found.content_sha256) == ("gone", *[None] * 3)
    assert "does not say so" in found.detail


def test_a_change_elsewhere_leaves_it_valid_and_names_the_new_version(store: EdgeStore) -> None:
    longer = Article("a", f"{OLD.text} Nachtrag.")
    replaced(store, by=longer)
    found = verify_citation(store, "a", RAT, OLD.content_sha256)
    assert (found.status, found.start, found.end) == ("valid", 0, 23)
    assert found.content_sha256 == longer.content_sha256


def test_an_article_that_is_not_there_is_gone(store: EdgeStore) -> None:
    found = verify_citation(store, "a", RAT, OLD.content_sha256)
    assert (found.status, found.detail) == ("gone", "the archive has no such article")


def test_a_version_that_was_not_kept_needs_its_quote(store: EdgeStore) -> None:
    replaced(store, kept=False)
    unknown = verify_citation(store, "a", RAT, OLD.content_sha256)
    assert (unknown.status, "send its quote" in unknown.detail) == ("gone", True)
    known = verify_citation(store, "a", RAT, OLD.content_sha256, OLD.quote(RAT))
    assert (known.status, known.start) == ("moved", 10)
    lost = verify_citation(store, "a", RAT, OLD.content_sha256, "Er lehnte ab.")
    assert (lost.status, "does not say so" in lost.detail) == ("gone", True)


@pytest.mark.parametrize(
    ("field", "citation"),
    [
        ("end", {"cited": Span(0, 500)}),
        ("end", {"cited": Span(5, 5)}),
        ("end", {"cited": Span(-3, 5)}),
        ("content_sha256", {"content_sha256": "abc"}),
        ("content_sha256", {"content_sha256": "g" * 64}),
        ("quote", {"quote": "Er nahm den Antrag an."}),
    ],
)
def test_what_is_no_citation_is_an_error(
    store: EdgeStore, field: str, citation: dict[str, Any]
) -> None:
    replaced(store)
    given = {"cited": RAT, "content_sha256": OLD.content_sha256} | citation
    with pytest.raises(QuestionError) as error:
        verify_citation(store, "a", **given)
    assert error.value.field == field
