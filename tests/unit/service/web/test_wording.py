"""Which language the reader's page speaks, and that it has all words in each."""

from __future__ import annotations

import pytest

from service.web import wording as module
from service.web.wording import Wording, wording


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "de-CH,de;q=0.9,en;q=0.8", "de"),
        (None, "fr, en;q=0.5, de;q=0.6", "de"),
        (None, "de;q=0, en;q=0.1", "en"),
        (None, "*, de;q=abc, ;;,", "en"),
        ("de", "en", "de"),
        ("xx", "de", "de"),
    ],
)
def test_the_language(asked: str | None, accepted: str, language: str) -> None:
    assert wording(asked, accepted).language == language


def test_both_languages_say_the_same() -> None:
    german, english = (module._WORDS[code] for code in ("de", "en"))
    assert german.keys() == english.keys()
    for key in german:
        assert german[key].count("{}") == english[key].count("{}"), key


def test_days_and_names() -> None:
    german = Wording("de")
    assert german.day("2025-11-03T08:30:00Z") == "3. November 2025"
    assert Wording("en").day("2025-11-03") == "November 3, 2025"
    assert (german.language_name("uk"), german.language_name("xx")) == ("Ukrainisch", "xx")


def test_what_is_given_is_put_in_as_it_is() -> None:
    assert Wording("en").say("by", "{} {0}") == "By {} {0}"
