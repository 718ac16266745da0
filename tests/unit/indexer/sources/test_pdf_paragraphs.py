"""Paragraphs: lines that belong together, whatever page or column they stand in."""

from __future__ import annotations

import pytest

from indexer.sources.pdf_lines import Line, Page
from indexer.sources.pdf_paragraphs import paragraphs


def _page(*lines: tuple[str, float, float]) -> Page:
    return Page([Line(text, x, y, 10.0) for text, x, y in lines], 800.0)


def _texts(*pages: Page) -> list[str]:
    return [paragraph.text for paragraph in paragraphs(pages)]


def test_no_page_and_no_line_have_none() -> None:
    assert paragraphs([]) == []
    assert paragraphs([_page()]) == []


def test_ligatures_become_letters() -> None:
    assert _texts(_page(("oﬀenbar geﬂogen, eﬃzient", 50, 400))) == ["offenbar geflogen, effizient"]


@pytest.mark.parametrize(
    ("end", "found"),
    [
        ("und vertagte sich auf", ["Der Rat tagte und vertagte sich auf den Dienstag."]),
        ("und vertagte sich.", ["Der Rat tagte und vertagte sich.", "den Dienstag."]),
    ],
)
def test_a_sentence_goes_on_in_the_next_column(end: str, found: list[str]) -> None:
    page = _page(("Der Rat tagte", 50, 412), (end, 50, 400), ("den Dienstag.", 300, 600))
    assert _texts(page) == found


def test_a_short_line_that_ends_a_sentence_ends_a_paragraph() -> None:
    page = _page(
        ("Der Rat von Lindstetten tagte lange und gab", 50, 424),
        ("auf.", 50, 412),
        ("Am Dienstag tagt er noch einmal, und dann", 50, 400),
        ("wieder am Mittwoch.", 50, 388),
    )
    assert len(_texts(page)) == 2


@pytest.mark.parametrize("number", ["7", "- 7 -", "Seite 7 von 12", "page 7 of 12", "7/12", "S. 7"])
def test_page_numbers_are_no_text(number: str) -> None:
    page = _page(("Der Rat tagte lange und gab auf.", 50, 400), (number, 300, 20))
    assert _texts(page) == ["Der Rat tagte lange und gab auf."]


def test_a_number_within_the_page_stays() -> None:
    assert _texts(_page(("Der Rat hat", 50, 412), ("31", 50, 400))) == ["Der Rat hat 31"]
