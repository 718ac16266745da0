"""Whether two answers say the same: numbers by value, names by sound, and else no verdict."""

from __future__ import annotations

import pytest

from service.same_answer import Said, Verdict, compare

_TABLE: list[tuple[Said, Said, Verdict]] = [
    (Said("Charles River", "en"), Said("charles river.", "en"), "same"),
    (Said("640 000 Euro", "de"), Said("0,64 Millionen Euro", "de"), "same"),
    (Said("vierzehn", "de"), Said("14", "en"), "same"),
    (Said("Kiew", "de"), Said("Kyiv", "en"), "same"),
    (Said("Wolodymyr Selenskyj", "de"), Said("Volodymyr Zelensky", "en"), "same"),
    (Said("neun", "de"), Said("vierzehn", "de"), "different"),
    (Said("neun Menschen", "de"), Said("14", "en", after=" people were hurt"), "different"),
    (Said("3,4 Millionen Euro", "de"), Said("5 million euros", "en"), "different"),
    # Both may be right.
    (Said("rund 3.000", "de"), Said("2.500", "de"), "unclear"),
    (Said("3.000", "de", before="kamen mehr als "), Said("3.500", "de"), "unclear"),
    (Said("at least 9", "en"), Said("14", "en"), "unclear"),
    (Said("4.300", "de"), Said("4.321", "de"), "unclear"),
    (Said("neun Menschen", "de"), Said("neun Menschen und zwei Hunde", "de"), "unclear"),
    (Said("zwei Jahre", "de"), Said("40 Euro", "de"), "unclear"),
    (Said("zwei", "de", after=" Jahre"), Said("40", "de", after=" Euro"), "unclear"),
    (Said("19.11.", "de"), Said("20.11.", "de"), "unclear"),
    (Said("neun", "de"), Said("niemand", "de"), "unclear"),
    (Said("Brigitte Muster", "de"), Said("Philipp Urban", "de"), "unclear"),
    (Said("wegen Gewalt", "de"), Said("weil er zuschlug", "de"), "unclear"),
    (Said("Berlin", "de"), Said("Berlin und Bonn", "de"), "unclear"),
]


@pytest.mark.parametrize(("one", "other", "verdict"), _TABLE)
def test_two_answers(one: Said, other: Said, verdict: Verdict) -> None:
    assert compare(one, other) == verdict
    assert compare(other, one) == verdict
