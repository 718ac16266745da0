"""Reading sources: each file by its reader, and no bad one stops the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import Item, count, passed_over, read, resolve
from tests.documents import epub, page, pdf

SHARED = Path(__file__).parents[4] / ".." / "shared"
WIKINEWS = SHARED / "corpora" / "wikinews-de"


def read_all(path: Path) -> list[Item]:
    (source,) = resolve([str(path)])
    return list(read(source))


def outline(found: list[Item]) -> list[str]:
    return [item.id if isinstance(item, Article) else f"! {item}" for item in found]


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "politik").mkdir()
    (tmp_path / "a.txt").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    (tmp_path / "b.TEXT").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    (tmp_path / "c.md").write_text("# Fähre", encoding="utf-8")
    (tmp_path / "d.html").write_text("<html><p>Die Fähre fährt.</p></html>", encoding="utf-8")
    (tmp_path / "e.jsonl").write_text('{"id": "j1", "text": "x"}\n{"id": "j2", "text": "y"}')
    (tmp_path / "f.json").write_text('[{"id": "j3", "text": "x"}]')
    (tmp_path / "politik" / "g.markdown").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    for ignored in ("h.docx", "i", "j.txt.bak", ".k.txt"):
        (tmp_path / ignored).write_text("Die Fähre fährt wieder.", encoding="utf-8")
    found = read_all(tmp_path)
    assert outline(found) == [
        "a.txt",
        "b.TEXT",
        "c.md",
        "d.html",
        "j1",
        "j2",
        "j3",
        "politik/g.markdown",
    ]
    assert {item.source_root for item in found if isinstance(item, Article)} == {str(tmp_path)}
    assert found[4].source == "e.jsonl"


def test_a_single_file_is_named_as_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    assert read_all(tmp_path / "a.txt") == read_all(tmp_path)


def test_bad_files_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"F\xe4hre")
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.md").write_bytes(b"---\ndate: bald\n---\nText")
    (tmp_path / "d.html").write_bytes(b"<html></html>")
    (tmp_path / "e.jsonl").write_bytes(b'{"id": "j1"}\n{"id": "j2", "text": "y"}')
    (tmp_path / "f.txt").write_text(" date 2025-02-30 Titel\n\nText")
    (tmp_path / "g.txt").symlink_to("missing")
    (tmp_path / "h.jsonl").symlink_to("h.jsonl")
    (tmp_path / "i.txt").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    example = "write 2024-05-31 or 2024-05-31T18:00:00+02:00"
    assert outline(read_all(tmp_path)) == [
        "! a.txt: is not UTF-8 at byte 1 (0xE4)",
        "! b.txt: is empty",
        "! c.md: front matter: 'published_at': 'bald' is not an ISO 8601 date; " + example,
        "! d.html: there is no text in the page",
        "! e.jsonl:1: 'text' is missing",
        "j2",
        "! f.txt:1: '2025-02-30' is not an ISO 8601 date; " + example,
        "! g.txt: can't be read: No such file or directory",
        "! h.jsonl: can't be read: Too many levels of symbolic links",
        "i.txt",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text")
    (tmp_path / "a.txt").chmod(0)
    assert outline(read_all(tmp_path)) == ["! a.txt: can't be read: Permission denied"]


def test_an_unsupported_file_is_an_error_only_when_named(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK")
    assert read_all(tmp_path) == []
    (found,) = read_all(tmp_path / "a.docx")
    assert isinstance(found, SourceError)
    assert str(found).startswith("a.docx: this type of file is not supported")


def test_a_file_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    for name in (b"F\xe4hre.txt", b"F\xe4hre.docx", b"b.txt"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("Text")
    assert outline(read_all(tmp_path)) == [
        "! F\\xe4hre.txt: its name is not UTF-8; rename it",
        "b.txt",
    ]


def test_files_are_read_only_as_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    found = read(resolve([str(tmp_path)])[0])
    next(found)
    (tmp_path / "b.txt").write_text("Die Fähre fährt nicht.", encoding="utf-8")
    later = next(found)
    assert isinstance(later, Article)
    assert later.text == "Die Fähre fährt nicht."


def test_a_folder_that_can_t_be_listed_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text")
    (tmp_path / "b").mkdir()
    (tmp_path / "c.txt").write_text("Text")
    found = read(resolve([str(tmp_path)])[0])
    first = next(found)
    (tmp_path / "b").rmdir()
    assert outline([first, *found]) == [
        "a.txt",
        "! b: the folder can't be listed: No such file or directory",
        "c.txt",
    ]


def test_a_large_file_of_json_lines(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": "Die Fähre fährt. " * 50} for n in range(500)]
    rows[250]["text"] = "ä" * 10_000_000
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    found = read_all(path)
    assert [item.id for item in found if isinstance(item, Article)] == [row["id"] for row in rows]


@pytest.mark.skipif(not WIKINEWS.is_dir(), reason="needs ../shared/corpora/wikinews-de")
def test_every_wikinews_article_is_a_seed() -> None:
    found = read_all(WIKINEWS)
    assert Counter(type(item) for item in found) == {Article: 850}
    for item in found:
        assert isinstance(item, Article)
        with (WIKINEWS / item.id).open(encoding="utf-8", newline="") as file:
            assert item.text == file.read()
        assert item.title_span is not None
        assert item.quote(item.title_span) == item.title
        assert item.text.startswith(f" date {item.published_at} {item.title}")
        assert 0 < item.body_start < len(item.text)
        assert item.language == "de"


@pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="needs ../shared/seeds")
def test_the_seed_article_has_title_and_date() -> None:
    (found,) = read_all(SHARED / "seeds")
    assert isinstance(found, Article)
    assert (found.published_at, found.language) == ("2025-11-19", "de")
    assert found.title_span is not None
    assert found.title_span.start == len(" date 2025-11-19 ")


def test_documents_are_read_beside_the_others(tmp_path: Path) -> None:
    prose = "Der Stadtrat hat am Montag den Haushalt beschlossen."
    chapter = page(f"<p>{prose}</p>")
    (tmp_path / "a.PDF").write_bytes(pdf([prose]))
    (tmp_path / "b.epub").write_bytes(epub({"1.xhtml": chapter, "2.xhtml": chapter}))
    (tmp_path / "c.pdf").write_bytes(b"%PDF")
    (tmp_path / "d.epub").write_bytes(b"")
    *articles, pdf_error, epub_error = read_all(tmp_path)
    assert outline(articles) == ["a.PDF", "b.epub#1.xhtml", "b.epub#2.xhtml"]
    assert outline([pdf_error])[0].startswith("! c.pdf: is damaged")
    assert outline([epub_error])[0].startswith("! d.epub: is damaged")
    (source,) = resolve([str(tmp_path)])
    assert (count(source), passed_over(source)) == (4, 0)


def test_a_container_that_is_too_large_is_not_even_opened(tmp_path: Path) -> None:
    with (tmp_path / "a.pdf").open("wb") as stream:
        stream.truncate(300 * 1024**2)  # sparse: it takes no room
    (found,) = read_all(tmp_path)
    assert str(found) == "a.pdf: is larger than 256 MiB; split it"


def test_without_the_extra_pdf_is_passed_over_or_says_what_is_missing(tmp_path: Path) -> None:
    """In a process that has no pypdf, as far as its import system can tell."""
    (tmp_path / "a.pdf").write_bytes(pdf(["Der Stadtrat hat am Montag beschlossen."]))
    (tmp_path / "b.txt").write_text("Die Fähre fährt wieder.", encoding="utf-8")
    code = """
import sys
sys.modules["pypdf"] = None
from indexer.sources import count, passed_over, read, resolve
folder, file = resolve(sys.argv[1:])
print([str(item.source) for item in read(folder)], count(folder), passed_over(folder))
print(*read(file), passed_over(file))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(tmp_path / "a.pdf")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "['b.txt'] 1 1",
        "a.pdf: PDF needs an extra package; install it with: pip install 'fundstelle[pdf]' 0",
    ]
