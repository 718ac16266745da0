"""Stories: copies stand together, other reports on the same event don't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from service.stories.copies import Stories
from tests.copies import credited, cut, edited, other_headline, report_on_the_same, stored, story


@pytest.mark.parametrize("edit", [other_headline, credited, cut, edited])
def test_a_copy_is_recognised(seeds: Path, edit: Callable[[str], str]) -> None:
    text = story(seeds)
    stories = Stories({"a": stored("a", text), "b": stored("b", edit(text))})
    assert stories.copies("a") == {"b"}
    assert stories.copies("b") == {"a"}


def test_another_report_on_the_same_event_is_no_copy(seeds: Path) -> None:
    text = story(seeds)
    stories = Stories({"a": stored("a", text), "b": stored("b", report_on_the_same(seeds))})
    assert stories.copies("a") == stories.copies("b") == frozenset()


def test_a_digest_does_not_tie_its_reports_together(seeds: Path) -> None:
    others = " ".join(
        path.read_text("utf-8") for path in sorted(seeds.glob("*.txt")) if "tram" not in path.name
    )
    text = story(seeds)
    stories = Stories({"a": stored("a", text), "digest": stored("digest", f"{text} {others}")})
    assert stories.copies("a") == frozenset()


def test_an_article_without_a_signature_stands_alone(seeds: Path) -> None:
    old = replace(stored("b", story(seeds)), signature=None)
    stories = Stories({"a": stored("a", story(seeds)), "b": old})
    assert stories.copies("a") == stories.copies("b") == frozenset()
    assert stories.copies("unknown") == frozenset()
