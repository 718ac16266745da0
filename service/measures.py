"""Words for currencies and units, as patterns: what stands beside a number and belongs to it.

Those of English, German and French in full, of other languages the commonest. What a number
is worth is known to ``service/support``; whether an answer has one to ``answer_kind.py``.
"""

from __future__ import annotations

from functools import cache

#: Sums of money.
CURRENCY = (
    r"(?:[€$£¥]|US\$|US-\$|\b(?:euros?|eur|usd|(?:us-)?dollars?|franken|francs?|chf|pfund|pounds?"
    r"|sterling|rubel|rou?bles?|yen|yuan|renminbi|kronen?|crowns?|d-mark|dm|mark|lire|pesos?|złoty"
    r"|zloty|hrywnja|forint|rand|(?<!per )(?<!pour )cents?"
    r"|рубл\w*|долар\w*|доллар\w*|євро|евро|гривень|гривні)\b)"
)
#: How long something lasts.
TIME = (
    r"\b(?:(?:jahr|monat|woche|tag|stunde|minute|sekunde|jahrzehnt|jahrhundert)(?:en|e|n|s)?"
    r"|(?:year|month|week|day|hour|minute|second|decade)s?|century|centuries|ans?|années?|mois"
    r"|semaines?|jours?|heures?|uhr|o['’]clock)\b"
)
#: How far, high or long something is.
LENGTH = (
    r"\b(?:(?:kilo|zenti|centi|milli)?m(?:eter[ns]?|etres?|ètres?)|km|cm|mm|m|meilen?|miles?|feet|foot"
    r"|inch(?:es)?|seemeilen?|lichtjahren?|light-years?)\b(?!/|²|³)"
)
_OTHER = (
    r"(?:%|‰|°\s?[CF]\b|°|\b(?:prozent(?:punkten?)?|percent(?:age points)?|per cent|pour cent"
    r"|promille|km/h|m/s|mph|km²|m²|m³|quadrat(?:kilo)?metern?|kubikmetern?|square (?:kilometers"
    r"|kilometres|meters|metres|miles|feet)|hektar|ha|hectares?|acres?|tonnen?|tons?|tonnes?"
    r"|kilogramm|kilo|kg|gramm|grams?|kilograms?|litern?|lit(?:er|re)s?|barrels?|gallons?"
    r"|stundenkilometern?|(?:kilo|mega|giga|tera)?watt(?:stunden)?|[kMG]Wh?|volt|ps|hp"
    r"|grad(?: celsius| fahrenheit)?|degrees?(?: celsius| fahrenheit)?|[kMGT]B|[MG]bit/s)\b)"
)
UNIT = f"(?:{CURRENCY}|{TIME}|{LENGTH}|{_OTHER})"


@cache
def scales() -> str:
    """A pattern for words that multiply a number, the longest first."""
    from service.support.number_words import SCALES

    words = "|".join(sorted(SCALES, key=len, reverse=True))
    # The point of "3,4 Mio. Euro", but not that of a sentence.
    return rf"(?:{words})\b(?:\.(?= ?{UNIT}))?"
