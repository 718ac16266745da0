"""Points: ids that never meet, and payloads that come back as they were."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from indexer.article import Article, Passage, Span
from indexer.errors import StoreError
from indexer.lexical import SparseVector
from indexer.points import (
    INDEXED,
    article_payload,
    article_point_id,
    candidate,
    journal_payload,
    journal_point_id,
    passage_payload,
    passage_point_id,
    published_seconds,
    stored_article,
)
from indexer.signature import sign
from indexer.store import PassagePoint

ARTICLE = Article(
    id="Ä/ö%2F 😀",
    text="Titel\n\nEin Satz. 😀",
    title="Titel",
    published_at="2025-01-31T23:30:00-05:00",
    url="https://example.org/ä",
    language="de",
    metadata={"outlet": "Bote", "tags": ["x", "y"]},
    body_start=7,
    title_span=Span(0, 5),
    source_root="/archive",
    source="a.txt",
)


def through_json(payload: dict[str, Any]) -> dict[str, Any]:
    """As a store gives it back."""
    return dict(json.loads(json.dumps(payload)))


def test_ids_are_uuids_and_never_meet() -> None:
    made = [
        article_point_id("a"),
        article_point_id("b"),
        passage_point_id("a", "v", 0),
        passage_point_id("a", "v", 1),
        passage_point_id("a", "w", 0),
        passage_point_id("b", "v", 0),
        passage_point_id("0\0a", "v", 1),
        passage_point_id("1\0a", "v", 0),
        journal_point_id("a"),
        journal_point_id("b"),
    ]
    for point_id in made:
        assert str(uuid.UUID(point_id)) == point_id
    assert all(one != other for one, other in combinations(made, 2))


def test_ids_are_the_same_in_every_release() -> None:
    # Other ids would leave the points of every index behind: raise recipe.FORMAT with them.
    assert article_point_id("a.txt") == "ac0d3299-13fe-5a5b-a2ac-da9c7200b2fc"
    assert passage_point_id("a.txt", "v", 0) == "b5a13eea-66a1-5552-89c5-5a4d25d515e3"
    assert journal_point_id("owner") == "f8f4dc64-7903-52f6-a74f-b3cf78f8976a"


@pytest.mark.parametrize(
    ("published_at", "moment"),
    [
        (None, None),
        ("1970-01-01", 0),
        ("1969-12-31", -86_400),
        ("2025-01-31", 1_738_281_600),
        ("2025-01-31T00:00:00Z", 1_738_281_600),
        ("2025-01-31T00:00:00+00:00", 1_738_281_600),
        ("2025-01-31T01:00:00+01:00", 1_738_281_600),
        ("2025-01-30T19:00:00-05:00", 1_738_281_600),
        ("2025-01-31T00:00:59.999+00:00", 1_738_281_659),
        ("0001-01-01", -62_135_596_800),
        ("9999-12-31", 253_402_214_400),
    ],
)
def test_published_seconds(published_at: str | None, moment: int | None) -> None:
    assert published_seconds(published_at) == moment


def test_an_article_comes_back_from_its_payload() -> None:
    stored = stored_article(through_json(article_payload(ARTICLE, 3)))
    assert stored.article == ARTICLE
    assert stored.version == ARTICLE.version
    assert stored.article.version == ARTICLE.version
    assert stored.content_sha256 == ARTICLE.content_sha256
    assert stored.passages == 3
    indexed = datetime.fromisoformat(stored.indexed_at)
    assert timedelta(seconds=-1) <= datetime.now(UTC) - indexed < timedelta(minutes=1)


def test_the_least_an_article_can_have_comes_back() -> None:
    least = Article("a", "")
    assert stored_article(through_json(article_payload(least, 0))).article == least


def test_a_text_that_is_not_the_one_stored_is_refused() -> None:
    """One character, as a failing disk changes it, and every offset after it may be wrong."""
    payload = through_json(article_payload(ARTICLE, 1))
    payload["text"] = payload["text"][:-1] + chr(ord(payload["text"][-1]) ^ 1)
    with pytest.raises(StoreError, match=f"{ARTICLE.id!r} is damaged .* restore a backup"):
        stored_article(payload)


def test_an_article_without_its_text_keeps_the_hash_of_it() -> None:
    payload = through_json(article_payload(ARTICLE, 1))
    del payload["text"]
    stored = stored_article(payload)
    assert stored.article.text == ""
    assert stored.content_sha256 == ARTICLE.content_sha256
    assert stored.version == ARTICLE.version


def test_a_passage_becomes_a_candidate() -> None:
    passage = Passage(ARTICLE.id, 4, 7, 16, "Ein Satz.")
    point = PassagePoint(ARTICLE, passage, [1.0], SparseVector([1], [1.0]))
    found = candidate(through_json(passage_payload(point)), 0.5, None)
    assert (found.article_id, found.version) == (ARTICLE.id, ARTICLE.version)
    assert (found.ordinal, found.start, found.end, found.text) == (4, 7, 16, "Ein Satz.")
    assert (found.language, found.dense, found.lexical) == ("de", 0.5, None)
    assert candidate(passage_payload(point), 0.5, 0.0).lexical == 0.0


def test_what_is_filtered_on_is_alike_on_an_article_and_its_passages() -> None:
    passage = Passage(ARTICLE.id, 0, 7, 16, "Ein Satz.")
    point = PassagePoint(ARTICLE, passage, [1.0], SparseVector([], []))
    of_article, of_passage = article_payload(ARTICLE, 1), passage_payload(point)
    filtered = set(INDEXED) - {"kind", "source_root"}
    present = {key for key in filtered if key in of_passage}
    assert present == {"article_id", "language", "published", "outlet", "tags"}
    assert {key: of_article.get(key) for key in filtered} == {
        key: of_passage.get(key) for key in filtered
    }
    assert of_passage["published"] == 1_738_384_200
    assert (of_article["kind"], of_passage["kind"]) == ("article", "passage")


def test_what_is_absent_is_no_key_that_a_filter_could_match() -> None:
    bare = Article("a", "Text.")
    point = PassagePoint(bare, Passage("a", 0, 0, 5, "Text."), [1.0], SparseVector([], []))
    for payload in (article_payload(bare, 1), passage_payload(point)):
        assert not {"language", "published", "outlet", "author", "section", "tags"} & set(payload)


def test_a_journal_names_its_writer_and_time() -> None:
    payload = through_json(journal_payload(("a", "Ä/😀"), "host:1"))
    assert (payload["kind"], payload["articles"]) == ("journal", ["a", "Ä/😀"])
    assert payload["writer"] == "host:1"
    assert datetime.fromisoformat(payload["at"]).tzinfo is not None


def test_a_signature_comes_back_and_may_be_missing() -> None:
    article = replace(ARTICLE, text=" ".join(f"Wort{i}" for i in range(40)), title_span=None)
    payload = through_json(article_payload(article, 1))
    assert stored_article(payload).signature == sign(article) is not None
    del payload["signature"]  # as an earlier release wrote it
    assert stored_article(payload).signature is None
    assert "signature" not in article_payload(ARTICLE, 1)
