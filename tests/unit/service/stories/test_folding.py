"""Folding: one passage for each stretch of text, and nothing that only one copy says is lost."""

from __future__ import annotations

from pathlib import Path

from indexer.store import Candidate, StoredArticle
from service.stories.copies import Stories
from service.stories.folding import Fold, fold
from tests.copies import edited, report_on_the_same, stored, story


def _passages(*articles: StoredArticle) -> list[Candidate]:
    """Each paragraph as a passage, in the order of the articles."""
    found = []
    for one in articles:
        start = 0
        for ordinal, part in enumerate(one.article.text.split("\n\n")):
            end = start + len(part)
            found.append(
                Candidate(one.article.id, one.version, ordinal, start, end, part, "en", 0.5, None)
            )
            start = end + 2
    return found


def _fold(candidates: list[Candidate], *articles: StoredArticle) -> list[Fold]:
    by_id = {one.article.id: one for one in articles}
    return fold(candidates, by_id, Stories(by_id))


def _ids(folds: list[Fold]) -> list[tuple[str, int, list[str]]]:
    return [
        (f.candidate.article_id, f.candidate.ordinal, [c.article_id for c in f.copies])
        for f in folds
    ]


def test_copies_take_one_place(seeds: Path) -> None:
    a, b, c = (stored(i, story(seeds)) for i in "abc")
    folds = _fold(_passages(a, b, c), a, b, c)
    assert _ids(folds) == [("a", i, ["b", "c"]) for i in range(5)]
    assert [f.place for f in folds] == list(range(5))


def test_light_edits_make_no_difference(seeds: Path) -> None:
    a, b = stored("a", story(seeds)), stored("b", edited(story(seeds)))
    candidates = _passages(a, b)
    folds = _fold(candidates, a, b)
    assert sum(len(f.copies) for f in folds) >= 4
    assert sum(1 + len(f.copies) for f in folds) == len(candidates)


def test_a_paragraph_of_ones_own_keeps_its_place(seeds: Path) -> None:
    own = "Our reporter met the mayor at the tram stop, who had not slept and would not be quoted."
    a, b = stored("a", story(seeds)), stored("b", f"{story(seeds)}\n\n{own}")
    folds = _fold(_passages(a, b), a, b)
    assert [f.candidate.text for f in folds if f.candidate.article_id == "b"] == [own]


def test_two_halves_of_others_say_a_passage_too(seeds: Path) -> None:
    a, b = stored("a", story(seeds)), stored("b", story(seeds))
    parts = _passages(a)
    both = b.article.text[: parts[1].end]
    longer = Candidate("b", b.version, 0, 0, len(both), both, "en", 0.5, None)
    assert len(_fold([*parts[:2], longer], a, b)) == 2
    assert len(_fold([parts[0], longer], a, b)) == 2  # half of it is new


def test_passages_of_one_article_are_never_folded(seeds: Path) -> None:
    a, b = stored("a", story(seeds)), stored("b", story(seeds))
    twice = _passages(a) + _passages(a)
    assert len(_fold(twice, a, b)) == len(twice)


def test_other_articles_that_say_the_same_are_left_alone(seeds: Path) -> None:
    a, b = stored("a", story(seeds)), stored("b", report_on_the_same(seeds))
    same = [
        _passages(a)[0],
        Candidate("b", b.version, 0, 0, 9, _passages(a)[0].text, "en", 0, None),
    ]
    assert len(_fold(same, a, b)) == 2


def test_the_first_published_stands_for_them(seeds: Path) -> None:
    text = story(seeds)
    a = stored("a", text)
    b = stored("b", text, "2025-04-03T06:00:00Z")
    c = stored("c", text, "2025-04-02")
    folds = _fold(_passages(a, b, c), a, b, c)
    assert _ids(folds)[0] == ("c", 0, ["a", "b"])


def test_of_one_day_the_best_stands_for_them(seeds: Path) -> None:
    text = story(seeds)
    a, b = stored("a", text, "2025-04-03T06:00:00Z"), stored("b", text, "2025-04-03")
    assert _ids(_fold(_passages(a, b), a, b))[0] == ("a", 0, ["b"])


def test_what_says_less_does_not_stand_for_more(seeds: Path) -> None:
    text = story(seeds)
    a, b = stored("a", text, "2025-04-03"), stored("b", text, "2025-04-01")
    whole = Candidate("a", a.version, 0, 0, len(text), text, "en", 0.5, None)
    folds = _fold([whole, *_passages(b)], a, b)
    assert _ids(folds) == [("a", 0, ["b"] * 5)]
