"""One suite over the generations of every kind of store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.errors import IndexNotFound
from indexer.store import PassageStore
from tests.contract.test_store import RECIPE, Place, article, place, point, write

__all__ = ["place"]
OTHER = replace(RECIPE, model="another", dimension=4)


def ids(store: PassageStore) -> list[str]:
    return sorted(s.article.id for s in store.list_articles()[0])


def test_the_next_one_is_not_in_use_until_it_is_switched_to(place: Place) -> None:
    first = place.open()
    write(first, point(article("a")))
    generations = place.generations()
    assert (generations.current(), generations.old()) == ("1", [])
    name = generations.make(OTHER)
    following = generations.open(name)
    write(following, point(article("b"), [1.0, 0.0, 0.0, 0.0]))
    assert (generations.current(), ids(first), ids(following)) == ("1", ["a"], ["b"])
    generations.switch(name)
    assert (generations.current(), generations.old()) == ("2", ["1"])
    assert (following.recipe, following.status().generation) == (OTHER, "2")
    first.close()
    generations.drop("1")
    assert generations.old() == []
    following.close()
    again = place.open(None)
    assert (again.recipe, ids(again)) == (OTHER, ["b"])
    again.close()


@pytest.mark.parametrize(
    ("recipe", "resume", "left"),
    [(OTHER, True, ["b"]), (OTHER, False, []), (replace(OTHER, passage_tokens=99), True, [])],
    ids=["resumed", "begun anew", "of another recipe"],
)
def test_one_that_was_begun_is_gone_on_with_or_makes_way(
    place: Place, recipe: object, resume: bool, left: list[str]
) -> None:
    place.open().close()
    generations = place.generations()
    begun = generations.open(generations.make(OTHER))
    write(begun, point(article("b"), [1.0, 0.0, 0.0, 0.0]))
    begun.close()
    again = generations.open(generations.make(recipe, resume=resume))  # type: ignore[arg-type]
    assert (again.recipe, ids(again)) == (recipe, left)
    again.close()
    assert generations.current() == "1"


def test_without_any_there_is_no_index(place: Place) -> None:
    generations = place.generations()
    with pytest.raises(IndexNotFound, match="fundstelle index PATH"):
        generations.current()
    assert generations.old() == []
