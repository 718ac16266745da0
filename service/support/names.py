"""The names in a text, and whether another text has them, in whatever spelling.

"Kyiv" is "Kiew" and "Київ", "Zelensky" is "Selenskyj", "Turkey" is "Türkei": names are
compared by their sound, roughly, and countries by CLDR (Babel). What a missing name means
is left to ``judge.py``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from indexer.article import Span

_LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "tr", "uk")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_JOINT = re.compile(r"['’-]")
_OPENS = re.compile(r"(?:^|[.!?…:]\s|\n)[\W_]*$")
_GERMAN_NAME = re.compile(r"(?:\b[A-ZÄÖÜ]\w+|\b(?:in|aus|von|nach|bei)) $")
_ALIKE = 0.82

# Ukrainian and Russian letters, as English spells them.
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "e", "ж": "zh",
    "з": "z", "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "c",
    "ч": "ch", "ш": "sh", "щ": "sh", "ь": "", "ю": "iu", "я": "ia", "ы": "i", "э": "e",
    "ё": "e", "ъ": "",
}  # fmt: skip
# Spellings of one sound in English, German, French, Italian and Polish, longest first.
_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("tsch|tch|dsch|cz|ch", "č"), ("sch|sh|sz", "s"), ("kh", "h"), ("zh", "s"), ("ph", "f"),
        ("th", "t"), ("ck|q", "k"), ("c(?=[aoulrkt]|$)", "k"), ("ou|oo", "u"), ("w", "v"),
        ("x", "ks"), ("[yj]", "i"), ("z", "s"), ("ae", "a"), ("oe", "o"), ("ue", "u"), ("ie", "i"),
        (r"(.)\1+", r"\1"),
    )
]  # fmt: skip
# Cities and others that neither sound nor CLDR brings together. Each line is one thing.
_EXONYMS = """
munich münchen monaco; cologne köln colonia; vienna wien vienne; geneva genf genève ginevra
nuremberg nürnberg norimberga; prague prag praga; warsaw warschau varsovie varsavia
venice venedig venise venezia; milan mailand milano; florence florenz firenze; naples neapel napoli
athens athen athènes atene; brussels brüssel bruxelles; lisbon lissabon lisboa; rome rom roma
london londres londra; beijing peking pékin pechino; bavaria bayern bavière baviera
saxony sachsen saxe; hesse hessen; thuringia thüringen; rhine rhein rhin reno; danube donau danubio
the hague haag haye; eu ue; un uno onu vereinten; nato otan; us usa american amerikaner
amerikanische amerikanischen usa états-unis américain сша; uk britain british britische
britischen großbritannien britannique; german germans deutsche deutschen deutscher allemand tedesco
french französische französischen franzosen français; swiss schweizer suisse; dutch niederländische
greek griechische griechen; hungarian ungarische; spanish spanische spanier; polish polnische polen
chinese chinesische chinesischen; japanese japanische; lower nieder niedersachsen niederösterreich
lake see lac lago
""".replace("\n", ";")


@dataclass(frozen=True)
class Name:
    """A word that reads like a name, or like a part of one.

    ``sure`` is False where its capital may have another reason: it opens a sentence, or is
    a German noun.
    """

    span: Span
    text: str
    sure: bool


def names(text: str, language: str | None) -> list[Name]:
    """The capitalised words of a text."""
    found: list[Name] = []
    opened = False
    for m in _WORD.finditer(text):
        word = re.sub(r"['’]s?$", "", m[0])
        if len(word) > 1 and any(part[:1].isupper() for part in _JOINT.split(word)):
            opens = _OPENS.search(text, max(0, m.start() - 20), m.start()) is not None
            sure = not opens
            if language == "de" and sure:
                # Nouns have a capital, too, but mostly an article or an adjective before them.
                sure = _GERMAN_NAME.search(text, max(0, m.start() - 30), m.start()) is not None
                beside = bool(found) and found[-1].span.end + 1 == m.start()
                if beside and sure and not opened:
                    found[-1] = replace(found[-1], sure=True)
                elif beside and opened:  # "Die Züge"
                    sure = False
            opened = opens
            found.append(Name(Span(m.start(), m.start() + len(word)), word, sure))
    return found


class Spellings:
    """The words of a text, to be looked up by any spelling."""

    def __init__(self, text: str) -> None:
        self._by_initial: dict[str, set[str]] = {}
        self._folded = text.casefold()
        whole = set(_WORD.findall(self._folded))
        self._words = whole.union(*(_JOINT.split(w) for w in whole if _JOINT.search(w)))
        for sound in map(sound_of, self._words):
            if sound:
                self._by_initial.setdefault(sound[0], set()).add(sound)

    def has(self, name: str) -> bool:
        """Whether a word of the text may be this name."""
        known = _known_as().get(name.casefold())
        if known and known & self._territories:
            return True
        sound = sound_of(name)
        if not sound or self._matches(sound):
            return True
        parts = [sound_of(p) for p in _JOINT.split(name) if len(p) > 2]
        return len(parts) > 1 and all(self._matches(p) for p in parts)

    @cached_property
    def _territories(self) -> set[str]:
        """What the text's names of countries and the like stand for."""
        found = set[str]().union(*(_known_as().get(word, ()) for word in self._words))
        # Names of several words, such as "United States".
        longer = (name for word in self._words for name in _of_several_words().get(word, ()))
        return found.union(*(codes for name, codes in longer if name in self._folded))

    def _matches(self, sound: str) -> bool:
        return any(_alike(sound, other) for other in self._by_initial.get(sound[0], ()))


@lru_cache(maxsize=16_384)
def sound_of(word: str) -> str:
    """A rough spelling by sound, in Latin letters: the same for "Zelenskyj" and "Зеленський"."""
    latin = "".join(_CYRILLIC.get(letter, letter) for letter in word.casefold())
    latin = latin.replace("ß", "ss").replace("ł", "l").replace("đ", "d").replace("ø", "o")
    plain = "".join(c for c in unicodedata.normalize("NFKD", latin) if c.isalnum())
    for pattern, sound in _SOUNDS:
        plain = pattern.sub(sound, plain)
    return plain


@lru_cache(maxsize=65_536)
def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 3:
        return False
    common = _common_start(one, other)
    consonants = _consonants(one)
    return (
        # A name that begins a compound: "Gaza" in "Gazastreifen".
        (common == len(one) and common >= 4)
        # Endings of cases and of kin: "Ukraine" and "ukrainischen", "Moskau" and "Moscow".
        or (common >= max(4, 0.6 * len(shorter)) and common >= 0.45 * len(longer))
        or (consonants == _consonants(other) and len(consonants) > 2)
        or (
            3 < len(shorter) >= 0.6 * len(longer)
            and SequenceMatcher(None, one, other).ratio() >= _ALIKE
        )
    )


def _common_start(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


@lru_cache(maxsize=16_384)
def _consonants(word: str) -> str:
    return re.sub("[aeiou]", "", word)


@lru_cache(maxsize=1)
def _known_as() -> dict[str, set[str]]:
    """Every name of a country, case folded → what it is known under."""
    from babel import Locale

    found: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            found.setdefault(name.casefold(), set()).add(code)
    for line in filter(None, map(str.strip, _EXONYMS.split(";"))):
        for word in line.split():
            found.setdefault(word, set()).add(line)
    return found


@lru_cache(maxsize=1)
def _of_several_words() -> dict[str, list[tuple[str, set[str]]]]:
    """Names of more than one word, with what they are known under, by their first word."""
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for name, codes in _known_as().items():
        first = _WORD.search(name)
        if " " in name and first:
            found.setdefault(first[0], []).append((name, codes))
    return found


def missing(wanted: Iterable[Name], there: Spellings) -> list[Name]:
    """The names that a text has in no spelling."""
    return [name for name in wanted if not there.has(name.text)]
