"""Markdown as a reader sees it: through a CommonMark renderer, with and without tables."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

from markdown_it import MarkdownIt

RENDERERS = [
    MarkdownIt("commonmark"),
    MarkdownIt("commonmark").enable(["table", "strikethrough"]),
]


@dataclass(frozen=True)
class Rendered:
    """What is shown, the tags that show it, and where its links and images point."""

    text: str
    tags: frozenset[str]
    targets: tuple[str, ...] = ()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag in ("p", "br"):
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def rendered(markdown: str, renderer: MarkdownIt = RENDERERS[0]) -> Rendered:
    """What a renderer makes of it."""
    page = _Page()
    page.feed(renderer.render(markdown))
    page.close()
    return Rendered("".join(page.text).strip(), frozenset(page.tags), tuple(page.targets))


def words(text: str) -> list[str]:
    """A text but for its white space, which HTML does not keep."""
    return text.split()
