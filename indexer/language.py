"""Which language a text is in, and what a language tag stands for.

Detection is py3langid's, held to the languages that newspapers are written in.
Deciding whether a tag or the text is to be believed is left to the readers in
``indexer.sources``; stemming by language is left to ``indexer.lexical``.
"""

from __future__ import annotations

import re
from functools import cache
from threading import Lock
from typing import Any, Final

# What XLM-R was trained on and py3langid can name, less languages with hardly a
# newspaper (br eo fy gd jv la sa): short questions full of names drift into
# those. Over 1,479 questions (XQuAD and Wikinews) errors fall from 9 to 2.
_NEWS_LANGUAGES: Final = """
    af am ar as az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu ha he hi hr hu
    hy id is it ja ka kk km kn ko ku ky lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt
    ro ru si sk sl so sq sr sv sw ta te th tl tr ug uk ur uz vi xh zh"""
DETECTED: Final = frozenset(_NEWS_LANGUAGES.split())

_TWO_LETTERS: Final = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu
    hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb
    lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nd ne ng nl no nr nv ny oc oj om or os
    pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te
    tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"""
_ISO_639_1: Final = frozenset(_TWO_LETTERS.split())

# ISO 639-2 and 639-3 codes of the detected languages, both written forms of
# Norwegian as one, and codes that ISO has withdrawn.
_OTHER_CODES: Final = """
    afr:af alb:sq amh:am ara:ar arb:ar arm:hy asm:as aze:az baq:eu bel:be ben:bn
    bos:bs bul:bg bur:my cat:ca ces:cs chi:zh cmn:zh cym:cy cze:cs dan:da deu:de dut:nl ell:el
    eng:en est:et eus:eu fas:fa fil:tl fin:fi fra:fr fre:fr geo:ka ger:de gle:ga glg:gl gre:el
    guj:gu hau:ha heb:he hin:hi hrv:hr hun:hu hye:hy ice:is in:id ind:id isl:is ita:it iw:he
    ji:yi jpn:ja jw:jv kan:kn kat:ka kaz:kk khm:km kir:ky kor:ko kur:ku lao:lo lav:lv lit:lt
    mac:mk mal:ml mar:mr may:ms mkd:mk mlg:mg mo:ro mon:mn msa:ms mya:my nb:no nep:ne nld:nl
    nn:no nno:no nob:no nor:no ori:or orm:om pan:pa per:fa pes:fa pol:pl por:pt pus:ps ron:ro
    rum:ro rus:ru sh:sr sin:si slk:sk slo:sk slv:sl som:so spa:es sqi:sq srp:sr swa:sw swe:sv
    tam:ta tel:te tgl:tl tha:th tur:tr uig:ug ukr:uk urd:ur uzb:uz vie:vi wel:cy xho:xh yue:zh
    zho:zh zsm:ms"""
_ALIASES: Final = dict(pair.split(":") for pair in _OTHER_CODES.split())

_LETTERS_READ: Final = 2000
# Letters count by their UTF-8 length: two Chinese characters say more than two Latin ones.
_FEWEST_BYTES: Final = 4
# Below it there is nothing but a name or two. The least sure of the questions is at 0.19.
_LEAST_CONFIDENCE: Final = 0.1
# Bounded, because a text without spaces would otherwise be one word of any length.
_WORD: Final = re.compile(r"[^\d\s]{1,200}")

_loading: Final = Lock()


def load() -> None:
    """Load the model now, which takes half a second, mostly without holding other threads up."""
    _identifier()


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the language of ``text``, one of ``DETECTED``.

    Looks at the first 2,000 letters or so. None where there are too few of them
    to tell: numbers only, a single short word, a bare name.
    """
    sample, weight = _sample(text)
    if weight < _FEWEST_BYTES:
        return None
    label, confidence = _identifier().classify(sample)
    return valid_code(label) if confidence >= _LEAST_CONFIDENCE else None


def valid_code(code: str | None) -> str | None:
    """The ISO 639-1 code that a tag such as ``de-CH``, ``DE`` or ``deu`` stands for.

    None for a tag that stands for no such language (``und``, ``german``).
    """
    primary = re.split(r"[-_]", (code or "").strip().lower(), maxsplit=1)[0]
    primary = _ALIASES.get(primary, primary)
    return primary if primary in _ISO_639_1 else None


def language_name(code: str, language: str = "en") -> str:
    """What a language is called in another (Unicode CLDR); its code where it has no name."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(code).get_language_name(language) or code
    except (UnknownLocaleError, ValueError):
        return code


def _sample(text: str) -> tuple[str, int]:
    """The first words that hold letters, and how many UTF-8 bytes those letters take."""
    words: list[str] = []
    letters = weight = 0
    for match in _WORD.finditer(text):
        found = "".join(filter(str.isalpha, match.group()))
        if found:
            words.append(match.group())
            letters += len(found)
            weight += len(found.encode())
        if letters >= _LETTERS_READ:
            break
    return " ".join(words), weight


def _identifier() -> Any:
    # A cache alone would let two threads load the model at once.
    with _loading:
        return _load()


@cache
def _load() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([*DETECTED, "nn"])
    return identifier
