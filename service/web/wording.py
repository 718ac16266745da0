"""What the reader's page says, in German and English, and which of the two is wanted.

The page on which questions are asked has words of its own, in ``static/words.js``.
"""

from __future__ import annotations

from datetime import date

from babel import Locale
from babel.dates import format_date

LANGUAGES = ("en", "de")

_WORDS = {
    "en": {
        "skip": "Skip to the article",
        "back": "Ask the archive",
        "source": "Original",
        "by": "By {}",
        "untitled": "Untitled article",
        "changed": "The article has changed since it was cited, so the place is not marked.",
        "moved": "The article has changed since it was cited; it still says what is marked.",
        "outside": (
            "The link points at characters {} to {}, and the article has {}. "
            "It is shown without a mark."
        ),
        "missing": "Not in the archive",
        "missing_detail": "The archive has no article “{}”. It may have been removed.",
        "failed": "This page can't be shown",
        "sign_in": "Sign in",
        "sign_in_why": "This archive is open to those who have a key for it.",
        "key": "Your key (it begins with fs_)",
        "wrong_key": (
            "This key doesn't open the archive, or no longer does. Check it for typing errors."
        ),
    },
    "de": {
        "skip": "Zum Artikel springen",
        "back": "Das Archiv fragen",
        "source": "Original",
        "by": "Von {}",
        "untitled": "Artikel ohne Titel",
        "changed": (
            "Der Artikel hat sich geändert, seit er zitiert wurde; "
            "die Stelle ist deshalb nicht markiert."
        ),
        "moved": (
            "Der Artikel hat sich geändert, seit er zitiert wurde; "
            "was markiert ist, steht weiterhin darin."
        ),
        "outside": (
            "Der Link nennt die Zeichen {} bis {}, der Artikel hat {}. "
            "Er wird ohne Markierung gezeigt."
        ),
        "missing": "Nicht im Archiv",
        "missing_detail": (
            "Das Archiv hat keinen Artikel „{}“. Vielleicht wurde er inzwischen entfernt."
        ),
        "failed": "Diese Seite kann nicht gezeigt werden",
        "sign_in": "Anmelden",
        "sign_in_why": "Dieses Archiv steht allen offen, die einen Schlüssel dafür haben.",
        "key": "Ihr Schlüssel (er beginnt mit fs_)",
        "wrong_key": (
            "Dieser Schlüssel öffnet das Archiv nicht oder nicht mehr. "
            "Prüfen Sie ihn auf Tippfehler."
        ),
    },
}


class Wording:
    """The words of one language. ``{}`` in them stands for what is given."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._locale = Locale.parse(language)

    def say(self, key: str, *given: object) -> str:
        """The words for ``key``."""
        return _WORDS[self.language][key].format(*given)

    def day(self, published_at: str) -> str:
        """The day of an ISO 8601 date or date-time, written out."""
        return format_date(date.fromisoformat(published_at[:10]), "long", self._locale)

    def language_name(self, code: str) -> str:
        """What a language is called, its code where that is not known."""
        name: str = self._locale.languages.get(code, code)
        return name


def wording(asked: str | None, accept_language: str) -> Wording:
    """The words that ``asked`` names, else the first that a browser accepts, else English."""
    wanted = [asked or "", *_by_preference(accept_language)]
    return Wording(next((code for code in wanted if code in LANGUAGES), LANGUAGES[0]))


def _by_preference(accept_language: str) -> list[str]:
    ranked = []
    for item in accept_language.split(","):
        tag, _, weight = item.partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        ranked.append((quality, tag.strip().partition("-")[0].lower()))
    return [code for quality, code in sorted(ranked, key=lambda r: -r[0]) if quality > 0]
