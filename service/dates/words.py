"""How languages speak of time: names of months by CLDR, and a few words of our own.

English, German and French are known in full; in other languages dates with a month's
name or in figures are, but neither "last week" nor "since".
"""

from __future__ import annotations

import re
from functools import cache

#: Languages whose names of months are known; none of them has a name that is another's month.
MONTHS_IN = ("en", "de", "fr", "es", "it", "pt", "nl", "no", "sv", "da", "uk", "pl")

#: What stands before a date and makes it the beginning or the end of a time.
SINCE = r"since|from|seit|ab|depuis|à partir de|dès"
AFTER = r"after|nach|après"
BEFORE = r"before|prior to|vor|avant"
UNTIL = r"until|till|by|bis|jusqu['’]en|jusqu['’]à"
BETWEEN = r"between|from|zwischen|von|entre|de"

#: A unit of time, in any of its forms.
UNITS = {
    "day": r"days?|tag(?:e|en)?|jours?",
    "week": r"weeks?|wochen?|semaines?",
    "month": r"months?|monat(?:e|en|s)?|mois",
    "year": r"years?|jahr(?:e|en|es)?|ans?|années?",
}
#: The unit before this one: "last week", "vorige Woche", "la semaine dernière".
LAST = r"last|previous|letzte[nmrs]?|vorige[nmrs]?|vergangene[nmrs]?"
LAST_BEHIND = r"dernière?|passée?"
#: The unit that goes on: "this week".
THIS = r"this|diese[nmrs]?|ce|cet|cette"
#: Some of them up to now: "in the last three weeks".
PAST = r"last|past|letzten|vergangenen|derniers|dernières"

#: Single days, by how long ago they are.
DAYS_AGO = {
    0: r"today|heute|aujourd['’]hui",
    # "hier" alone is German for here.
    1: r"yesterday|gestern|hier (?:soir|matin)",
    2: r"day before yesterday|vorgestern|avant-hier",
}
NUMBERS = {
    word: number
    for words in (
        "one two three four five six seven eight nine ten eleven twelve",
        "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "un deux trois quatre cinq six sept huit neuf dix onze douze",
    )
    for number, word in enumerate(words.split(), 1)
} | {"a": 1, "eine": 1, "einem": 1, "einer": 1, "une": 1}


@cache
def months() -> dict[str, int]:
    """Every name and abbreviation of a month, in small letters and without its point."""
    from babel import Locale

    found: dict[str, int] = {}
    for language in MONTHS_IN:
        names = Locale.parse(language).months
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in names.get(use, {}).get(width, {}).items():
                    plain = name.lower().rstrip(".")
                    if len(plain) > 2:
                        found.setdefault(plain, number)
    return found


@cache
def month_pattern() -> str:
    """A pattern for any of them, the longest first, with or without its point."""
    names = sorted(months(), key=len, reverse=True)
    return rf"(?:{'|'.join(map(re.escape, names))})\b\.?"
