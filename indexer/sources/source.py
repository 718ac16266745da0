"""Source: one thing that the user asked to index, checked before any of it is read.

A path that doesn't exist stops the run here, so that a typing error never ends
in half an index. Opening and reading is left to ``files``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from indexer.article import Article
from indexer.errors import SourceError
from indexer.sources.web import urls
from indexer.sources.web.source import WebSource

Item: TypeAlias = Article | SourceError


@dataclass(frozen=True)
class Source:
    """A folder, a file in its folder, or standard input.

    ``root`` is the absolute folder, ``-`` for standard input. ``file`` is set
    where a single file was named, relative to ``root``. ``path`` is what to open,
    None for standard input.
    """

    root: str
    file: str | None = None
    path: Path | None = None


def resolve(names: Sequence[str]) -> list[Source | WebSource]:
    """The sources that these paths and addresses name, in their order and each once.

    Raises SourceError for a path that is neither a file nor a folder, and for an
    address that can't be read, before anything is read.
    """
    return list(dict.fromkeys(WebSource.of(n) if urls.is_address(n) else _source(n) for n in names))


def printable(name: str) -> str:
    """A file name for a message: bytes that are not UTF-8 are shown as ``\\xe4``."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_utf8(name: str) -> bool:
    """False for a text with a lone surrogate: no Unicode, or a file name in another encoding."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _source(name: str) -> Source:
    if name == "-":
        return Source(root="-")
    if not name:
        raise SourceError("''", "an empty path names nothing; use . for the current folder")
    try:
        path = _absolute(Path(name))
        folder, file = path.is_dir(), path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(printable(name), f"can't be opened: {error}") from error
    if not folder and not file:
        other = "is neither a file nor a folder; pipe it in and name it -"
        raise SourceError(printable(name), other if path.exists() else "does not exist")
    if not is_utf8(str(path) if folder else str(path.parent)):
        raise SourceError(printable(name), "lies in a folder whose name is not UTF-8; rename it")
    if folder:
        return Source(root=str(path), path=path)
    return Source(root=str(path.parent), file=path.name, path=path)


def _absolute(path: Path) -> Path:
    """Without links resolved: ``current``, moved from one release to the next, stays one root."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the link
    # "link/.." is another folder to the file system than it is on paper.
    if ".." in path.parts and path.exists() and not (absolute.exists() and absolute.samefile(path)):
        return path.resolve()
    return absolute
