"""Number words and words of scale in the languages that archives have.

"Vierundvierzig", "forty-four", "due": words that mean something else in another language
("due" in English) count in their own alone. What numbers do in a text is known to
``quantities.py``.
"""

from __future__ import annotations

from functools import lru_cache

_UNITS = {
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
    "sechzehn siebzehn achtzehn neunzehn zwanzig",
    "en": "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve veinte",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf vingt",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
    "quindici sedici diciassette diciotto diciannove venti",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
    "zestien zeventien achttien negentien twintig",
    "uk": "два три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять тринадцять "
    "чотирнадцять п'ятнадцять шістнадцять сімнадцять вісімнадцять дев'ятнадцять двадцять",
    "ru": "два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
    "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать",
}
_TENS = {
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingts quatre-vingt-dix",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    "uk": "двадцять тридцять сорок п'ятдесят шістдесят сімдесят вісімдесят дев'яносто",
    "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
}
_MORE: dict[str, dict[str, float]] = {
    "de": {
        "dreissig": 30, "zwo": 2, "dutzend": 12, "hundert": 100, "zweihundert": 200,
        "dreihundert": 300, "tausend": 1000, "anderthalb": 1.5, "eineinhalb": 1.5,
        "zweieinhalb": 2.5, "dreieinhalb": 3.5, "viereinhalb": 4.5, "zweimal": 2, "dreimal": 3,
        "viermal": 4, "doppelt": 2, "zweier": 2, "dreier": 3,
    },
    "en": {
        "dozen": 12, "hundred": 100, "thousand": 1000, "twice": 2,
    },
    "es": {"cien": 100, "mil": 1000},
    "fr": {"douzaine": 12, "cent": 100, "mille": 1000, "quatre-vingt": 80},
    "it": {"cento": 100, "mille": 1000, "dozzina": 12},
    "uk": {"дві": 2, "двох": 2, "двома": 2, "двом": 2, "двоє": 2, "трьох": 3, "троє": 3,
           "чотирьох": 4, "п'яти": 5, "шести": 6, "семи": 7, "восьми": 8, "сто": 100},
    "ru": {"две": 2, "двух": 2, "трёх": 3, "трех": 3, "четырёх": 4, "пяти": 5, "сто": 100},
}  # fmt: skip

_M, _B, _T = 1e6, 1e9, 1e12
#: Words that multiply the number before them. Two sizes: the English one, and the others'.
SCALES: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(
        ["million", "millions", "millionen", "mio", "mill", "m", "mln", "milione", "milioni",
         "millón", "millones", "miljoen", "mільйон", "мільйон", "мільйони", "мільйонів", "млн",
         "миллион", "миллиона", "миллионов", "milyon"], (_M,)),
    **dict.fromkeys(
        ["milliarde", "milliarden", "mrd", "mia", "bn", "milliard", "milliards", "miliardo",
         "miliardi", "miljard", "мільярд", "мільярди", "мільярдів", "млрд", "миллиард",
         "миллиардов", "milyar"], (_B,)),
    **dict.fromkeys(["billion", "billions", "billionen"], (_B, _T)),
    **dict.fromkeys(["trillion", "trillions"], (_T,)),
    **dict.fromkeys(
        ["thousand", "tausend", "tsd", "mille", "mila", "mil", "duizend", "тисяч", "тисячі",
         "тис", "тысяч", "тысячи", "bin"], (1e3,)),
    **dict.fromkeys(["hundred", "hundert", "cent", "cents"], (1e2,)),
}  # fmt: skip
# A sum of money ends in cents, a man called Mill does not multiply.
for _word in ("cents", "cent", "m", "mill", "bin"):
    del SCALES[_word]


@lru_cache(maxsize=16)
def number_words(language: str | None) -> dict[str, float]:
    """Number words of a language, case folded, and their values; English and German for None."""
    if language is None:
        return number_words("en") | number_words("de")
    if language not in _UNITS:
        return {}
    words: dict[str, float] = dict(zip(_UNITS[language].split(), range(2, 21), strict=True))
    tens = dict(zip(_TENS[language].split(), range(20, 100, 10), strict=True))
    words |= tens
    units = [(w, v) for w, v in words.items() if v < 10]
    if language == "en":
        words |= {f"{t}-{u}": tv + v for t, tv in tens.items() for u, v in [("one", 1), *units]}
    if language == "de":
        words |= {f"{u}und{t}": tv + v for t, tv in tens.items() for u, v in [("ein", 1), *units]}
    words |= _MORE.get(language, {})
    # One word for the regular expression, whichever apostrophe was typed.
    words |= {word.replace("'", "’"): value for word, value in words.items()}
    return {word.casefold(): value for word, value in words.items()}
