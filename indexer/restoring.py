"""Backups read back: checked to the last byte, then given to a store of any kind.

Nothing in a backup is believed: its checksums, its counts and every offset are held
against its content, and nothing in it can be run. How one is written is in ``backup.py``.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from indexer.article import Article, Passage
from indexer.backup import (
    ARTICLES,
    BACKUP_FORMAT,
    DENSE,
    HEADER,
    LENGTHS,
    MANIFEST,
    TERMS,
    WEIGHTS,
    Entry,
    Manifest,
)
from indexer.errors import BackupError, FundstelleError
from indexer.lexical import SparseVector
from indexer.points import published_seconds
from indexer.recipe import Recipe
from indexer.store import PassagePoint, PassageStore

# Far more than any part of ours, far less than would take a machine down.
_MOST_BYTES = 1 << 30

# The decoder's own errors, and two of Python's that it lets through.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

T = TypeVar("T")


class Backup:
    """An open backup. Raises BackupError where the file is none, or is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._whole = False
        try:
            self._archive = zipfile.ZipFile(path)
        except OSError as error:
            raise BackupError(f"{path} can't be read: {error.strerror or error}") from error
        except zipfile.BadZipFile as error:
            raise BackupError(
                f"{path} is no backup, or was cut off while it was written: use another one"
            ) from error
        try:
            header = self._json(HEADER, dict[str, Any])
            if header.get("format") != BACKUP_FORMAT:
                raise BackupError(
                    f"{path} has backup format {header.get('format')!r}, this release of "
                    f"Fundstelle reads {BACKUP_FORMAT}: restore it with the release that wrote it"
                )
            self.recipe = self._recipe(header)
            self._manifest = self._json(MANIFEST, Manifest)
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Backup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def articles(self) -> int:
        """How many it holds."""
        return self._manifest.articles

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    def check(self) -> int:
        """Hold all of it against its checksums and counts: how many articles it has.

        Once is enough: what is read later is held against its checksum again. Raises
        BackupError where anything differs.
        """
        if self._whole:
            return self.articles
        articles = passages = 0
        for entries, points in self.parts():
            articles += len(entries)
            passages += len(points)
        if (articles, passages) != (self._manifest.articles, self._manifest.passages):
            raise self._damaged("it does not hold as much as it says")
        self._whole = True
        return articles

    def parts(self) -> Iterator[tuple[list[Entry], list[PassagePoint]]]:
        """Articles with their passages, some at a time."""
        named = [n for n in self._archive.namelist() if n != MANIFEST]
        if sorted(named) != sorted(self._manifest.sha256):
            raise self._damaged("it has not the members that it lists")
        self._bytes(HEADER)
        for name in named:
            folder, _, member = name.partition("/")
            if member == ARTICLES:
                yield self._part(folder)

    def restore(
        self, store: PassageStore, on_progress: Callable[[int], None] | None = None
    ) -> None:
        """Write all of it to an empty store."""
        written = 0
        for entries, points in self.parts():
            store.begin([entry.article.id for entry in entries])
            store.write_passages(points)
            store.keep_superseded(v for entry in entries for v in entry.superseded)
            store.commit((entry.article, len(entry.passages)) for entry in entries)
            store.end()
            written += len(entries)
            if on_progress:
                on_progress(written)

    def _part(self, folder: str) -> tuple[list[Entry], list[PassagePoint]]:
        lines = self._bytes(f"{folder}/{ARTICLES}").splitlines()
        try:
            entries = [msgspec.json.decode(line, type=Entry) for line in lines]
        except (*_UNREADABLE, FundstelleError) as error:
            raise self._damaged(f"an article can't be read ({error})") from error
        for entry in entries:
            if not _is_sound(entry.article):
                raise self._damaged(f"the article {entry.article.id!r} can't be what was indexed")
        count = sum(len(entry.passages) for entry in entries)
        dense = self._array(f"{folder}/{DENSE}", "f4", (count, self.recipe.dimension))
        lengths = self._array(f"{folder}/{LENGTHS}", "u4", (count,))
        terms = self._array(f"{folder}/{TERMS}", "u4", (int(lengths.sum()),))
        weights = self._array(f"{folder}/{WEIGHTS}", "f4", (int(lengths.sum()),))
        ends = np.cumsum(lengths, dtype=np.int64)
        points: list[PassagePoint] = []
        for entry in entries:
            for ordinal, (number, start, end) in enumerate(entry.passages):
                article, row = entry.article, len(points)
                if number != ordinal or not 0 <= start < end <= len(article.text):
                    raise self._damaged(f"a passage of {article.id!r} is not within its text")
                passage = Passage(article.id, ordinal, start, end, article.text[start:end])
                own = slice(int(ends[row] - lengths[row]), int(ends[row]))
                sparse = SparseVector(terms[own].tolist(), weights[own].tolist())
                points.append(PassagePoint(article, passage, dense[row].tolist(), sparse))
        return entries, points

    def _array(self, name: str, kind: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        try:
            found = np.load(io.BytesIO(self._bytes(name)), allow_pickle=False)
        except Exception as error:  # numpy raises what the parser of its header comes across
            raise self._damaged(f"{name} can't be read") from error
        empty = not found.size and not shape[0]
        if not isinstance(found, np.ndarray) or found.dtype != np.dtype(kind):
            raise self._damaged(f"{name} holds something else")
        if not empty and (found.shape != shape or not np.isfinite(found).all()):
            raise self._damaged(f"{name} does not fit its articles")
        return found

    def _json(self, name: str, kind: type[T]) -> T:
        content = self._read(name)
        try:
            return msgspec.json.decode(content, type=kind)
        except _UNREADABLE as error:
            raise self._damaged(f"{name} can't be read") from error

    def _bytes(self, name: str) -> bytes:
        content = self._read(name)
        if hashlib.sha256(content).hexdigest() != self._manifest.sha256.get(name):
            raise self._damaged(f"{name} is not what was written")
        return content

    def _read(self, name: str) -> bytes:
        try:
            if self._archive.getinfo(name).file_size > _MOST_BYTES:
                raise self._damaged(f"{name} is larger than any part of a backup")
            return self._archive.read(name)
        except KeyError as error:
            raise self._damaged(f"{name} is missing") from error
        except FundstelleError:
            raise
        except Exception as error:  # zipfile and zlib raise what they come across
            raise self._damaged(f"{name} can't be read ({error})") from error

    def _recipe(self, header: dict[str, Any]) -> Recipe:
        try:
            # Every value of the type that it should have, before anything is done with it.
            return msgspec.convert(Recipe.from_json(header["recipe"]).to_json(), Recipe)
        except (KeyError, TypeError, ValueError, AttributeError, msgspec.MsgspecError) as error:
            raise self._damaged("its recipe can't be read") from error

    def _damaged(self, what: str) -> BackupError:
        return BackupError(f"the backup {self.path} is damaged: {what}; use another one")


def _is_sound(article: Article) -> bool:
    """Whether what stands beside the text fits it, as it does with whatever was indexed."""
    length = len(article.text)
    start, end = article.title_span or (0, 0)
    try:
        published_seconds(article.published_at)
    except ValueError:
        return False
    return 0 <= article.body_start <= length and 0 <= start <= end <= length
