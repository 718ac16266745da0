"""Saved pages: text without the furniture, metadata, and honest refusals."""

from __future__ import annotations

import logging

import pytest
from trafilatura.settings import Document

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources.html import parse

PAGE = """<!DOCTYPE html><html lang="de-CH"><head><meta charset="utf-8">
<title>Brücke bleibt gesperrt</title>
<link rel="canonical" href="https://bote.example/lokales/bruecke">
<meta property="article:published_time" content="1993-05-01T10:00:00+02:00">
<meta name="author" content="Anna Ulm, Peter Mär">
<meta property="og:site_name" content="Der Bote">
<meta property="article:section" content="Lokales">
<meta property="article:tag" content="Verkehr"><meta property="article:tag" content="Brücken">
</head><body><nav><a href="/">Startseite</a> <a href="/abo">Abo</a></nav>
<article><h1>Brücke bleibt gesperrt</h1>
<p>Die alte Brücke über die Ühm bleibt bis zum Herbst gesperrt, teilte die Stadt mit.</p>
<p>Es fehlt an Stahl &ndash; und an Leuten, die ihn biegen.</p></article>
<footer>© 2024 Der Bote, alle Rechte vorbehalten</footer><script>track()</script></body></html>"""


def article(page: str | bytes, source: str = "lokales/bruecke.html") -> Article:
    data = page if isinstance(page, bytes) else page.encode()
    return parse(data, source_root="/archive", source=source)


def test_text_is_the_article_without_the_furniture() -> None:
    found = article(PAGE)
    assert found.text == (
        "Brücke bleibt gesperrt\n"
        "Die alte Brücke über die Ühm bleibt bis zum Herbst gesperrt, teilte die Stadt mit.\n"
        "Es fehlt an Stahl – und an Leuten, die ihn biegen."
    )


def test_metadata_is_read() -> None:
    found = article(PAGE)
    assert found.title == "Brücke bleibt gesperrt"
    assert found.published_at == "1993-05-01T10:00:00+02:00"
    assert found.language == "de"
    assert found.metadata == {
        "outlet": "Der Bote",
        "author": ["Anna Ulm", "Peter Mär"],
        "section": "Lokales",
        "tags": ["Verkehr", "Brücken"],
    }


def test_the_path_is_the_id_and_the_canonical_address_the_url() -> None:
    found = article(PAGE)
    assert (found.id, found.source) == ("lokales/bruecke.html", "lokales/bruecke.html")
    assert found.source_root == "/archive"
    assert found.url == "https://bote.example/lokales/bruecke"


def test_a_title_line_is_kept_out_of_the_body() -> None:
    found = article(PAGE)
    assert found.title_span is not None
    assert found.quote(found.title_span) == found.title
    assert found.text[found.body_start :].startswith("Die alte Brücke")


def test_a_title_that_is_not_in_the_text() -> None:
    page = PAGE.replace("<h1>Brücke bleibt gesperrt</h1>", "")
    found = article(page)
    assert found.title == "Brücke bleibt gesperrt"
    assert (found.title_span, found.body_start) == (None, 0)
    assert found.text.startswith("Die alte Brücke")


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta charset="windows-1252">', "cp1252"),
        ('<meta charset="iso-8859-1">', "utf-8"),
    ],
)
def test_a_declared_charset_is_honoured(declaration: str, encoding: str) -> None:
    page = PAGE.replace('<meta charset="utf-8">', declaration)
    assert article(page.encode(encoding)).text == article(PAGE).text


def test_an_xhtml_declaration_is_honoured() -> None:
    page = '<?xml version="1.0" encoding="iso-8859-1"?>' + PAGE.replace(
        '<meta charset="utf-8">', ""
    )
    assert article(page.encode("cp1252")).text == article(PAGE).text


def test_no_date_is_better_than_a_guessed_one() -> None:
    page = PAGE.replace("article:published_time", "x")
    assert article(page).published_at is None
    assert article(page, "2024-05-31-bruecke.html").published_at == "2024-05-31"


def test_the_language_is_detected_where_the_page_names_none() -> None:
    assert article(PAGE.replace('lang="de-CH"', "")).language == "de"
    assert article(PAGE.replace('lang="de-CH"', 'lang="rm"')).language == "rm"


def test_an_address_that_is_no_web_address_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert article(PAGE.replace("https://bote.example", "javascript:alert(1)")).url is None
    document = Document(url="javascript:alert(1)", text="Sie bleibt gesperrt.")
    monkeypatch.setattr("trafilatura.bare_extraction", lambda *_, **__: document)
    assert article(PAGE).url is None


def test_a_fragment_is_a_page() -> None:
    text = "Die Fähre fährt seit Freitag wieder."
    assert article(f"<p>{text}</p>").text == text


def test_character_references_to_surrogates_do_no_harm() -> None:
    found = article(PAGE.replace("Stahl", "Stahl&#xD800;"))
    assert "Stahl\ufffd" in found.text


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("<html><body></body></html>", "there is no text in the page"),
        ("<html><body><script>var a = 1;</script></body></html>", "there is no text in the page"),
        ("<html><body><p> &nbsp; </p></body></html>", "there is no text in the page"),
    ],
)
def test_a_page_without_text_is_refused(page: str, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        article(page)
    assert (caught.value.source, caught.value.reason) == ("lokales/bruecke.html", reason)


def test_markup_that_is_nested_without_end_does_not_stop_the_run() -> None:
    page = "<html><body>" + "<div>" * 100_000 + "tief unten" + "</body></html>"
    with pytest.raises(SourceError, match=r"no text in the page|can't be read as HTML"):
        article(page)


@pytest.mark.parametrize("page", ["\x00\x01", "<!-- -->", "<?xml version='1.0'?>"])
def test_what_is_no_page_at_all_is_refused(page: str) -> None:
    with pytest.raises(SourceError, match=r"no text in the page|can't be read as HTML"):
        article(page)


def test_metadata_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document(title="Br\ud800cke", text="Sie bleibt gesperrt.")
    monkeypatch.setattr("trafilatura.bare_extraction", lambda *_, **__: document)
    with pytest.raises(SourceError, match=r"bruecke\.html: 'title' holds a lone surrogate"):
        article(PAGE)


def test_a_failure_inside_trafilatura_is_an_error_of_that_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("trafilatura.bare_extraction", fail)
    with pytest.raises(SourceError, match="can't be read as HTML: RecursionError: too deep"):
        article(PAGE)


def test_trafilatura_stays_silent(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(SourceError):
        article("<html><body></body></html>")
    assert caplog.records == []
    assert capsys.readouterr() == ("", "")
