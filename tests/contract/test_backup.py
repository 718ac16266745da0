"""Backups: from every store into every store, point by point, and nothing damaged goes in."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.article import Article, Span
from indexer.backup import MANIFEST, backup_chunks
from indexer.backup_file import keep
from indexer.errors import BackupError, RecipeMismatch
from indexer.restoring import Backup
from indexer.store import PassageStore, Superseded
from tests.contract.test_store import (
    IN_MEMORY,
    RECIPE,
    Place,
    article,
    axis,
    dated_archive,
    make,
    place,
    point,
    write,
)

__all__ = ["place"]


def fill(store: PassageStore) -> None:
    """Articles of all kinds, more than one part of them."""
    dated_archive(store)
    odd = Article(
        "Ä/ö%2F 😀\n",
        "\ufeff Titel\r\n\nEin Satz.\x00 Noch einer.",
        title="Titel",
        published_at="2025-11-19T10:00:00+01:00",
        url="https://example.org/?q=1#f",
        language="de",
        metadata={"tags": ["x", "y"], "outlet": "Z"},
        body_start=9,
        title_span=Span(2, 7),
        source_root="/archive",
        source="ö.txt",
    )
    write(store, *(point(odd, axis(1, i, -i), ordinal=i) for i in range(3)))
    store.commit([(Article("without-words", "", source="-"), 0)])
    for number in range(70):
        write(store, point(article(f"many-{number}", f"Satz {number}."), axis(number, 1)))
    store.keep_superseded([Superseded("many-1", "0" * 64, "Früher.", "2026-01-01T00:00:00+00:00")])


def state(store: PassageStore) -> dict[str, Any]:
    """All that a reader could ask of a store."""
    heads, cursor = store.list_articles(limit=1000)
    assert cursor is None
    ids = [s.article.id for s in heads]
    stored = store.articles(ids)
    points = store.passages(stored[i] for i in sorted(ids))
    return {
        "recipe": store.recipe,
        "articles": {i: (s.article, s.version, s.passages) for i, s in stored.items()},
        "passages": [(p.article.id, p.passage) for p in points],
        "sparse": [sorted(zip(*p.sparse, strict=True)) for p in points],
        "superseded": store.superseded(sorted(ids)),
        "journal": store.journal(),
        "languages": store.languages(),
    }


@IN_MEMORY
@pytest.mark.parametrize("into", ["edge", "server-in-memory"])
def test_what_comes_back_is_what_was_there(place: Place, tmp_path: Path, into: str) -> None:
    store = place.open()
    fill(store)
    told: list[int] = []
    file = tmp_path / "archive.zip"
    assert keep(backup_chunks(store, told.append), file) == store.status().articles
    assert told[-1] == store.status().articles
    assert len(told) > 1

    other = make(into, tmp_path / "other")
    with Backup(file) as backup:
        assert backup.articles == backup.check() == store.status().articles
        restored = other.open(backup.recipe)
        backup.restore(restored)
    assert state(restored) == state(store)
    assert np.abs(vectors(restored) - vectors(store)).max() < 1e-6
    again = tmp_path / "again.zip"
    keep(backup_chunks(restored), again)
    with zipfile.ZipFile(file) as one, zipfile.ZipFile(again) as two:
        counted = [json.loads(z.read(MANIFEST))["passages"] for z in (one, two)]
    assert counted == [store.status().passages] * 2
    restored.close()
    other.clear()
    store.close()


def test_an_empty_archive_can_be_backed_up(place: Place, tmp_path: Path) -> None:
    store = place.open()
    assert keep(backup_chunks(store), tmp_path / "empty.zip") == 0
    store.close()
    with Backup(tmp_path / "empty.zip") as backup:
        assert (backup.recipe, list(backup.parts())) == (RECIPE, [])


def test_an_article_replaced_meanwhile_is_whole_in_one_version(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = place.open()
    write(store, point(article("a", "Alt.")), point(article("b")))
    looked = store.articles

    def replaced_behind_our_back(*given: Any, **named: Any) -> Any:
        found = looked(*given, **named)
        monkeypatch.undo()
        new = article("a", "Neu. Und länger.")
        write(store, point(new), point(new, ordinal=1))
        store.drop_passages("a", keep=new.version)
        return found

    monkeypatch.setattr(store, "articles", replaced_behind_our_back)
    keep(backup_chunks(store), tmp_path / "x.zip")
    store.close()
    with Backup(tmp_path / "x.zip") as backup:
        ((entries, points),) = backup.parts()
    assert {e.article.id: e.article.text for e in entries} == {
        "a": "Neu. Und länger.",
        "b": "Ein Satz.",
    }
    assert [p.passage.text for p in points if p.article.id == "a"] == ["Neu. Und länger."] * 2


def vectors(store: PassageStore) -> Any:
    """The dense vectors as they count: a store may bring them to length 1, or not."""
    stored = store.articles([s.article.id for s in store.list_articles(limit=1000)[0]])
    points = store.passages(stored[i] for i in sorted(stored))
    rows = np.array([p.dense for p in points])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# What is no whole backup


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    made = make("edge", folder / "index")
    store = made.open()
    fill(store)
    keep(backup_chunks(store), folder / "whole.zip")
    store.close()
    return folder / "whole.zip"


def rewritten(
    file: Path, to: Path, change: Callable[[str, bytes], bytes | None], *, honest: bool = False
) -> Path:
    """The same backup with members changed, or left out; with ``honest`` checksums follow."""
    import hashlib

    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        hashes = {}
        for name in old.namelist():
            content = old.read(name) if name == MANIFEST else change(name, old.read(name))
            if name == MANIFEST and honest:
                manifest = json.loads(content or b"") | {"sha256": hashes}
                content = json.dumps(manifest).encode()
            if content is not None:
                hashes[name] = hashlib.sha256(content).hexdigest()
                new.writestr(name, content)
    return to


def refused(path: Path, match: str) -> None:
    with pytest.raises(BackupError, match=match) as caught, Backup(path) as backup:
        backup.check()
    assert str(path) in str(caught.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    refused(tmp_path / "no-such.zip", "can't be read")
    (tmp_path / "text.zip").write_text("nothing", "utf-8")
    refused(tmp_path / "text.zip", "is no backup")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("readme", "x")
    refused(tmp_path / "other.zip", "is missing")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_one_that_was_cut_off(whole: Path, tmp_path: Path, share: float) -> None:
    content = whole.read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: int(share * len(content))])
    refused(tmp_path / "cut.zip", "is no backup, or was cut off")


def test_any_byte_that_changed_is_noticed(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    random = np.random.default_rng(5)
    with zipfile.ZipFile(whole) as archive:
        names = archive.namelist()
        begins = [archive.getinfo(name).header_offset + 30 + len(name) for name in names]
        lengths = [archive.getinfo(name).compress_size for name in names]
    for begin, length in zip(begins, lengths, strict=True):
        at = begin + int(random.integers(length))
        changed = bytearray(content)
        changed[at] ^= 0x41
        (tmp_path / "changed.zip").write_bytes(changed)
        refused(tmp_path / "changed.zip", "damaged")


def test_a_part_that_is_missing_or_one_too_many(whole: Path, tmp_path: Path) -> None:
    without = rewritten(whole, tmp_path / "a.zip", lambda n, c: None if "000002" in n else c)
    refused(without, "has not the members that it lists")
    short = rewritten(
        whole, tmp_path / "b.zip", lambda n, c: None if "000002" in n else c, honest=True
    )
    refused(short, "does not hold as much as it says")


def test_offsets_beyond_the_text_are_refused(whole: Path, tmp_path: Path) -> None:
    def stretch(name: str, content: bytes) -> bytes:
        if not name.endswith("articles.jsonl"):
            return content
        return re.sub(rb'"passages":\[\[0,0,\d+', b'"passages":[[0,0,99999', content)

    refused(rewritten(whole, tmp_path / "a.zip", stretch, honest=True), "not within its text")


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.array([[1.0, 2.0]], np.float32), "does not fit"),
        (np.array([object()]), "can't be read"),
        (np.array(["x"]), "something else"),
    ],
    ids=["shape", "object", "text"],
)
def test_vectors_that_do_not_fit_are_refused(
    whole: Path, tmp_path: Path, array: Any, match: str
) -> None:
    written = io.BytesIO()
    np.save(written, array, allow_pickle=True)
    other = rewritten(
        whole,
        tmp_path / "a.zip",
        lambda n, c: written.getvalue() if n.endswith("dense.npy") else c,
        honest=True,
    )
    refused(other, match)


def test_numbers_that_are_none_are_refused(whole: Path, tmp_path: Path) -> None:
    def spoil(name: str, content: bytes) -> bytes:
        if not name.endswith("dense.npy"):
            return content
        array = np.load(io.BytesIO(content))
        array[0, 0] = np.nan
        written = io.BytesIO()
        np.save(written, array)
        return written.getvalue()

    refused(rewritten(whole, tmp_path / "a.zip", spoil, honest=True), "does not fit")


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"format": 2}, BackupError),
        ({"format": 1}, BackupError),
        ({"format": 1, "recipe": {"format": 99}}, RecipeMismatch),
        ([], BackupError),
    ],
)
def test_headers_of_other_releases(
    whole: Path, tmp_path: Path, header: Any, error: type[Exception]
) -> None:
    other = rewritten(
        whole, tmp_path / "a.zip", lambda n, c: json.dumps(header).encode() if "-" in n else c
    )
    with pytest.raises(error):
        Backup(other)


def test_a_backup_takes_its_place_only_once_it_is_whole(whole: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.zip"
    file.write_bytes(whole.read_bytes())
    content = whole.read_bytes()
    with pytest.raises(BackupError, match="is no backup"):
        keep([content[:1000]], file)

    def lost() -> Iterator[bytes]:
        yield content[:1000]
        raise ConnectionError("gone")

    with pytest.raises(BackupError, match="can't be written"):
        keep(lost(), file)
    assert file.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["kept.zip"]
    with pytest.raises(BackupError, match="can't be written"):
        keep([content], tmp_path / "no" / "folder.zip")
