"""Gold articles: an answer from a copy of the right article is right, and from another is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.article import Span
from indexer.store import Candidate, StoredArticle
from service.finding import Finding, Ranked
from service.gold_article import is_evident, place_of
from service.stories.copies import Stories
from tests.copies import edited, other_headline, report_on_the_same, stored, story

_EVIDENCE = "Turnout is now given as 62.3 per cent."


def _finding(articles: list[StoredArticle], ranked: list[list[str]]) -> Finding:
    def passage(article_id: str) -> Candidate:
        return Candidate(article_id, "", 0, 0, 1, "", "en", 0.0, None)

    by_id = {one.article.id: one for one in articles}
    return Finding(
        ranked=[
            Ranked(passage(first), 0.0, None, [*map(passage, rest)]) for first, *rest in ranked
        ],
        articles=by_id,
        stories=Stories(by_id),
        confidence=0.5,
        timings_ms={},
    )


@pytest.mark.parametrize(
    ("ranked", "place"),
    [
        ([["gold"]], 1),
        ([["copy"]], 1),
        ([["other"], ["copy"]], 2),
        ([["other"], ["other"], ["gold"], ["copy"]], 2),
        ([["other", "gold"]], 1),  # folded into it
        ([["other"]], None),
        ([], None),
    ],
)
def test_copies_share_a_place(seeds: Path, ranked: list[list[str]], place: int | None) -> None:
    text = story(seeds)
    articles = [
        stored("gold", text),
        stored("copy", edited(text)),
        stored("other", report_on_the_same(seeds)),
    ]
    assert place_of("gold", _finding(articles, ranked)) == place
    assert place_of(None, _finding(articles, ranked)) is None


def test_the_gold_sentence_counts_where_a_copy_repeats_its_words(seeds: Path) -> None:
    gold = stored("gold", story(seeds))
    copy = stored("copy", other_headline(edited(story(seeds))))

    def evident(cited: StoredArticle, words: str) -> bool:
        start = cited.article.text.index(words)
        return is_evident(_EVIDENCE, cited, Span(start, start + len(words)), gold)

    assert evident(gold, "62.3 per cent")
    assert evident(copy, "62.3 per cent")
    assert not evident(gold, "Torben Quill")
    assert not evident(copy, "Torben Quill")  # repeated, but not what was asked
    assert not evident(copy, "361")  # not what the gold article says
