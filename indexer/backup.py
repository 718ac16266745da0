"""A whole archive in one file that any store can take: recipe, articles, vectors, checksums.

A ZIP file (``docs/backup.md``), written from front to back, so that it can be sent
while it is made. Each article is taken whole in one version; an archive that is being
written while it is backed up needs no lock. Keeping
them in a file is left to ``backup_file.py``, reading one back to ``restoring.py``.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from indexer.article import Article
from indexer.errors import BackupError
from indexer.store import PassagePoint, PassageStore, StoredArticle, Superseded, article_pages

#: Raised when backups are written in a way that earlier releases can't read.
BACKUP_FORMAT = 1

HEADER, MANIFEST = "fundstelle-backup.json", "manifest.json"
ARTICLES, DENSE, TERMS, WEIGHTS, LENGTHS = (
    "articles.jsonl",
    "dense.npy",
    "terms.npy",
    "weights.npy",
    "lengths.npy",
)
_PART_ARTICLES = 64
_TRIES = 5


class Entry(msgspec.Struct, frozen=True):
    """An article as a backup holds it; ``passages`` are ``[ordinal, start, end]``."""

    article: Article
    passages: list[tuple[int, int, int]]
    superseded: list[Superseded]


class Manifest(msgspec.Struct, frozen=True):
    """What the file must hold to be whole: counts, and the SHA-256 of every member."""

    articles: int
    passages: int
    sha256: dict[str, str]


@dataclass
class _Part:
    entries: list[Entry] = field(default_factory=list)
    points: list[PassagePoint] = field(default_factory=list)


def backup_chunks(
    store: PassageStore, on_progress: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """The bytes of a backup, as they become known."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        writer = _Writer(archive)
        writer.add(
            HEADER,
            msgspec.json.encode(
                {
                    "format": BACKUP_FORMAT,
                    "recipe": store.recipe.to_json(),
                    "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
                }
            ),
        )
        for number, heads in enumerate(article_pages(store, size=_PART_ARTICLES), start=1):
            writer.add_part(number, _part(store, heads))
            if on_progress:
                on_progress(writer.articles)
            yield sink.taken()
        manifest = Manifest(writer.articles, writer.passages, writer.sha256)
        writer.add(MANIFEST, msgspec.json.encode(manifest))
    yield sink.taken()


def _part(store: PassageStore, heads: Sequence[StoredArticle]) -> _Part:
    """These articles with all that belongs to them, each in one version."""
    part = _Part()
    pending = [s.article.id for s in heads]
    for _ in range(_TRIES):
        found = store.articles(pending)
        versions: dict[str, list[Superseded]] = {}
        for version in store.superseded(pending):
            versions.setdefault(version.article_id, []).append(version)
        passages: dict[str, list[PassagePoint]] = {}
        for point in store.passages(found.values()):
            passages.setdefault(point.article.id, []).append(point)
        pending = []
        for article_id, stored in found.items():
            own = passages.get(article_id, [])
            if len(own) != stored.passages:  # it was replaced while we looked
                pending.append(article_id)
                continue
            spans = [(p.passage.ordinal, p.passage.start, p.passage.end) for p in own]
            part.entries.append(Entry(stored.article, spans, versions.get(article_id, [])))
            part.points.extend(own)
        if not pending:
            return part
    raise BackupError(
        f"passages of {pending[0]!r} are missing in the index: index it again, then back up"
    )


class _Writer:
    """Adds members to the archive and keeps count."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.sha256: dict[str, str] = {}
        self.articles = self.passages = 0

    def add(self, name: str, content: bytes) -> None:
        if name != MANIFEST:
            self.sha256[name] = hashlib.sha256(content).hexdigest()
        # Without a time of its own, the same archive gives the same bytes.
        self._archive.writestr(_member(name), content)

    def add_part(self, number: int, part: _Part) -> None:
        folder = f"{number:06}"
        self.articles += len(part.entries)
        self.passages += len(part.points)
        lines = msgspec.json.Encoder().encode_lines(part.entries)
        self.add(f"{folder}/{ARTICLES}", lines)
        sparse = [p.sparse for p in part.points]
        arrays: dict[str, Any] = {
            DENSE: np.array([p.dense for p in part.points], np.float32),
            TERMS: np.array([i for s in sparse for i in s.indices], np.uint32),
            WEIGHTS: np.array([v for s in sparse for v in s.values], np.float32),
            LENGTHS: np.array([len(s.indices) for s in sparse], np.uint32),
        }
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            self.add(f"{folder}/{name}", content.getvalue())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    # Vectors don't become smaller.
    member.compress_type = zipfile.ZIP_STORED if name.endswith(".npy") else zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


class _Sink(io.RawIOBase):
    """Takes what a ZipFile writes, to be sent on."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._chunks.append(bytes(content))
        return len(content)

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken
