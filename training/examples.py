"""What is learnt from: a question, the passage that answers it, and others that don't."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """A passage, its article's heading and language.

    ``cosine`` is how near the question it was found, None where it was not.
    """

    text: str
    head: str = ""
    language: str | None = None
    cosine: float | None = None


class Example(msgspec.Struct, frozen=True):
    """``span`` is where the answer stands in ``passage``; both are None where nothing answers.

    ``others`` are passages that the retriever finds for the question, best first, none of
    which answers it as far as is known. ``wordings`` are the same question by language.
    """

    question: str
    source: str
    passage: Shown | None
    span: tuple[int, int] | None
    others: list[Shown]
    wordings: Mapping[str, str] = {}


def write_examples(path: Path, examples: Iterable[Example]) -> int:
    """Write a line an example, compressed; the number of them."""
    encoder = msgspec.json.Encoder()
    count = 0
    draft = path.with_suffix(".draft")
    with gzip.open(draft, "wb", compresslevel=3) as file:
        for count, example in enumerate(examples, start=1):  # noqa: B007
            file.write(encoder.encode(example) + b"\n")
    draft.replace(path)
    return count


def read_examples(path: Path) -> list[Example]:
    """All examples of a file."""
    decoder = msgspec.json.Decoder(Example)
    with gzip.open(path, "rb") as file:
        return [decoder.decode(line) for line in file]
