"""Remembered articles: never an older version than the store has been seen to hold."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from indexer.article import Article
from indexer.points import article_payload, stored_article
from indexer.store import StoredArticle
from indexer.stores.article_cache import ArticleCache


def stored(name: str, text: str = "Ein Satz.") -> StoredArticle:
    return stored_article(article_payload(Article(name, text), 1))


def remember(cache: ArticleCache, *articles: StoredArticle) -> None:
    _, moment = cache.known([])
    cache.remember({a.article.id: a for a in articles}, moment)


def test_what_was_looked_up_is_known_and_nothing_else() -> None:
    cache, a = ArticleCache(), stored("a")
    remember(cache, a)
    assert cache.known(["a", "b", "a"])[0] == {"a": a}


def test_what_changes_is_forgotten_at_once_and_the_others_stay() -> None:
    cache, a, b = ArticleCache(), stored("a"), stored("b")
    remember(cache, a, b)
    with cache.changing(["a", "never seen"]):
        assert cache.known(["a", "b"])[0] == {"b": b}
    assert cache.known(["a", "b"])[0] == {"b": b}


@pytest.mark.parametrize("when", ["before", "while", "within"])
def test_what_was_looked_up_while_something_changed_is_not_remembered(when: str) -> None:
    cache, old = ArticleCache(), stored("a")
    _, moment = cache.known(["a"])
    with cache.changing(["a"]):
        if when != "before":
            _, moment = cache.known(["a"])
        if when == "within":
            cache.remember({"a": old}, moment)
    if when != "within":
        cache.remember({"a": old}, moment)
    assert cache.known(["a"])[0] == {}


def test_the_one_that_was_asked_for_longest_ago_makes_room() -> None:
    cache = ArticleCache(size=2)
    remember(cache, stored("a"), stored("b"))
    cache.known(["a"])
    remember(cache, stored("c"))
    assert cache.known(["a", "b", "c"])[0].keys() == {"a", "c"}


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns so often that every order of steps comes up."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_no_reader_goes_back_in_time() -> None:
    """Readers of a store of one number, as ``EdgeStore`` reads it, while that is counted up."""
    cache, number, stop = ArticleCache(), [0], threading.Event()
    wrong: list[tuple[int, int]] = []

    def read() -> None:
        seen = 0
        while not stop.is_set():
            known, moment = cache.known(["a"])
            if not known:
                known = {"a": stored("a", str(number[0]))}
                cache.remember(known, moment)
            # The text is that of the article here, which says which version it is.
            found = int(known["a"].article.text)
            if found < seen:
                wrong.append((seen, found))
            seen = found

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for following in range(1, 400):
        with cache.changing(["a"]):
            number[0] = following
        time.sleep(0.0005)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert cache.known(["a"])[0] == {} or cache.known(["a"])[0]["a"].article.text == "399"
