"""Sentences: a table of what must not be broken and what must, and the invariants.

In the tables ``|`` marks where a sentence ends. All texts are written for this test.
"""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.article import Span
from indexer.sentence_ends import _found, ends
from indexer.sentences import (
    has_line_break,
    has_paragraph_break,
    is_headline,
    sentence_at,
    sentences,
)

GERMAN = """\
Der 1. FC Köln gewann das Spiel.| Der Jubel war groß.
Der 1. FSV Mainz 05 spielt gegen den 1. FC Nürnberg.| Anpfiff ist um halb vier.
1. FC Köln gegen Bonn, das war einmal.
Sie kam am 21. Dez. 2004 an.| Er folgte am 3. Jan. 2005.
Am Freitag, dem 4. Mai, tagte der Rat.| Er vertagte sich.
Im 3. Quartal stieg der Umsatz.| Im 4. Quartal fiel er.
In der 90. Minute fiel das Tor.| Danach war Schluss.
Das 80. Lebensjahr hat er vollendet.
Er sagte: „Am 100. Geburtstag höre ich auf.“
Die Frist endet am 31. Mai 2011.| Dann ist es zu spät.
7. März: Die Sitzung fällt aus.
Die 2. Fußball-Bundesliga pausiert.| Die 3. Liga spielt weiter.
Der Vertrag läuft bis 2007.| Er kann verlängert werden.
Das Ergebnis lautete 3:0.| Das erste Tor fiel früh.
Die Zahl der Toten stieg auf 13.| Die Verletzten wurden versorgt.
Er ist jetzt 34.| Seine Schwester ist 36.
Sie ist 34.| Geboren wurde sie in Ulm.
Sie erreichte Platz 5.| Trainer Maier war zufrieden.
Sie erreichte Platz 5.| Der Sieger kam aus Kenia.
Die Sitzung beginnt um 18.30 Uhr.| Sie dauert zwei Stunden.
Am 06.12.2004 fiel das Urteil.| Die Akten sind geschlossen.
Geboren wurde er am 5. 3. 1970 in Köln.| Er lebt dort.
Es kamen 34.000 Menschen.| Gezählt wurden 1.200.000 Stimmen.
Der Preis stieg um 3,5 Prozent.| Im Vorjahr waren es 2 Prozent.
Der DAX schloss bei 4.321,10 Punkten.| Der Dow Jones fiel.
Am 3. Oktober wird gefeiert.| Am 4. Oktober wird gearbeitet.
Obst, z. B. Äpfel, ist gesund.| Gemüse auch.
Obst, z.B. Äpfel, ist gesund.
Obst, z.\u00a0B. Birnen, ist reif.
Die Frist, d. h. Montag, ist vorbei.
Die Frist, d.\u202fh. Montag, ist vorbei.
Es nahmen u. a. Vertreter der Kirchen teil.| Auch Schulen waren dabei.
Dr. Weber kam zu spät.| Prof. Dr. Klein wartete.
Die Rede hielt Prof. Dr. h. c. Anna Groß.| Applaus folgte.
Das Spiel des FC St. Pauli fiel aus.| St. Gallen gewann.
Der Antrag Nr. 12 wurde abgelehnt.| Antrag Nr. 13 ging durch.
Der Bau kostet 12 Mio. Euro.| Geplant waren 8 Mio. Euro.
Der Bund zahlt 3 Mrd. Euro.| Das Land zahlt nichts.
Der Umsatz betrug 5 Mrd.| Der Gewinn sank.
Es waren ca. Hundert Leute da.
Die Stadt bzw. Gemeinde zahlt.
Nach Art. 5 Abs. 2 GG ist das zulässig.| Das Gericht bestätigte es.
Der Hl. Stuhl schwieg.| Rom wartete.
Das sagte General a. D. Wolf Stein.| Er war lange im Dienst.
Das sagte Oberst a.D. Wolf Stein.
Peter M. (34) wurde verhaftet.| Er schweigt.
Gefasst wurde Peter M.| Die Polizei fand ihn im Keller.
George W. Bush reiste ab.| John F. Kennedy war Präsident.
R. Kelm fragt: Was nun?
Das M.-M.-Haus ist offen.| Der Eintritt ist frei.
«Wir gehen. Wir kommen wieder. Versprochen», sagte er.| Dann ging er.
„Wir gehen. Wir kommen wieder“, sagte sie.| Dann ging sie.
„Wir gehen.“| Dann war es still.
»Nie wieder!«, rief er.| Alle nickten.
„Kommst du?“, fragte er.| Sie nickte.
Er sagte: „Das geht nicht.“| Sie widersprach.
Er nannte es „völlig unrealistisch“.| Die anderen lachten.
Das Lokal heißt «Zur Pfeife».| Es liegt am Markt.
Sie sprach von ‚Wahnsinn‘.| Keiner hörte zu.
"Das ist falsch. Ganz falsch", sagte er.| Sie nickte.
„Er rief ‚Halt! Stehen bleiben!‘ und lief“, so die Zeugin.| Niemand starb.
Er zögerte … und ging.| Sie blieb.
Er zögerte... und ging.
Was nun?| Niemand weiß es!| Wirklich nicht.
Was?!| Das kann nicht sein.
Er kam (gegen 8 Uhr).| Sie ging.
(Er kam zu spät.)| Sie ging.
Papst Benedikt XVI. besuchte Köln.| Er blieb vier Tage.
Das Buch handelt von Elisabeth II.| Am Hof las es niemand.
Sie wohnt in der Berliner Str. 12 in Bonn.| Er wohnt in Ulm.
Frankfurt a. M. liegt in Hessen.| Mainz liegt gegenüber.
Um 500 v. Chr. begann der Bau.| Um 20 n. Chr. war er fertig.
Das geschah im 19. Jh. in Wien.| Im 20. Jh. kam der Krieg.
Das geschah im 19. Jh.| Danach war Ruhe.
Der sog. Islamische Staat verlor.| Die Stadt ist frei.
Das kostet inkl. Steuer 5 Euro.| Ohne Steuer 4.
Der Abg. Müller (CDU) fehlte.| Frau Abg. Schmidt kam.
Die Adresse lautet www.beispiel.de.| Dort steht alles.
Schreiben Sie an post@beispiel.de.| Wir antworten.
Er lief die 100 m in 9,9 s.| Das ist Rekord.
Erlaubt sind 120 km/h.| Das ist schnell.
Der Verein e. V. klagt.| Der Bund wehrt sich.
Die Firma Muster GmbH & Co. KG ist pleite.| Die Löhne fehlen.
Laut Amt (vgl. Tabelle 3) stimmt das.| Zweifel bleiben.
Die Liste (u. a. Brot, Milch usw. Alles war da) hing aus.
"""

OTHERS = {
    "en": """\
Dr. Smith arrived late.| Mrs. Jones waited.
The U.S. Senate voted.| The bill passed.
He lives in the U.S.| She lives in Kent.
Prices rose 3.5 percent.| Wages did not.
It starts at 9 a.m. on Monday.| Doors open at 8 a.m.
J. R. R. Tolkien wrote it.| Everyone read it.
Apple Inc. fell.| Acme Corp. rose.
“We go. We come back,” he said.| Then he left.
"Stop! Don't move!" she cried.| Nobody moved.
He asked: “Why?”| Nobody knew.
Gen. Brown met Sen. White.| They talked for hours.
On Jan. 5 the talks began.| On Feb. 3 they failed.
He waited ... and left.| She stayed.
Visit example.com today.| It is free.
""",
    "fr": """\
M. Dupont est parti.| Mme Martin reste.
MM. Durand et Petit sont là.| Ils attendent.
Le Dr. Blanc arrive.| Il est tard.
« Nous partons. Nous reviendrons », a-t-il dit.| Puis il est parti.
« Nous partons. »| Puis le silence.
Que faire ?| Personne ne sait !| Vraiment.
Le prix a monté de 3,5 %.| Les salaires non.
Il habite à St. Denis.| Elle habite à Lyon.
J.-P. Belmond est venu.| Il a parlé.
L’art. 5 le permet.| Le juge l’a dit.
Il hésita… et partit.| Elle resta.
Pommes, poires, etc. sont là.| Servez-vous.
""",
    "uk": """\
Він приїхав учора.| Вона чекала.
Було 3,5 тис. осіб.| Усі мовчали.
Це сталося 5 грудня 2004 р. у Києві.| Ніхто не постраждав.
«Ми йдемо. Ми повернемося», — сказав він.| Потім пішов.
Т. Г. Шевченко писав вірші.| Їх читають досі.
""",
    "ru": """\
Он приехал вчера.| Она ждала.
Было 3,5 тыс. человек.| Все молчали.
Это случилось в 2004 г. в Москве.| Никто не пострадал.
А. С. Пушкин писал стихи.| Их читают.
""",
    "tr": """\
Dr. Yılmaz geldi.| Herkes bekliyordu.
Fiyat yüzde 3,5 arttı.| Maaşlar artmadı.
Toplantı saat 18.30'da başlar.| İki saat sürer.
29. Cumhuriyet Bayramı kutlandı.| Şenlik vardı.
""",
    "zh": "他昨天来了。|她在等他。\n现在怎么办？|没人知道！\n价格上涨了3.5%。|工资没有。\n",
    "ar": """\
وصل أمس.| كانت تنتظر.
ماذا الآن؟| لا أحد يعرف!
ارتفع السعر 3.5 في المئة.| لم ترتفع الأجور.
""",
    "es": "El Sr. López llegó.| La Sra. Ruiz esperaba.\n¿Qué pasa?| ¡Nadie lo sabe!\n",
    "it": "Il dott. Rossi è arrivato.| La sig.ra Bianchi aspettava.\n",
    "pl": "To było w 2004 r. w Łodzi.| Nikt nie ucierpiał.\nKupił m.in. chleb.| Wrócił.\n",
    "xx": "One is here.| Two is there.\n",
}

ROWS = [
    (language, row)
    for language, table in {"de": GERMAN, **OTHERS}.items()
    for row in table.splitlines()
]

PIECES = [
    *"aBß1.!?…„“»«\"'()-,:;ж中。اब\u0301\u200d\u200b\u00ad\xa0\u202f",
    *" \t\n\r\f\x85\u2028\u2029\x1c",
    *[
        "👨‍👩‍👧",
        "\r\n",
        "\n\n",
        "Er ging. ",
        "am 3. Mai ",
        "Dr. ",
        "A\u202f.",
        "- Punkt\n",
        "# Kopf\n",
    ],
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=50).map("".join) | st.text(max_size=40)
LANGUAGES = st.sampled_from(["de", "en", "fr", "zh", "ar", "xx", "", None])


def cut(text: str, language: str | None = "de") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


@pytest.mark.parametrize(("language", "row"), ROWS, ids=[f"{code}-{row}" for code, row in ROWS])
def test_table(language: str, row: str) -> None:
    assert cut(row.replace("|", ""), language) == [part.strip() for part in row.split("|")]


@pytest.mark.parametrize("row", OTHERS["en"].splitlines()[:3])
def test_an_unknown_language_is_read_like_english(row: str) -> None:
    expected = [part.strip() for part in row.split("|")]
    assert cut(row.replace("|", ""), None) == cut(row.replace("|", ""), "tlh") == expected


@pytest.mark.parametrize(
    "blank", ["\n\n", "\r\n\r\n", "\r\r", "\n \t\n", "\u2029", "\f", "\n\u2028"]
)
def test_a_blank_line_ends_a_sentence(blank: str) -> None:
    assert cut(f"Der Rat und{blank}die Stadt") == ["Der Rat und", "die Stadt"]
    assert has_paragraph_break(blank)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", " \n ", "\u2028"])
def test_a_line_break_alone_does_not(line_break: str) -> None:
    text = f"Der Rat der Stadt{line_break}Bonn tagt heute. Das{line_break}Ende ist offen."
    assert len(cut(text)) == 2
    assert has_line_break(line_break)
    assert not has_paragraph_break(line_break)
    assert not has_line_break(" \t\xa0")


def test_a_headline_line_is_a_sentence_of_its_own() -> None:
    text = "Neue Gebühren\nDer Rat beschloss am Abend, dass alles teurer wird. Er tat es gern."
    assert cut(text) == text.replace(". ", ".\n").split("\n")


def test_list_items_and_table_rows_are_sentences_of_their_own() -> None:
    assert cut("- Brot und Butter\n- Milch\n- Salz, Pfeffer") == [
        "- Brot und Butter",
        "- Milch",
        "- Salz, Pfeffer",
    ]
    assert len(cut("Ulm gegen Bonn 2:1\nKiel gegen Jena 0:0\nKöln gegen Mainz 1:1")) == 3
    assert cut("# Kopf der Seite hier\nText") == ["# Kopf der Seite hier", "Text"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Neue Gebühren", True),
        ("Die Folgen:", True),
        ("Der Rat tagt.", False),
        ("Der Rat „tagt.“", False),
        ("Wer tagt?", False),
        ("Der Rat, ", True),
        ("Der Rat,", False),
        ("Wort " * 40, False),
    ],
)
def test_is_headline(line: str, expected: bool) -> None:
    assert is_headline(line) == expected


def test_a_quotation_as_long_as_a_passage_is_not_one_sentence() -> None:
    inner = [f"Dieser Satz hat die Nummer {word}, und er hört hier auf." for word in "abcdefgh" * 4]
    text = f"Er sagte: „{' '.join(inner)}“ „Das war es.“ Sie ging."
    found = cut(text)
    assert len(found) == len(inner) + 2
    assert found[0] == f"Er sagte: „{inner[0]}"
    assert found[-3:] == [f"{inner[-1]}“", "„Das war es.“", "Sie ging."]


def test_opening_marks_stay_with_what_they_open_in_a_long_quotation() -> None:
    inner = ["Er kam.", "„Sie ging.“", "(Er auch.)", "Das Haus war nun leer."] * 30
    assert cut(f"«{' '.join(inner)}»")[1:-1] == inner[1:-1]


def test_a_panic_of_the_segmenter_is_no_end_of_the_world() -> None:
    text = "Er ging. A\u202f. Sie blieb."
    assert _found(text, "de") == []  # not a space replaced: sentencex panics here
    assert ends(text, "de") == [9, len(text)]


@settings(deadline=None)
@given(TEXTS, LANGUAGES)
def test_every_visible_character_is_in_exactly_one_sentence(
    text: str, language: str | None
) -> None:
    covered = 0
    for start, end in sentences(text, language):
        assert covered <= start < end
        assert not text[covered:start].strip()
        assert text[start:end] == text[start:end].strip()
        covered = end
    assert not text[covered:].strip()


@settings(deadline=None)
@given(TEXTS, LANGUAGES, st.data())
def test_reads_nothing_outside_of_the_stretch_asked_for(
    text: str, language: str | None, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    inside = sentences(text[start:end], language)
    assert sentences(text, language, start, end) == [Span(a + start, b + start) for a, b in inside]


@settings(deadline=None)
@given(TEXTS, LANGUAGES, st.data())
def test_sentence_at_is_the_smallest_run_of_sentences(
    text: str, language: str | None, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    touched = [
        sentence
        for sentence in sentences(text, language)
        if text[max(sentence.start, span.start) : min(sentence.end, span.end)].strip()
    ]
    expected = Span(touched[0].start, touched[-1].end) if touched else span
    assert sentence_at(text, language, span) == expected


def test_sentence_at_in_a_paragraph_of_any_length() -> None:
    text = " ".join(f"Der Satz mit der Nummer {i} endet an dieser Stelle." for i in range(2_000))
    all_of_them = sentences(text, "de")
    assert len(all_of_them) == 2_000
    for place in range(0, len(text), 997):
        found = sentence_at(text, "de", Span(place, place + 30))
        assert found.start in {one.start for one in all_of_them}
        assert found.end in {one.end for one in all_of_them}
        assert found.start <= place + 1
        assert len(re.findall(r"\.", text[found.start : found.end])) <= 2


def test_sentence_at_does_not_reach_into_the_header() -> None:
    text = "date 2024-01-01 Der Titel\nDer Rat der Stadt tagt heute Abend."
    body = text.index("\n") + 1
    span = Span(body + 4, body + 7)
    assert text[slice(*sentence_at(text, "de", span, body))] == text[body:]


def test_sentence_at_of_a_long_run_without_any_space_is_a_block_of_it() -> None:
    text = "ä" * 50_000
    found = sentence_at(text, "de", Span(20_500, 20_510))
    assert found in sentences(text, "de")
    assert len(text[found.start : found.end]) < 6_000


@pytest.mark.parametrize(
    "part", ["a", "中。", " ", "\n", "A.\n\n", "Wort\n", "„Ja. ", "1. ", "' ", "(a "]
)
def test_takes_linear_time(part: str) -> None:
    text = part * (100_000 // len(part))
    started = time.perf_counter()
    sentences(text, "de")
    assert time.perf_counter() - started < 5
