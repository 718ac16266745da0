"""Whether an answer is of the kind that a question asks for.

A reader asked "how many aircraft" marks the one sum of money of the passage if there is no
number of aircraft. Rules for numbers, money and times find the clearest of these; names and
everything else are left to the reader. What a misfit is worth is weighed in
``confidence.py``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from service.measures import CURRENCY, LENGTH, TIME
from service.support.number_words import SCALES, number_words

# What is counted is no sum of money, and a number is said of it.
_COUNT = re.compile(
    r"\b(?:how\s+many|wie\s*viele[nrs]?|cuánt[oa]s|quant[ie]|ilu)\b|\bcombien\s+d(?:e\b|['’])",
    re.I,
)
_AMOUNT = re.compile(
    r"\b(?:how\s+(?:much|fast|tall|heavy)|(?:what|which)\s+(?:percentage|share|proportion|speed)"
    r"|wie\s*viel|wie\s+(?:schnell|schwer)|welche[rnms]?\s+(?:geschwindigkeit|anteil|prozentsatz)"
    r"|combien|quel\s+pourcentage|quelle\s+vitesse|cuánto|qué\s+porcentaje|quanto"
    r"|quale\s+percentuale|hoeveel|сколько|скільки|kaç|ne\s+kadar)\b",
    re.I,
)
_MONEY = re.compile(
    r"\b(?:what|which)\s+(?:\w+\s+)?(?:salary|wages?|price|fee|fine|sum)\b"
    r"|\bwelche[nrms]?\s+(?:\w+\s+)?(?:(?:jahres|monats)?(?:gehalt|lohn)|preis|(?:geld)?betrag"
    r"|geldsumme|summe|geldstrafe|bußgeld)\b"
    r"|\bquel(?:le)?\s+(?:salaire|prix|somme)\b|\b(?:qué|cuál\s+\w+\s+el)\s+(?:salario|precio)\b",
    re.I,
)
_LASTS = re.compile(
    r"\bhow\s+long\s+(?:(?:do|does|did|will)\s+it\s+take|(?:\w+\s+){2,8}(?:take|last))\b"
    r"|\bwie\s+lange\b",
    re.I,
)
# In front of "how much" another question is asked: "What determines how much is saved?"
_ELSE = re.compile(
    r"\b(?:what|who|why|when|was|wer|warum|wann|wovon|que|qui|cosa|чому|якої)\b", re.I
)
_PERSON_OR_PLACE = re.compile(r"^\W*(?:who|whom|where|wer|wen|wem|wo|wohin|woher)\b", re.I)

_UNITS = [re.compile(pattern, re.I) for pattern in (CURRENCY, TIME, LENGTH)]
_WORD = re.compile(r"[^\W\d_]+")
_NUMERAL = re.compile(
    r"\w*(?:hundert|tausend|zig|million|milliarde|zehn)\w*|\w+(?:teen|ty)"
    r"|ein(?:e[nmrs]?|mal|zige\w*)?|one|once|an?|kein\w*|none|no|nobody|niemand|null|zero"
    r"|beide\w*|both|halb\w*|half|hälfte|drittel|viertel|third|quarter|\w*fach\w*|doppel\w*|double"
    r"|verdoppel\w*|mehrere\w*|several|viele\w*|many|dutzend\w*|dozens?|hunderte\w*|alle\w*|all"
    r"|einzig\w*|\w*prozent\w*|\w*(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|elf|zwölf)\w*",
    re.I,
)


def fits(question: str, answer: str, after: str) -> bool:
    """Whether an answer may be of the kind that is asked for; True where no rule says no.

    ``after`` is what follows the answer in its article, for a unit that it leaves out.
    """
    number = has_number(answer)
    money, time, length = (
        bool(rule.search(answer) or rule.match(after.lstrip())) for rule in _UNITS
    )
    if _MONEY.search(question):
        return money or (number and not time and not length)
    if _asked(_COUNT, question):
        return number and (not money or bool(_UNITS[0].search(question)))
    if _asked(_AMOUNT, question):
        return number
    if _LASTS.search(question):
        return time or not (money or length)
    if _PERSON_OR_PLACE.search(question):
        return not (number and money)
    return True


def _asked(rule: re.Pattern[str], question: str) -> bool:
    found = rule.search(question)
    return found is not None and not _ELSE.search(question, 0, found.start())


def has_number(text: str) -> bool:
    """Whether a text gives a number, in digits or in words."""
    return any(c.isnumeric() for c in text) or any(
        word.casefold() in _spelled() or _NUMERAL.fullmatch(word) for word in _WORD.findall(text)
    )


@lru_cache(maxsize=1)
def _spelled() -> frozenset[str]:
    known = ("de", "en", "es", "fr", "it", "nl", "ru", "uk")
    return frozenset(SCALES).union(*(number_words(language) for language in known))
