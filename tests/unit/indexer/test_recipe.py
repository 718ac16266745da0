"""Recipe: what an index remembers, and when that is another than the one asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from indexer import lexical
from indexer.errors import RecipeMismatch
from indexer.recipe import FORMAT, Recipe
from indexer.tokens import TOKENIZER

RECIPE = Recipe("a-model", 384, 320, 48)


def test_a_recipe_knows_what_this_release_does() -> None:
    assert RECIPE.tokenizer == TOKENIZER
    assert RECIPE.lexical == lexical.SETTINGS
    assert RECIPE.format == FORMAT


def test_it_survives_json() -> None:
    assert Recipe.from_json(json.loads(json.dumps(RECIPE.to_json()))) == RECIPE


def test_keys_of_a_later_release_of_the_same_format_are_left_out() -> None:
    assert Recipe.from_json(RECIPE.to_json() | {"later": 1}) == RECIPE


def test_a_newer_format_is_refused_with_advice() -> None:
    with pytest.raises(RecipeMismatch, match=rf"format {FORMAT + 1}.*upgrade Fundstelle"):
        Recipe.from_json(RECIPE.to_json() | {"format": FORMAT + 1})


def test_changing_a_recipe_leaves_the_settings_alone() -> None:
    mine = Recipe("a-model", 384, 320, 48)
    assert isinstance(mine.lexical, dict)
    mine.lexical["k"] = 99
    assert lexical.SETTINGS["k"] != 99
    assert RECIPE.lexical["k"] != 99


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "another"}, "model 'a-model' (asked for: 'another')"),
        ({"dimension": 768}, "dimension 384 (asked for: 768)"),
        ({"passage_tokens": 128}, "passage_tokens 320 (asked for: 128)"),
        ({"passage_overlap": 0}, "passage_overlap 48 (asked for: 0)"),
        ({"tokenizer": "other"}, "(asked for: 'other')"),
        ({"lexical": {"method": "bm25"}}, "(asked for: {'method': 'bm25'})"),
        ({"format": 0}, f"format {FORMAT} (asked for: 0)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_difference_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeMismatch) as caught:
        RECIPE.require(replace(RECIPE, **change), "/the/index")
    assert named in str(caught.value)
    assert "/the/index" in str(caught.value)
    assert "'fundstelle reindex'" in str(caught.value)
    assert str(caught.value).count("asked for") == 1


def test_the_same_recipe_is_welcome() -> None:
    RECIPE.require(Recipe("a-model", 384, 320, 48), "here")
    RECIPE.require_settings(None, None, None, "here")
    RECIPE.require_settings("a-model", 320, 48, "here")


@pytest.mark.parametrize(
    "asked",
    [("another", None, None), (None, 128, None), (None, None, 0)],
    ids=["model", "tokens", "overlap"],
)
def test_a_setting_that_differs_is_refused(asked: tuple[Any, Any, Any]) -> None:
    with pytest.raises(RecipeMismatch, match="asked for"):
        RECIPE.require_settings(*asked, "here")


@pytest.mark.parametrize("change", [{"tokenizer": "older"}, {"lexical": {"method": "tf-idf"}}])
def test_an_index_that_this_release_would_build_otherwise_is_refused(
    change: dict[str, Any],
) -> None:
    with pytest.raises(RecipeMismatch, match=next(iter(change))):
        replace(RECIPE, **change).require_settings(None, None, None, "here")
