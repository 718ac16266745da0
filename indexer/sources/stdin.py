"""Standard input → articles: JSON where it begins like JSON, else one text.

What JSON and text mean is left to ``jsonl`` and ``plaintext``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from indexer.errors import SourceError
from indexer.sources import plaintext
from indexer.sources.jsonl import read_jsonl
from indexer.sources.source import Item

_NAME: Final = "-"
_BOM: Final = b"\xef\xbb\xbf"


def read(stream: BinaryIO) -> Iterator[Item]:
    """The articles of a JSON stream, or the one with id ``stdin`` of a text."""
    head = []
    first = b""
    for line in stream:
        head.append(line)
        first = line.removeprefix(_BOM).strip()
        if first:
            break
    if first.startswith((b"{", b"[")):
        yield from read_jsonl(chain(head, stream), source=_NAME, source_root=_NAME)
        return
    try:
        data = b"".join(chain(head, stream))
        yield plaintext.parse(data, source_root=_NAME, source=_NAME, article_id="stdin")
    except SourceError as error:
        yield error
