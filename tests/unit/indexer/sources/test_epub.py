"""EPUB files: an article a chapter, and a clear reason where there is none."""

from __future__ import annotations

import io
import zipfile

import pytest

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources.epub import read_epub
from indexer.sources.source import Item
from tests.documents import epub, page

_PROSE = "Der Stadtrat von Lindstetten hat am Montag den Haushalt beschlossen."
_PAGE = page(f"<h1>Rat beschließt</h1><p>{_PROSE}</p>")


def _read(data: bytes, source: str = "ausgabe.epub") -> list[Item]:
    return list(read_epub(data, source_root="/archive", source=source))


def _one(body: str) -> Article:
    (article,) = _read(epub({"a.xhtml": page(body)}))
    assert isinstance(article, Article)
    return article


def test_every_chapter_is_an_article() -> None:
    metadata = (
        "<dc:title>Talbote vom Dienstag</dc:title><dc:publisher>Talbote</dc:publisher>"
        "<dc:creator>Ada Lenz</dc:creator><dc:date>2025-11-04</dc:date>"
        "<dc:language>fr</dc:language>"
    )
    first, second = _read(
        epub({"text/a.xhtml": _PAGE, "b%20c.xhtml": page(f"<p>{_PROSE}</p>")}, metadata=metadata)
    )
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.id, second.id) == ("ausgabe.epub#text/a.xhtml", "ausgabe.epub#b c.xhtml")
    assert first.text == f"Rat beschließt\n\n{_PROSE}"
    assert first.title == "Rat beschließt"
    assert first.text[first.body_start :] == _PROSE
    assert (first.published_at, first.language) == ("2025-11-04", "de")
    assert first.metadata == {"outlet": "Talbote", "author": "Ada Lenz"}
    assert first.source == second.source == "ausgabe.epub"
    assert second.title is None


def test_the_table_of_contents_names_what_has_no_headline() -> None:
    entry = '<li><a href="a.xhtml#x">Haushalt</a></li>'
    data = epub({"a.xhtml": page(f"<p>{_PROSE}</p>")}, nav=entry)
    (article,) = _read(data)
    assert isinstance(article, Article)
    assert article.title == "Haushalt"
    assert article.text == _PROSE


def test_the_text_is_what_a_reader_sees() -> None:
    article = _one(
        "<h2>Rat\n beschließt</h2><script>x()</script><style>p {}</style><!-- nichts -->"
        "<div>Vor <b>dem</b> Beschluss<br/>stritt man&nbsp;lange."
        "<p>Dann kam die Ab&shy;stimmung.</p>Danach Ruhe &amp; Frieden.</div>"
        "<nav>Inhalt</nav><ul><li>eins</li><li>zwei</li></ul>"
    )
    assert article.text.split("\n\n") == [
        "Rat beschließt",
        "Vor dem Beschluss stritt man lange.",
        "Dann kam die Abstimmung.",
        "Danach Ruhe & Frieden.",
        "eins",
        "zwei",
    ]


def test_the_cover_and_empty_pages_are_no_articles() -> None:
    data = epub({"cover.xhtml": page('<img src="x.png"/>'), "a.xhtml": _PAGE})
    (article,) = _read(data)
    assert isinstance(article, Article)
    assert article.id == "ausgabe.epub#a.xhtml"


def test_an_entity_of_its_own_reads_no_file() -> None:
    evil = (
        '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        f"<html><body><p>{_PROSE} &x;</p></body></html>"
    )
    (article,) = _read(epub({"a.xhtml": evil}))
    assert isinstance(article, Article)
    assert article.text.startswith(_PROSE)
    assert len(article.text) < len(_PROSE) + 8


def test_encrypted_fonts_are_no_matter_and_encrypted_text_is() -> None:
    def encryption(uri: str) -> dict[str, bytes | str]:
        reference = f'<CipherReference xmlns="http://www.w3.org/2001/04/xmlenc#" URI="{uri}"/>'
        return {"META-INF/encryption.xml": f"<encryption>{reference}</encryption>"}

    (article,) = _read(epub({"a.xhtml": _PAGE}, extra=encryption("OEBPS/font.otf")))
    assert isinstance(article, Article)
    (error,) = _read(epub({"a.xhtml": _PAGE}, extra=encryption("OEBPS/a.xhtml")))
    assert isinstance(error, SourceError)
    assert "protected against copying" in error.reason


def test_a_chapter_that_is_missing_leaves_the_others() -> None:
    data = io.BytesIO(epub({"a.xhtml": _PAGE, "b.xhtml": _PAGE}))
    kept = io.BytesIO()
    with zipfile.ZipFile(data) as whole, zipfile.ZipFile(kept, "w") as part:
        for name in whole.namelist():
            if name != "OEBPS/a.xhtml":
                part.writestr(name, whole.read(name))
    error, article = _read(kept.getvalue())
    assert isinstance(error, SourceError)
    assert (error.source, error.reason) == ("ausgabe.epub", "lacks its own file 'OEBPS/a.xhtml'")
    assert isinstance(article, Article)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = epub({"a.xhtml": page("<p>" + "a " * 12_000_000 + "</p>")})
    assert len(bomb) < 100_000
    (error,) = _read(bomb)
    assert isinstance(error, SourceError)
    assert "unpacks to more" in error.reason


def test_deep_nesting_ends_nothing_else() -> None:
    assert _PROSE in _one("<div>" * 200 + _PROSE + "</div>" * 200).text
    deep = "<div>" * 100_000 + _PROSE
    (article,) = _read(epub({"deep.xhtml": page(deep), "a.xhtml": _PAGE}))
    assert isinstance(article, Article)
    assert article.id == "ausgabe.epub#a.xhtml"


def _zipped(name: str, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "is damaged, or no EPUB", id="empty"),
        pytest.param(epub({"a.xhtml": _PAGE})[:-200], "is damaged, or no EPUB", id="cut off"),
        pytest.param(_zipped("a.txt", "x"), "lacks its own file 'META-INF", id="another archive"),
        pytest.param(_zipped("META-INF/container.xml", "<a>"), "is damaged at 'META-INF", id="XML"),
        pytest.param(_zipped("META-INF/container.xml", "<a/>"), "names no package", id="package"),
        pytest.param(epub({"a.xhtml": page("<p></p>")}), "there is no text in it", id="no text"),
        pytest.param(epub({}), "there is no text in it", id="no chapter"),
    ],
)
def test_what_can_not_be_used_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        _read(data, "folder/a.epub")
    assert caught.value.source == "folder/a.epub"
    assert reason in caught.value.reason
