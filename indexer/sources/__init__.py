"""Inputs → articles: folders, files and standard input.

``resolve`` checks what the user named before anything is read; ``read`` streams
the articles of one such source, with a SourceError in place of each input that
can't be used. What is on the web is read in ``web``. Nothing here knows of passages,
models or the store.
"""

from indexer.sources.files import count, passed_over, read
from indexer.sources.jsonl import parse_json_line, read_jsonl
from indexer.sources.source import Item, Source, resolve

__all__ = [
    "Item",
    "Source",
    "count",
    "parse_json_line",
    "passed_over",
    "read",
    "read_jsonl",
    "resolve",
]
