"""What a span must not part: a number and its unit, a date, brackets and quotation marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.article import Span
from service.wholes import whole

_TABLE = [
    # text, what the reader marked, what is shown
    ("Er wird für 3,4 Millionen Euro saniert.", "3,4", "3,4 Millionen Euro"),
    ("Er wird für 3,4 Millionen Euro saniert.", "3,4 Millionen", "3,4 Millionen Euro"),
    ("Er wird für 3,4 Millionen Euro saniert.", "Millionen Euro", "3,4 Millionen Euro"),
    ("Er wird für 3,4 Millionen Euro saniert.", "Euro", "3,4 Millionen Euro"),
    ("Er wird für 3,4 Millionen Euro saniert.", "saniert", "saniert"),
    ("Das kostet 3,4 Mio. Euro.", "3,4 Mio", "3,4 Mio. Euro"),
    ("Es waren 3,4 Millionen.", "3,4", "3,4 Millionen"),
    ("It cost $ 5 million in 2019.", "5", "$ 5 million"),
    ("It cost US$ 291.6 million.", "291.6", "291.6 million"),
    ("Im Jahr 2019 5,3 % mehr", "5,3 %", "5,3 %"),
    ("Es sind 640 000 Liter.", "640", "640 000 Liter"),
    ("Es sind 5 %.", "5", "5 %"),
    ("It lasted 90 minutes.", "90", "90 minutes"),
    ("Es kamen 34.000 Menschen.", "34.000", "34.000"),
    ("Um 18:30 Uhr", "18:30", "18:30 Uhr"),
    ("Am 6. Oktober 1973 begann es.", "Oktober", "6. Oktober 1973"),
    ("Am 6. Oktober 1973 begann es.", "6. Oktober", "6. Oktober 1973"),
    ("Am 6. Oktober 1973 begann es.", "1973", "6. Oktober 1973"),
    ("on October 6, 1973", "1973", "October 6, 1973"),
    ("on October 6 it began", "October", "October 6"),
    ("le 19 novembre 2025", "novembre", "19 novembre 2025"),
    ("Es war im Oktober.", "Oktober", "Oktober"),
    ("Am 19.11.2025", "2025", "19.11.2025"),
    ("der Behörde (BaFin), die", "Behörde (BaFin", "Behörde (BaFin)"),
    ("der (genetische Zweig) dort", "Zweig)", "(genetische Zweig)"),
    ("der (erste) oder (zweite) Zweig", "erste) oder (zweite", "erste) oder (zweite"),
    ("Sie will „die Hydra“ zerstören.", "Hydra“ zerstören", "„die Hydra“ zerstören"),
    ("Der Film „Van Helsing“ kam.", "Film „Van Helsing", "Film „Van Helsing“"),
    ("Der Film „Van\nHelsing“ kam.", "Film „Van", "Film „Van"),
    ("Der Film »Van Helsing« kam.", "Film »Van Helsing", "Film »Van Helsing«"),
    ("Le film «Van Helsing» est", "film «Van Helsing", "film «Van Helsing»"),
    ("", "", ""),
]


@pytest.mark.parametrize(("text", "marked", "shown"), _TABLE)
def test_a_span_grows_until_it_cuts_nothing(text: str, marked: str, shown: str) -> None:
    start = text.index(marked)
    span = whole(text, Span(start, start + len(marked)))
    assert text[span.start : span.end] == shown


_PARTS = st.sampled_from(
    [
        *("3,4", "2019", "640 000", "Millionen", "Mio.", "Euro", "%", "km", "6.", "Oktober"),
        *("1973", "„", "“", "«", "»", "(", ")", "wort", "\n", " ", ".", ",", "$"),
    ]
)


@st.composite
def _texts_with_spans(draw: st.DrawFn) -> tuple[str, Span]:
    text = " ".join(draw(st.lists(_PARTS, max_size=20)))
    start = draw(st.integers(0, len(text)))
    return text, Span(start, draw(st.integers(start, len(text))))


@given(_texts_with_spans())
def test_it_only_grows_and_stays_in_the_text_and_its_line(given_: tuple[str, Span]) -> None:
    text, span = given_
    found = whole(text, span)
    assert 0 <= found.start <= span.start
    assert span.end <= found.end <= len(text)
    assert "\n" not in text[found.start : span.start] + text[span.end : found.end]
    if span.start == span.end:
        assert found == span
