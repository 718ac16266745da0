"""Answers of another kind than was asked for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from service.answer_kind import fits, has_number

_TABLE = [
    # question, answer, what follows it in the article, whether it fits
    ("How many aircraft were chartered?", "zehn", " Flugzeuge", True),
    ("How many aircraft were chartered?", "zehn Millionen Kronen", "", False),
    ("How many aircraft were chartered?", "zehn Millionen", " Euro", False),
    ("How many people were for it?", "62.3 per cent", "", True),
    ("How many euros were paid?", "zehn Millionen Euro", "", True),
    ("How many people came?", "die Bürgermeisterin", " kam", False),
    ("How many people came?", "einundzwanzig", " Gäste", True),
    ("How many people came?", "niemand", "", True),
    ("Wie viele Menschen kamen?", "Hunderte", " Menschen", True),
    ("Wie viele Menschen kamen?", "am Hafen", "", False),
    ("Combien de personnes sont venues ?", "am Hafen", "", False),
    ("Скільки людей прийшло?", "am Hafen", "", False),
    ("Скільки заплатили за акцію?", "zwei US-Dollar", "", True),
    ("How much does it cost?", "3,4 Millionen Euro", "", True),
    ("How much does it cost?", "der Leuchtturm", "", False),
    ("What annual salary did he earn?", "zehn Jahre", "", False),
    ("What annual salary did he earn?", "300.000 Euro", "", True),
    ("What annual salary did he earn?", "300.000", "", True),
    ("Welchen Betrag zahlte er?", "16 Kilometer", "", False),
    ("How long does it take to walk there?", "16 Kilometer", "", False),
    ("How long does it take to walk there?", "zwei Stunden", "", True),
    ("Wie lange dauert es?", "bis Freitag", "", True),
    ("How long is the bridge?", "16 Kilometer", "", True),
    ("Who built the bridge?", "3,4 Millionen Euro", "", False),
    ("Who built the bridge?", "die Firma 3M", "", True),
    ("Where was it found?", "am Hafen", "", True),
    # Nothing is said of what other questions ask for.
    ("What determines how much is saved?", "der Fahrstil", "", True),
    ("Why did it cost so much?", "der Preis der Kohle", "", True),
    ("Which monastery was it?", "Almosen", "", True),
]


@pytest.mark.parametrize(("question", "answer", "after", "fitting"), _TABLE)
def test_kinds(question: str, answer: str, after: str, fitting: bool) -> None:
    assert fits(question, answer, after) is fitting


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("½", True),
        ("dreiundvierzig", True),
        ("two-thirds", True),
        ("both", True),
        ("zweieinhalb", True),
        ("der Leuchtturm", False),
        ("", False),
    ],
)
def test_numbers_in_words(text: str, number: bool) -> None:
    assert has_number(text) is number


def test_the_right_answers_of_3111_questions_fit(shared: Path) -> None:
    """Right answers that the rules take for wrong are worse than wrong ones that they miss."""
    lines = gzip.decompress((shared / "reader/train/wikinews-train.jsonl.gz").read_bytes())
    misfits, asked = 0, 0
    for line in map(json.loads, lines.splitlines()):
        article = (shared / "corpora/wikinews-de" / line["article"]).read_text("utf-8")
        end = max(0, article.find(line["evidence"]))
        end = article.find(line["answer"], end) + len(line["answer"])
        for question in line["questions"].values():
            asked += 1
            misfits += not fits(question, line["answer"], article[end : end + 30])
    assert asked > 8000
    assert misfits <= 4
