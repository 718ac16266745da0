"""EPUB exports → articles: one a chapter document, named ``FILE.epub#DOCUMENT``.

The text is what a reader sees of the document, block by block; offsets count in it, and
the index keeps it. The container is read in ``epub_package``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from indexer.article import Article, Span
from indexer.errors import SourceError
from indexer.language import detect, valid_code
from indexer.sources import dates
from indexer.sources.charset import decode_page
from indexer.sources.content import skip_blanks
from indexer.sources.epub_package import Document, Package
from indexer.sources.source import Item

if TYPE_CHECKING:
    from lxml.etree import _Element

_GAP: Final = "\n\n"
# What stands before the page: the XML declaration, and a document type with entities of its own.
_PROLOGUE: Final = re.compile(
    r"\A\ufeff?\s*(?:<\?xml[^>]*\?>)?\s*(?:<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)?",
    re.IGNORECASE | re.DOTALL,
)
_FEWEST_LETTERS: Final = 20
_LONGEST_TITLE: Final = 300
_HEADINGS: Final = ("h1", "h2", "h3")
_BLOCK_TAGS: Final = """
    address article aside blockquote body caption center dd div dl dt figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tbody td tfoot th thead tr ul"""
_BLOCKS: Final = frozenset(_BLOCK_TAGS.split())
_UNSEEN: Final = frozenset(
    ["head", "script", "style", "template", "nav", "svg", "math", "audio", "video", "object"]
)


def read_epub(data: bytes, *, source_root: str, source: str) -> Iterator[Item]:
    """The articles of an EPUB in reading order.

    A document that can't be read is yielded as a SourceError, one without text passed
    over. Raises SourceError where the file can't be opened, or no document has text.
    """
    package = Package(data, source)
    metadata, found = package.metadata, False
    for document in package.documents():
        try:
            article = _article(package, document, metadata, source_root, source)
        except SourceError as error:
            found = True
            yield error
        else:
            if article is not None:
                found = True
                yield article
    if not found:
        raise SourceError(source, "there is no text in it")


def _article(
    package: Package,
    document: Document,
    metadata: Mapping[str, list[str]],
    source_root: str,
    source: str,
) -> Article | None:
    body, language = _parsed(package.read(document.path), source, document.name)
    blocks = list(_blocks(body))
    text = _GAP.join(block for _, block in blocks)
    if sum(map(str.isalpha, text)) < _FEWEST_LETTERS:
        return None
    title, title_span, body_start = _title(blocks, text, document.label)
    creators = metadata.get("creator", [])
    told = {
        "outlet": (metadata.get("publisher") or [""])[0],
        "author": creators if len(creators) > 1 else "".join(creators),
    }
    return Article(
        id=f"{source}#{document.name}",
        text=text,
        title=title,
        published_at=dates.from_name(PurePosixPath(source).name) or _date(metadata),
        language=valid_code(language)
        or detect(text[body_start:])
        or valid_code("".join(metadata.get("language", [])[:1])),
        metadata={name: value for name, value in told.items() if value},
        body_start=body_start,
        title_span=title_span,
        source_root=source_root,
        source=source,
    )


def _parsed(data: bytes, source: str, name: str) -> tuple[_Element, str | None]:
    """The body of a document, and the language that it says it is in."""
    from lxml import etree, html

    page = decode_page(data, source)
    # An HTML parser knows the named entities that XHTML has from its DTD, which is never read.
    page = _PROLOGUE.sub("", page)
    try:
        parser = html.HTMLParser(no_network=True, huge_tree=True)
        tree = html.document_fromstring(page, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise SourceError(source, f"its document {name!r} can't be read ({error})") from error
    body = tree.find("body")
    return (tree if body is None else body), tree.get("lang") or tree.get("xml:lang")


def _blocks(body: _Element) -> Iterator[tuple[str, str]]:
    """Each block's tag and its text on one line."""
    pending: list[str] = []
    tag = "body"
    for kind, name, text in _walked(body):
        if kind == "text":
            pending.append(text)
            continue
        if block := " ".join("".join(pending).split()):
            yield tag, block.replace("\u00ad", "")
        pending = []
        tag = name if kind == "start" else "body"
    if block := " ".join("".join(pending).split()):
        yield tag, block.replace("\u00ad", "")


def _walked(body: _Element) -> Iterator[tuple[str, str, str]]:
    """Where blocks begin and end, and the text between. Without recursion: pages may be deep."""
    from lxml import etree

    hidden: _Element | None = None
    for event, node in etree.iterwalk(body, events=("start", "end", "comment", "pi")):
        name = node.tag if isinstance(node.tag, str) else ""
        if hidden is not None:
            if event == "end" and node is hidden:
                hidden = None
                yield "text", "", node.tail or ""
            continue
        if event in ("comment", "pi"):
            yield "text", "", node.tail or ""
        elif event == "start":
            if name in _UNSEEN:
                hidden = node
                continue
            if name in _BLOCKS:
                yield "start", name, ""
            yield "text", "", " " if name == "br" else node.text or ""
        else:
            if name in _BLOCKS:
                yield "end", name, ""
            if node is not body:
                yield "text", "", node.tail or ""


def _title(
    blocks: Sequence[tuple[str, str]], text: str, label: str | None
) -> tuple[str | None, Span | None, int]:
    """The headline with its span, and where the body begins; else its name in the contents."""
    tag, first = blocks[0]
    if len(blocks) > 1 and len(first) <= _LONGEST_TITLE and (tag in _HEADINGS or first == label):
        return first, Span(0, len(first)), skip_blanks(text, len(first))
    heading = next((b for tag, b in blocks if tag in _HEADINGS and len(b) <= _LONGEST_TITLE), None)
    return heading or label or None, None, 0


def _date(metadata: Mapping[str, list[str]]) -> str | None:
    for value in metadata.get("date", []):
        try:
            return dates.normalise(value)
        except ValueError:
            continue  # a year alone, or words
    return None
