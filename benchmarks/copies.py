"""Copies of articles as other papers would print them, made by rule, and their contrary.

Each edit does one thing that happens to agency copy, and is the same for the same article
every time. ``SERIES`` are reports that repeat their words from one day to the next and
are not copies of each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ„])")
_FOREIGN = [
    *("Zeitung", "Ausgabe", "Leser", "Haus", "Abend", "Stimme"),
    *("Bericht", "Region", "Straße", "Platz", "Woche", "Jahr"),
]
_FOOTER = (
    "Dieser Beitrag ist Teil unserer Reihe zum Tagesgeschehen. Alle Angaben sind ohne Gewähr. "
    "Hinweise und Fragen nimmt die Redaktion unter der bekannten Nummer entgegen. Sie möchten "
    "künftig keine Ausgabe verpassen? Dann bestellen Sie unseren Rundbrief, der werktags um "
    "sieben Uhr erscheint und kostenlos ist. Nachdruck und Weitergabe nur mit Erlaubnis."
)

Edit = Callable[[str, Random], str]


def _sentences(text: str) -> list[str]:
    return _SENTENCE.split(text)


def _cut(share: float) -> Edit:
    def edit(text: str, _: Random) -> str:
        kept, room = [], (1 - share) * len(text)
        for sentence in _sentences(text):
            if kept and sum(map(len, kept)) + len(sentence) > room:
                break
            kept.append(sentence)
        return " ".join(kept)

    return edit


def _headline(text: str, random: Random) -> str:
    return f"{' '.join(random.sample(_FOREIGN, 6))}\n\n{text}"


def _agency(text: str, _: Random) -> str:
    return f"Berlin (dpa/eb) – {text} (Mit Material der Nachrichtenagentur)"


def _numbers(text: str, random: Random) -> str:
    return re.sub(r"\d+", lambda found: str(int(found[0]) + random.randint(1, 9)), text)


def _words(one_in: int) -> Edit:
    def edit(text: str, random: Random) -> str:
        return re.sub(
            r"\w+",
            lambda found: random.choice(_FOREIGN) if random.randrange(one_in) == 0 else found[0],
            text,
        )

    return edit


def _dropped(text: str, random: Random) -> str:
    sentences = _sentences(text)
    return " ".join([s for s in sentences if random.random() > 0.2] or sentences[:1])


def _reordered(text: str, random: Random) -> str:
    sentences = _sentences(text)
    random.shuffle(sentences)
    return " ".join(sentences)


def _reset(text: str, _: Random) -> str:
    return re.sub(r"\s+", "\n", text).replace("„", '"').replace("“", '"').replace("–", "-")


def _in_turn(*edits: Edit) -> Edit:
    def edit(text: str, random: Random) -> str:
        for each in edits:
            text = each(text, random)
        return text

    return edit


EDITS: dict[str, Edit] = {
    "other headline": _headline,
    "agency and credit line": _agency,
    "set anew: line ends, quotes": _reset,
    "last fifth cut": _cut(0.2),
    "last two fifths cut": _cut(0.4),
    "every number changed": _numbers,
    "one word in twelve changed": _words(12),
    "one sentence in five dropped": _dropped,
    "sentences reordered": _reordered,
    "headline, credit, fifth cut, one word in twenty": _in_turn(
        _headline, _agency, _cut(0.2), _words(20)
    ),
    "first third only": _cut(0.67),
}


def with_footer(text: str) -> str:
    """The text with 57 words behind it that every article of its paper has."""
    return f"{text}\n\n{_FOOTER}"


def _weather(random: Random) -> str:
    places = random.sample(["Kiel", "Köln", "Ulm", "Jena", "Bonn", "Gera", "Trier", "Essen"], 4)
    skies = random.choices(["sonnig", "wolkig", "neblig", "regnerisch", "heiter"], k=4)
    wind = random.choice(["Norden", "Westen", "Süden", "Osten"])
    return (
        f"Das Wetter für heute. In {places[0]} wird es {skies[0]} bei {random.randint(-3, 29)} "
        f"Grad, in {places[1]} bleibt es {skies[1]} bei {random.randint(-3, 29)} Grad. Der Wind "
        f"weht aus {wind}. In der Nacht wird es in {places[2]} {skies[2]}, die Werte fallen auf "
        f"{random.randint(-9, 15)} Grad. Morgen in {places[3]} {skies[3]} bei bis zu "
        f"{random.randint(0, 30)} Grad. Die weiteren Aussichten bleiben unbeständig."
    )


def _draw(random: Random) -> str:
    numbers = ", ".join(map(str, sorted(random.sample(range(1, 50), 6))))
    return (
        f"Bei der Ziehung der Lottozahlen am {random.choice(['Mittwoch', 'Samstag'])} wurden "
        f"folgende Zahlen ermittelt: {numbers}. Die Superzahl lautet {random.randint(0, 9)}. Die "
        f"Zusatzlotterie ergab {random.randint(100000, 999999)}. Im Topf lagen "
        f"{random.randint(2, 45)} Millionen Euro. Alle Angaben sind ohne Gewähr."
    )


def _market(random: Random) -> str:
    firm, other = random.sample(["Adler", "Bergwerk", "Comet", "Donau", "Elbe", "Falke"], 2)
    return (
        f"Der Leitindex schloss am {random.choice(['Montag', 'Dienstag', 'Freitag'])} bei "
        f"{random.randint(9000, 19000)} Punkten, {random.randint(1, 30) / 10} Prozent "
        f"{random.choice(['höher', 'tiefer'])} als am Vortag. Größter Gewinner war die Aktie von "
        f"{firm} mit einem Plus von {random.randint(1, 80) / 10} Prozent, größter Verlierer die "
        f"von {other} mit einem Minus von {random.randint(1, 80) / 10} Prozent. Der Euro notierte "
        f"bei {random.randint(9800, 12500) / 10000} Dollar, die Feinunze Gold kostete "
        f"{random.randint(1200, 2400)} Dollar."
    )


SERIES: dict[str, Callable[[Random], str]] = {
    "weather": _weather,
    "lottery": _draw,
    "market": _market,
}
