"""Where sentences end within a stretch of prose that has no paragraphs or lines.

The only module that knows sentencex, and the place where its known errors are
mended, most of them German: ordinals ("der 1. FC Köln"), abbreviations it does
not have, sentences that end with one. Every change here needs a row in the
table of ``test_sentences.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import sentencex

__all__ = ["ends"]

# A quotation of several sentences is one sentence; not if it fills a passage.
_LONGEST = 1_000
# All become a plain space: sentencex panics on "A" + no-break space + ".". Offsets stay.
_SPACES = re.compile(r"[^\S ]")
_MARKS = dict.fromkeys(map(ord, "„“”\"«»‹›‚‘’'()[]"), " ")


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_STARTERS = _words(
    """Aber Alle Allerdings Als Also Am An Auch Auf Aus Außerdem Bei Beim Bereits Bis Da Dabei
    Dadurch Dafür Dagegen Daher Damals Damit Danach Dann Daran Darauf Daraus Darin Darum Darunter
    Das Dass Davon Davor Dazu Dem Den Denn Dennoch Der Deren Des Deshalb Dessen Die Dies Diese
    Diesem Diesen Dieser Dieses Doch Dort Durch Ein Eine Einem Einen Einer Eines Er Erst Es Etwa
    Für Ganz Gegen Gestern Heute Hier Hinter Ich Ihr Ihre Ihren Ihrer Im In Ins Insgesamt Ja
    Jedoch Jetzt Kein Keine Keiner Laut Man Mehr Mehrere Mit Nach Nachdem Neben Nein Nicht
    Niemand Noch Nun Nur Ob Obwohl Oder Ohne Schließlich Schon Sein Seine Seinen Seiner Seit
    Seitdem Selbst Sie Sind So Sogar Somit Später Trotz Trotzdem Um Und Unser Unsere Unter Viele
    Vom Von Vor Was Weder Wegen Weil Weitere Wenn Wer Wie Wir Wird Wo Während Zu Zudem Zuletzt
    Zum Zur Zuvor Zwar Zwischen Über"""
)
_MONTHS = _words(
    """Januar Jänner Februar Feber März April Mai Juni Juli August September Oktober November
    Dezember Jan Feb Mär Mrz Apr Jun Jul Aug Sep Sept Okt Nov Dez"""
)
_COPULAS = _words("ist sind war waren sei seien wären betrug")
# What sentencex takes for the end of a sentence though more follows.
_ABBREVIATIONS = {
    "de": _words(
        """Abb Abg Abschn Abt Anm Aufl Ausg Az Bd Bde Bez Bhf Bspw bspw Dipl Dres Ebf Ehem Fa Frl
        Gebr Hbf Hl Hptm Hrsg Jg Jgg Jh Jhd Jhdt Jhs Kap Kard Kfm Kt Lkr Nachf Nov Nrn Oblt Okt
        Dez Pfr Präs Rdnr Sekr Stellv Tel Tsd Verf Vors Ziff abzgl allg amerik brit dt ehem
        einschl engl entspr evang exkl franz frz geb gest gez hl inkl insb insbes ital jur lat
        nat niederl österr phil poln rer röm russ schweiz span stellv türk urspr verh vorl zirka
        zzgl"""
    ),
    "fr": _words("M MM Dr Dre Drs Me Mgr Pr St Ste Sts art av bd chap env fig vol"),
}

_LAST_WORD = re.compile(r"([^\W\d_]+)\.$")
_WORD = re.compile(r"[^\W\d_]+")
# In no language a sentence: "1." or "J." and nothing else, or "… J.-P.".
_INITIALS = re.compile(r"^\W*(?:[^\W\d_]|\d{1,3})\.$|\b[^\W\d_]\.-[^\W\d_]\.$")
_ORDINAL = re.compile(r"(?:(?P<before>\S+)\s+|^)[(„«»“\"‚]?\d{1,3}\.$")
_QUOTES = re.compile('[„“”"«»‚‘]')
# Abbreviations that may end a sentence: they do if a word follows that hardly
# stands inside one with a capital letter. And "(… .) Er", which sentencex joins.
_STOP = re.compile(r"[.)][ ]+(?=[A-ZÄÖÜ])")
_MAY_END = re.compile(
    r"""(?: [^\W\d_][ ][A-ZÄÖÜ]
          | \b(?: usw | etc | Inc | Ltd | Co | Mio | Mrd | Jh | Chr | [IVX]{1,5} | km/h )
          | \d[ ](?: s | m | h | min ) )\.$
        | [.!?]\)$""",
    re.VERBOSE,
)


def ends(prose: str, language: str | None) -> list[int]:
    """Where each sentence ends and the next begins, in code points; the last is the prose's end.

    ``language`` is ISO 639-1; one that sentencex doesn't know is read like English.
    """
    language = language or "en"
    plain = _SPACES.sub(" ", prose)
    found = set(_found(plain, language))
    for start, end in pairwise([0, *sorted(found), len(plain)]):
        if end - start > _LONGEST:
            found.update(_within_quotes(plain[start:end], start, language))
    if language == "de":
        found.update(_missed(plain))
    kept: list[int] = []
    start = 0
    for end in sorted(found - {0, len(plain)}):
        if not _goes_on(plain[max(start, end - 80) : end], plain[end : end + 80], language):
            kept.append(end)
            start = end
    return [*kept, len(plain)]


def _found(plain: str, language: str) -> list[int]:
    try:
        boundaries = sentencex.get_sentence_boundaries(language, plain)
    except BaseException as error:
        # A panic in Rust is no Exception; it must not end a run over a whole archive.
        if type(error).__name__ != "PanicException":
            raise
        return []
    return [boundary["end_index"] for boundary in boundaries]


def _within_quotes(plain: str, offset: int, language: str) -> Iterator[int]:
    """The sentences of a very long one, quotation marks and brackets ignored."""
    for end in _found(plain.translate(_MARKS), language):
        # An opening mark ended up before the boundary: it belongs to what follows.
        opens = end > 1 and ord(plain[end - 1]) in _MARKS and plain[end - 2] == " "
        yield offset + end - opens


def _missed(plain: str) -> Iterator[int]:
    start = 0
    for stop in _STOP.finditer(plain):
        word = _WORD.match(plain, stop.end())
        if not word or word.group() not in _STARTERS:
            continue
        before = plain[start : stop.start() + 1]
        quoted_or_bracketed = _QUOTES.search(before) or before.count("(") > before.count(")")
        if _MAY_END.search(before[-10:]) and not quoted_or_bracketed:
            yield stop.end()
            start = stop.end()


def _goes_on(before: str, after: str, language: str) -> bool:
    """Whether a sentence that seems to end between two short stretches does not."""
    parted, before, after = before[-1:] == " " or after[:1] == " ", before.strip(), after.lstrip()
    if not before or not after:
        return True
    if after[0] in ",;)]}" or after[0].islower() or (after[0] in ":-–/" and not parted):
        return True
    if _INITIALS.search(before):
        return True
    word = _WORD.match(after)
    following = word.group() if word else ""
    last = _LAST_WORD.search(before)
    if last and last.group(1) in _ABBREVIATIONS.get(language, ()):
        return language != "de" or following not in _STARTERS
    return language == "de" and _is_ordinal(before, following)


def _is_ordinal(before: str, following: str) -> bool:
    """Whether German ``before`` ends with an ordinal of what follows: "dem 4." + "Mai"."""
    ordinal = _ORDINAL.search(before)
    if not ordinal or not following or following in _STARTERS:
        return False
    preceding = (ordinal["before"] or "").lstrip('(„«»“"‚')
    if following in _MONTHS or not preceding or preceding in _STARTERS:
        return True
    # "Platz 5. Trainer Maier sagte", "Er ist 34. Geboren wurde er".
    named = preceding.isalpha() and preceding[0].isupper() and ordinal.start() > 0
    return not named and preceding not in _COPULAS
