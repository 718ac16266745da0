"""Sources → articles: which file is read by which reader, and in which order.

Every input that can't be used is yielded as a SourceError that names it, so that
one bad file never stops the rest. What is in a file is left to its reader.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources import html, markdown, pdf, plaintext
from indexer.sources import stdin as standard_input
from indexer.sources.epub import read_epub
from indexer.sources.jsonl import read_jsonl
from indexer.sources.pdf_lines import available as pdf_available
from indexer.sources.source import Item, Source, is_utf8, printable
from indexer.sources.walk import walk

_PARSERS: Final[dict[str, Callable[..., Article]]] = {
    ".txt": plaintext.parse,
    ".text": plaintext.parse,
    ".md": markdown.parse,
    ".markdown": markdown.parse,
    ".html": html.parse,
    ".htm": html.parse,
    ".pdf": pdf.parse,
}
_JSON: Final = (".jsonl", ".ndjson", ".json")
_EPUB: Final = (".epub",)
_KNOWN: Final = (*_PARSERS, *_JSON, *_EPUB)
# What comes in a container is read as a whole; text files have no limit.
_CONTAINERS: Final = (".pdf", *_EPUB)
_MOST_BYTES: Final = 256 * 1024 * 1024


def read(source: Source, stdin: BinaryIO | None = None) -> Iterator[Item]:
    """The articles of a source, streamed; of a folder in the order of their paths.

    In a folder, files of other types are passed over. ``stdin`` stands in for the
    process's standard input.
    """
    if source.path is None:
        yield from standard_input.read(stdin or sys.stdin.buffer)
    else:
        for found in names(source):
            if isinstance(found, SourceError):
                yield found
            else:
                yield from read_named(source.root, found)


def names(source: Source) -> Iterator[str | SourceError]:
    """The files that ``read`` opens, relative to the source's root and in that order."""
    if source.path is None:
        return
    if source.file is None:
        for found in walk(source.path):
            if isinstance(found, SourceError) or _is_read(found):
                yield found
    elif _suffix(source.file) in _KNOWN:
        yield source.file
    else:
        reason = f"this type of file is not supported; supported are {' '.join(_KNOWN)}"
        yield SourceError(printable(source.file), reason)


def read_named(root: str, file: str) -> Iterator[Item]:
    """The articles of one file of ``names``; whoever sees the same folder can read it."""
    yield from _read_file(Path(root) / file, root, file)


def count(source: Source) -> int:
    """How many files ``read`` would open; an estimate of the articles, for a progress bar."""
    if source.path is None or source.file is not None:
        return 1
    return sum(1 for _ in names(source))


def passed_over(source: Source) -> int:
    """How many PDF files of a folder are not read because the package for them is missing."""
    if source.path is None or source.file is not None or pdf_available():
        return 0
    return sum(isinstance(f, str) and _suffix(f) == ".pdf" for f in walk(source.path))


def _is_read(file: str) -> bool:
    """Whether a file of a folder is read; one that is named is tried, and says what it lacks."""
    suffix = _suffix(file)
    return suffix in _KNOWN and (suffix != ".pdf" or pdf_available())


def _read_file(path: Path, root: str, file: str) -> Iterator[Item]:
    if not is_utf8(file):
        yield SourceError(printable(file), "its name is not UTF-8; rename it")
        return
    try:
        suffix = _suffix(file)
        if suffix in _CONTAINERS and path.stat().st_size > _MOST_BYTES:
            most = _MOST_BYTES // 1024**2
            raise SourceError(file, f"is larger than {most} MiB; split it")
        parse = _PARSERS.get(suffix)
        if suffix in _EPUB:
            yield from read_epub(path.read_bytes(), source_root=root, source=file)
        elif parse:
            yield parse(path.read_bytes(), source_root=root, source=file)
        else:
            with path.open("rb") as stream:
                yield from read_jsonl(stream, source=file, source_root=root)
    except SourceError as error:
        yield error
    except OSError as error:
        yield SourceError(file, f"can't be read: {error.strerror}")


def _suffix(file: str) -> str:
    return PurePosixPath(file).suffix.lower()
