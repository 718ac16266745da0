"""Indexing: the whole writing flow, on a real embedded store with the real model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from indexer.article import Article
from indexer.embedding import Embedder
from indexer.errors import SourceError
from indexer.indexing import Indexer
from indexer.passages import PassageSettings
from indexer.places import vanished
from indexer.recipe import Recipe
from indexer.report import Report
from indexer.sources import Item, Source
from indexer.store import PassagePoint, SearchRequest, Superseded
from indexer.stores.edge import EdgeStore

SETTINGS = PassageSettings(max_tokens=32, overlap_tokens=0)
LONG = "Der Rat tagte am Montag. " * 12
TEXTS = {
    "kranich.txt": "Der Kranich zieht nach Süden.",
    "bridge.txt": "The council will close the old bridge.",
    "lang.txt": LONG,
}


def article(name: str, text: str | None = None, **fields: Any) -> Article:
    defaults: dict[str, Any] = {"language": "de", "source_root": "/archive", "source": name}
    return Article(name, TEXTS[name] if text is None else text, **(defaults | fields))


def articles() -> list[Item]:
    return [article(name) for name in TEXTS]


def no_model() -> NoReturn:
    raise AssertionError("no model should be needed")


@pytest.fixture
def folder(tmp_path: Path, embedder: Embedder) -> Path:
    EdgeStore.create(tmp_path / "1", Recipe("a-model", embedder.dimension, 32, 0))
    return tmp_path / "1"


@pytest.fixture
def store(folder: Path) -> Iterator[EdgeStore]:
    opened = EdgeStore(folder)
    yield opened
    opened.close()


@pytest.fixture
def indexer(store: EdgeStore, embedder: Embedder) -> Indexer:
    return Indexer(store, lambda: embedder, SETTINGS)


@pytest.fixture
def unchanged(store: EdgeStore) -> Indexer:
    """An indexer that must not need the model."""
    return Indexer(store, no_model, SETTINGS)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, len(report.skipped)


def all_passages(store: EdgeStore) -> list[tuple[str, str, str]]:
    """Every passage there is, of whatever version: id, version, text."""
    request = SearchRequest([1.0] * store.recipe.dimension, {}, 1000)
    return [(c.article_id, c.version, c.text) for c in store.search(request)]


def readable(store: EdgeStore) -> dict[str, str]:
    """What a reader sees: the text of each committed article with all of its passages."""
    listed, _ = store.list_articles(limit=1000)
    stored = store.articles([s.article.id for s in listed])
    passages = all_passages(store)
    for article_id, one in stored.items():
        of_version = [p for p in passages if p[:2] == (article_id, one.version)]
        assert len(of_version) == one.passages
        assert all(text in one.article.text for *_, text in of_version)
    return {article_id: one.article.text for article_id, one in stored.items()}


def nothing_is_left_over(store: EdgeStore) -> bool:
    committed = {s.article.id: s.version for s in store.list_articles(limit=1000)[0]}
    return store.journal() == [] and all(
        committed.get(article_id) == version for article_id, version, _ in all_passages(store)
    )


# What a run does


def test_new_articles_are_added(store: EdgeStore, indexer: Indexer) -> None:
    report = indexer.index(articles())
    assert counts(report) == (3, 0, 0, 0)
    assert readable(store) == TEXTS
    assert nothing_is_left_over(store)
    assert report.passages == store.status().passages == len(all_passages(store)) > 3
    assert report.seconds > 0


def test_passages_are_stretches_of_their_article_and_found_by_meaning(
    store: EdgeStore, indexer: Indexer, embedder: Embedder
) -> None:
    indexer.index(articles())
    (question,) = embedder.embed_questions(["Which bridge will be shut?"]).tolist()
    found = store.search(SearchRequest(question, {}, 20))
    assert found[0].article_id == "bridge.txt"
    for one in found:
        assert TEXTS[one.article_id][one.start : one.end] == one.text


def test_a_second_run_changes_nothing_and_loads_no_model(
    store: EdgeStore, indexer: Indexer, unchanged: Indexer
) -> None:
    indexer.index(articles())
    before = store.articles(list(TEXTS)), sorted(all_passages(store))
    report = unchanged.index(articles())
    assert counts(report) == (0, 0, 3, 0)
    assert report.passages == 0
    assert (store.articles(list(TEXTS)), sorted(all_passages(store))) == before


def test_an_empty_run_loads_no_model(unchanged: Indexer) -> None:
    report = unchanged.index([])
    assert counts(report) == (0, 0, 0, 0)
    assert report.to_json()["articles"]["removed"] == 0


@pytest.mark.parametrize(
    "change",
    [{"text": "Ein anderer Satz."}, {"title": "Titel"}, {"metadata": {"tags": ["x"]}}],
    ids=["text", "title", "metadata"],
)
def test_a_changed_article_is_replaced(
    store: EdgeStore, indexer: Indexer, change: dict[str, Any]
) -> None:
    indexer.index(articles())
    changed = replace(article("lang.txt"), **change)
    report = indexer.index([article("kranich.txt"), changed])
    assert counts(report) == (0, 1, 1, 0)
    assert store.articles(["lang.txt"])["lang.txt"].article == changed
    assert readable(store) == TEXTS | {"lang.txt": changed.text}
    assert nothing_is_left_over(store)


def test_a_change_taken_back_leaves_one_version(store: EdgeStore, indexer: Indexer) -> None:
    indexer.index(articles())
    indexer.index([article("kranich.txt", "Anders.")])
    indexer.index([article("kranich.txt")])
    assert readable(store) == TEXTS
    assert nothing_is_left_over(store)


# Texts that were replaced


def kept(store: EdgeStore, article_id: str) -> list[str]:
    return [version.text for version in store.superseded([article_id])]


def test_the_texts_of_replaced_versions_are_kept(store: EdgeStore, indexer: Indexer) -> None:
    indexer.index(articles())
    indexer.index([article("kranich.txt", "Zwei."), article("bridge.txt", title="Titel")])
    assert kept(store, "kranich.txt") == [TEXTS["kranich.txt"]]
    assert kept(store, "bridge.txt") == [], "its text is the same"
    indexer.index([article("kranich.txt", "Drei.")])
    assert kept(store, "kranich.txt") == ["Zwei.", TEXTS["kranich.txt"]]
    assert readable(store) == TEXTS | {"kranich.txt": "Drei."}


@pytest.mark.parametrize(("limit", "left"), [(2, ["3", "2"]), (0, [])])
def test_no_more_of_them_than_are_wanted(
    store: EdgeStore, embedder: Embedder, limit: int, left: list[str]
) -> None:
    indexer = Indexer(store, lambda: embedder, SETTINGS, versions_kept=limit)
    for text in ("1", "2", "3", "4"):
        indexer.index([article("a", text)])
    assert kept(store, "a") == left


def test_fewer_are_left_once_fewer_are_wanted(store: EdgeStore, embedder: Embedder) -> None:
    for limit, text in ((5, "1"), (5, "2"), (5, "3"), (1, "4")):
        Indexer(store, lambda: embedder, SETTINGS, versions_kept=limit).index([article("a", text)])
    assert kept(store, "a") == ["3"]


def test_nothing_is_kept_of_an_article_that_is_removed(store: EdgeStore, indexer: Indexer) -> None:
    indexer.index(articles())
    indexer.index([article("kranich.txt", "Zwei."), article("bridge.txt", "Two.")])
    indexer.remove(["kranich.txt"])
    assert (kept(store, "kranich.txt"), kept(store, "bridge.txt")) == ([], [TEXTS["bridge.txt"]])


def test_an_article_without_text_is_one_without_passages(
    store: EdgeStore, indexer: Indexer
) -> None:
    report = indexer.index([article("empty.txt", "")])
    assert (counts(report), report.passages) == ((1, 0, 0, 0), 0)
    assert readable(store) == {"empty.txt": ""}


def test_more_than_one_batch(
    store: EdgeStore, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.indexing._BATCH_ARTICLES", 2)
    monkeypatch.setattr("indexer.indexing._WRITE_POINTS", 3)
    seen = []
    many = [article(f"{i}.txt", f"Meldung Nummer {i}.") for i in range(4)] + articles()
    report = indexer.index(many, lambda r: seen.append((r.added, r.passages)))
    assert counts(report) == (7, 0, 0, 0)
    assert [added for added, _ in seen] == [2, 4, 6, 7]
    assert seen[-1][1] == report.passages == store.status().passages
    assert set(readable(store)) == {*TEXTS, *(f"{i}.txt" for i in range(4))}


# Errors among the input


def test_errors_in_the_stream_are_counted_and_passed_over(
    store: EdgeStore, indexer: Indexer
) -> None:
    bad = [SourceError("a.txt", "not UTF-8"), SourceError("b.jsonl", "no text", line=7)]
    first, *rest = articles()
    report = indexer.index([bad[0], first, bad[1], *rest])
    assert counts(report) == (3, 0, 0, 2)
    assert report.skipped == bad
    assert report.to_json()["skipped"] == [
        {"source": "a.txt", "line": None, "reason": "not UTF-8"},
        {"source": "b.jsonl", "line": 7, "reason": "no text"},
    ]
    assert readable(store) == TEXTS


@pytest.mark.parametrize("batch", [64, 1], ids=["one-batch", "two-batches"])
def test_the_first_of_two_with_one_id_is_kept(
    store: EdgeStore, indexer: Indexer, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("indexer.indexing._BATCH_ARTICLES", batch)
    second = article("kranich.txt", "Zweiter.", source="sub/zwei.jsonl")
    report = indexer.index([article("kranich.txt"), second])
    assert counts(report) == (1, 0, 0, 1)
    (error,) = report.skipped
    assert error.source == "sub/zwei.jsonl"
    assert "kranich.txt in /archive has it too" in str(error)
    assert readable(store) == {"kranich.txt": TEXTS["kranich.txt"]}


def test_an_id_of_another_source_is_an_error_that_names_both(
    tmp_path: Path, store: EdgeStore, indexer: Indexer
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for root in (here, there):
        root.mkdir()
        (root / "a.txt").write_text("x", "utf-8")
    mine = article("a.txt", "Eins.", source_root=str(here))
    indexer.index([mine])
    report = indexer.index([article("a.txt", "Zwei.", source_root=str(there))])
    assert counts(report) == (0, 0, 0, 1)
    assert report.skipped[0].source == "a.txt"
    assert "'a.txt'" in report.skipped[0].reason
    assert str(here / "a.txt") in report.skipped[0].reason
    assert store.articles(["a.txt"])["a.txt"].article == mine


@pytest.mark.parametrize(("first", "second"), [("-", "/archive"), ("/archive", "-")])
def test_standard_input_and_folders_do_not_take_ids_from_each_other(
    store: EdgeStore, indexer: Indexer, first: str, second: str
) -> None:
    indexer.index([article("a", "Eins.", source_root=first)])
    report = indexer.index([article("a", "Zwei.", source_root=second)])
    assert counts(report) == (0, 0, 0, 1)
    assert readable(store) == {"a": "Eins."}


@pytest.mark.parametrize("text", ["Eins.", "Zwei."], ids=["same-text", "other-text"])
def test_a_source_that_moved_is_adopted(
    tmp_path: Path, store: EdgeStore, indexer: Indexer, text: str
) -> None:
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    indexer.index([article("a.txt", "Eins.", source_root=old)])
    report = indexer.index([article("a.txt", text, source_root=new)])
    assert counts(report) == (0, int(text != "Eins."), int(text == "Eins."), 0)
    assert readable(store) == {"a.txt": text}
    assert store.articles(["a.txt"])["a.txt"].article.source_root == new
    assert store.list_articles(source_root=old) == ([], None)
    assert nothing_is_left_over(store)


# Removing


def test_remove_tells_how_many_and_which_were_unknown(
    store: EdgeStore, indexer: Indexer, unchanged: Indexer
) -> None:
    indexer.index(articles())
    gone = unchanged.remove(["lang.txt", "nobody", "kranich.txt", "nobody", "lang.txt"])
    assert gone == (2, ["nobody"])
    assert readable(store) == {"bridge.txt": TEXTS["bridge.txt"]}
    assert nothing_is_left_over(store)
    assert unchanged.remove([]) == (0, [])
    assert unchanged.remove(["lang.txt"]) == (0, ["lang.txt"])
    assert counts(indexer.index(articles())) == (2, 0, 1, 0)


# A writer that is killed


class Killed(BaseException):
    """Nothing in the product catches it, as nothing catches a kill."""


class Mortal(EdgeStore):
    """A store whose process dies right before or right after one of its steps."""

    def __init__(self, folder: Path, step: str, when: str) -> None:
        super().__init__(folder)
        self._death = step, when

    def _live(self, step: str, do: Callable[[], None]) -> None:
        if self._death == (step, "before"):
            raise Killed
        do()
        if self._death == (step, "after"):
            raise Killed

    def begin(self, article_ids: Sequence[str]) -> None:
        self._live("begin", lambda: super(Mortal, self).begin(article_ids))

    def write_passages(self, points: Sequence[PassagePoint]) -> None:
        self._live("write", lambda: super(Mortal, self).write_passages(points))

    def commit(self, articles: Iterable[tuple[Article, int]]) -> None:
        self._live("commit", lambda: super(Mortal, self).commit(articles))

    def keep_superseded(self, versions: Iterable[Superseded]) -> None:
        self._live("keep", lambda: super(Mortal, self).keep_superseded(versions))

    def drop_superseded(self, versions: Iterable[Superseded]) -> None:
        self._live("discard", lambda: super(Mortal, self).drop_superseded(versions))

    def forget(self, article_ids: Sequence[str]) -> None:
        self._live("forget", lambda: super(Mortal, self).forget(article_ids))

    def drop_passages(self, article_id: str, *, keep: str | None) -> None:
        self._live("drop", lambda: super(Mortal, self).drop_passages(article_id, keep=keep))

    def end(self) -> None:
        self._live("end", lambda: super(Mortal, self).end())


CHANGED = {"kranich.txt": "Der Storch zieht.", "lang.txt": "Kurz.", "neu.txt": "Ein neuer Text."}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["begin", "write", "keep", "discard", "commit", "drop", "end"])
def test_killed_at_any_step_nothing_is_absent_and_the_next_run_finishes(
    folder: Path, embedder: Embedder, step: str, when: str
) -> None:
    first = EdgeStore(folder)
    Indexer(first, lambda: embedder, SETTINGS).index(articles())
    first.close()
    changed = [article(name, text) for name, text in CHANGED.items()]

    mortal = Mortal(folder, step, when)
    with pytest.raises(Killed):
        Indexer(mortal, lambda: embedder, SETTINGS).index(changed)
    mortal.close()

    again = EdgeStore(folder)
    committed = (step, when) in {("commit", "after"), ("drop", "before"), ("drop", "after")} or (
        step == "end"
    )
    assert readable(again) == (TEXTS | CHANGED if committed else TEXTS)
    Indexer(again, no_model, SETTINGS).recover()
    assert nothing_is_left_over(again)
    assert readable(again) == (TEXTS | CHANGED if committed else TEXTS)
    report = Indexer(again, lambda: embedder, SETTINGS).index(changed)
    assert counts(report) == ((0, 0, 3, 0) if committed else (1, 2, 0, 0))
    assert readable(again) == TEXTS | CHANGED
    assert nothing_is_left_over(again)
    for name, text in TEXTS.items():
        assert kept(again, name) == ([text] if name in CHANGED else [])
    again.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["begin", "forget", "drop", "discard", "end"])
def test_killed_while_removing_nothing_is_half_there(
    folder: Path, embedder: Embedder, step: str, when: str
) -> None:
    first = EdgeStore(folder)
    for text in (LONG, TEXTS["kranich.txt"]):
        Indexer(first, lambda: embedder, SETTINGS).index([article("kranich.txt", text)])
    Indexer(first, lambda: embedder, SETTINGS).index(articles())
    first.close()

    mortal = Mortal(folder, step, when)
    with pytest.raises(Killed):
        Indexer(mortal, no_model, SETTINGS).remove(["kranich.txt", "lang.txt"])
    mortal.close()

    again = EdgeStore(folder)
    indexer = Indexer(again, no_model, SETTINGS)
    indexer.recover()
    forgotten = step not in {"begin", "forget"} or (step, when) == ("forget", "after")
    assert len(readable(again)) == (1 if forgotten else 3)
    assert nothing_is_left_over(again)
    assert kept(again, "kranich.txt") == ([] if forgotten else [LONG])
    indexer.remove(["kranich.txt", "lang.txt"])
    assert readable(again) == {"bridge.txt": TEXTS["bridge.txt"]}
    assert nothing_is_left_over(again)
    again.close()


# Reports


def test_reports_add_up_and_survive_json() -> None:
    one = Report(added=1, updated=2, passages=9, seconds=0.5, skipped=[SourceError("a", "b")])
    one.merge(Report(added=10, unchanged=3, removed=4, passages=1, seconds=1.25))
    value = one.to_json()
    assert value == {
        "articles": {"added": 11, "updated": 2, "unchanged": 3, "removed": 4, "skipped": 1},
        "passages": 10,
        "seconds": 1.75,
        "skipped": [{"source": "a", "line": None, "reason": "b"}],
    }
    assert Report.from_json(value).to_json() == value


# What a source no longer has

STORED = [("a.txt", "a.txt"), ("sub/b.txt", "sub/b.txt"), ("c-1", "c.jsonl"), ("c-2", "c.jsonl")]


@pytest.mark.parametrize(
    ("file", "seen", "failed", "gone"),
    [
        pytest.param(None, {"a.txt", "sub/b.txt", "c-1", "c-2"}, [], [], id="all-there"),
        pytest.param(None, {"a.txt", "c-1"}, [], ["sub/b.txt", "c-2"], id="some-gone"),
        pytest.param(None, set(), [], ["a.txt", "sub/b.txt", "c-1", "c-2"], id="all-gone"),
        pytest.param("c.jsonl", {"c-1"}, [], ["c-2"], id="one-file-only"),
        pytest.param(None, {"a.txt", "sub/b.txt", "c-1"}, ["c.jsonl"], [], id="unreadable-line"),
        pytest.param(None, {"a.txt", "c-1", "c-2"}, ["sub"], [], id="unreadable-folder"),
        pytest.param(None, set(), ["/archive"], [], id="unreadable-root"),
        pytest.param(None, {"c-1", "c-2"}, ["su"], ["a.txt", "sub/b.txt"], id="a-part-of-a-name"),
    ],
)
def test_vanished(file: str | None, seen: set[str], failed: list[str], gone: list[str]) -> None:
    assert vanished(STORED, Source("/archive", file), seen, failed) == gone
