"""PDF files: the words as they were written, and a clear reason where there are none."""

from __future__ import annotations

import io
import zlib

import pytest
from reportlab.pdfgen.canvas import Canvas

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import pdf
from tests.documents import encrypted
from tests.documents import pdf as made

_TEXT = (
    "Der Stadtrat von Lindstetten hat am Montag den Haushalt",
    "beschlossen. Er umfasst 41 Millionen Euro, so viel wie noch nie.",
    "Gegen ihn stimmten vier der 31 Mitglieder des Rates.",
)


def _parse(data: bytes, source: str = "a.pdf") -> Article:
    return pdf.parse(data, source_root="/archive", source=source)


def _body(article: Article) -> str:
    return article.text[article.body_start :]


def test_lines_become_paragraphs() -> None:
    article = _parse(made([*_TEXT, "", *_TEXT]))
    assert article.text == f"{' '.join(_TEXT)}\n\n{' '.join(_TEXT)}"
    assert article.language == "de"
    assert (article.id, article.source_root, article.source) == ("a.pdf", "/archive", "a.pdf")


def test_an_indented_line_begins_a_paragraph() -> None:
    article = _parse(made([*_TEXT, f"  {_TEXT[0]}", *_TEXT[1:]]))
    assert article.text == f"{' '.join(_TEXT)}\n\n{' '.join(_TEXT)}"


def test_words_that_were_cut_are_mended() -> None:
    article = _parse(
        made([
            "Der Bürger-",
            "meister eröffnete die Ein-",
            "und Ausfahrt der Nord-",
            "Süd-Achse mit 3-",
            "mal lautem Hupen, was viele ärgerte",
        ])
    )  # fmt: skip
    assert article.text == (
        "Der Bürgermeister eröffnete die Ein- und Ausfahrt der Nord-Süd-Achse mit 3- mal "
        "lautem Hupen, was viele ärgerte"
    )


def test_a_headline_is_the_title() -> None:
    article = _parse(made([("Rat beschließt den Haushalt", 18), "", *_TEXT], title="layout3.indd"))
    assert article.title == "Rat beschließt den Haushalt"
    assert article.title_span is not None
    assert article.quote(article.title_span) == article.title
    assert _body(article) == " ".join(_TEXT)


def test_what_the_file_says_of_itself() -> None:
    article = _parse(made(_TEXT, title="Haushalt steht", author="Ada Lenz"), "2025-11-03-rat.pdf")
    assert article.title == "Haushalt steht"
    assert article.metadata == {"author": "Ada Lenz"}
    assert article.published_at == "2025-11-03"
    assert _parse(made(_TEXT)).published_at is not None  # the day on which it was made


@pytest.mark.parametrize("name", ["untitled", "(anonymous)", "Microsoft Word - A.docx", "", " "])
def test_what_programs_write_is_no_name(name: str) -> None:
    article = _parse(made(_TEXT, title=name, author=name))
    assert article.title is None
    assert article.metadata == {}


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    sentence = "Der Rat tagte lange und vertagte sich am Ende auf den nächsten"
    article = _parse(
        made(
            [*_TEXT, sentence],
            ["Tag um acht Uhr.", *_TEXT],
            [*_TEXT],
            head="Talbote, Ausgabe Süd, Blatt {}",
            foot="Seite {} von 3",
        )
    )
    assert "Talbote" not in article.text
    assert "Seite" not in article.text
    assert f"{sentence} Tag um acht Uhr." in article.text  # across the pages


def test_what_stands_once_in_a_margin_stays() -> None:
    article = _parse(made(_TEXT, head="Eine Nachricht aus Lindstetten", foot="12"))
    assert "Eine Nachricht aus Lindstetten" in article.text
    assert "12" not in article.text


def test_an_empty_password_opens() -> None:
    assert _parse(encrypted(made(_TEXT), "")).text == " ".join(_TEXT)


def test_other_scripts() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas.setFont("HeiseiMin-W3", 12)
    canvas.drawString(
        60, 500, "市議会は月曜日に予算案を可決した。賛成は二十七人、反対は四人だった。"
    )
    canvas.save()
    article = _parse(buffer.getvalue())
    assert "市議会は月曜日に予算案を可決した。" in article.text
    assert article.language == "ja"


def _scan() -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.rect(100, 100, 200, 300, fill=1)  # a picture of text would look like this, too
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _bomb() -> bytes:
    """A page whose content unpacks to 200 MB of blanks."""
    content = zlib.compress(b" " * 200_000_000, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<<>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + (
        b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (table, len(data))
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"Dies ist kein PDF.", "is damaged, or no PDF", id="text"),
        pytest.param(made(_TEXT)[:400], "is damaged, or no PDF", id="cut off"),
        pytest.param(encrypted(made(_TEXT), "geheim"), "needs a password", id="encrypted"),
        pytest.param(_scan(), "no text on its 1 pages; scans need text recognition", id="scan"),
        pytest.param(_bomb(), "there is no text", id="bomb"),
    ],
)
def test_what_can_not_be_used_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        _parse(data, "folder/a.pdf")
    assert caught.value.source == "folder/a.pdf"
    assert reason in caught.value.reason
