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
from indexer.sources import html, markdown, plaintext
from indexer.sources import stdin as standard_input
from indexer.sources.jsonl import read_jsonl
from indexer.sources.source import Item, Source, is_utf8, printable
from indexer.sources.walk import walk

_PARSERS: Final[dict[str, Callable[..., Article]]] = {
    ".txt": plaintext.parse,
    ".text": plaintext.parse,
    ".md": markdown.parse,
    ".markdown": markdown.parse,
    ".html": html.parse,
    ".htm": html.parse,
}
_JSON: Final = (".jsonl", ".ndjson", ".json")


def read(source: Source, stdin: BinaryIO | None = None) -> Iterator[Item]:
    """The articles of a source, streamed; of a folder in the order of their paths.

    In a folder, files of other types are passed over. ``stdin`` stands in for the
    process's standard input.
    """
    if source.path is None:
        yield from standard_input.read(stdin or sys.stdin.buffer)
    elif source.file is not None:
        if _suffix(source.file) in (*_PARSERS, *_JSON):
            yield from _read_file(source.path, source.root, source.file)
        else:
            known = " ".join((*_PARSERS, *_JSON))
            reason = f"this type of file is not supported; supported are {known}"
            yield SourceError(printable(source.file), reason)
    else:
        for found in walk(source.path):
            if isinstance(found, SourceError):
                yield found
            elif _suffix(found) in (*_PARSERS, *_JSON):
                yield from _read_file(source.path / found, source.root, found)


def count(source: Source) -> int:
    """How many files ``read`` would open; an estimate of the articles, for a progress bar."""
    if source.path is None or source.file is not None:
        return 1
    found = walk(source.path)
    return sum(isinstance(f, SourceError) or _suffix(f) in (*_PARSERS, *_JSON) for f in found)


def _read_file(path: Path, root: str, file: str) -> Iterator[Item]:
    if not is_utf8(file):
        yield SourceError(printable(file), "its name is not UTF-8; rename it")
        return
    try:
        parse = _PARSERS.get(_suffix(file))
        if parse:
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
