"""One story of the seeds as several papers would print it."""

from __future__ import annotations

from pathlib import Path

from indexer.article import Article
from indexer.points import article_payload, stored_article
from indexer.store import StoredArticle

_STORY = "tramtunnel-2025-04-02.txt"
_OTHER = "tramtunnel-2025-03-23.txt"


def story(seeds: Path) -> str:
    """The text without its headline."""
    return _body(seeds, _STORY)


def report_on_the_same(seeds: Path) -> str:
    """Another article on the same subject, days before: no copy."""
    return _body(seeds, _OTHER)


def other_headline(text: str) -> str:
    """A headline of one's own, in the text."""
    return f"Counted again, and still ahead: what Lindstetten learnt this week\n\n{text}"


def credited(text: str) -> str:
    """The agency's mark before it and the credit line behind it."""
    return f"LINDSTETTEN (zna/ob) – {text}\n\nWith material from an agency."


def cut(text: str) -> str:
    """The last paragraphs cut: a third or more."""
    kept = text.rsplit("\n\n", 2)[0]
    assert 0.5 * len(text) < len(kept) < 0.7 * len(text)
    return kept


def edited(text: str) -> str:
    """Other figures, another quote, a word here and there."""
    changes = {
        "353": "361",
        "16,164": "16,166",
        "Somebody was tired": "Someone was very tired",
        "7.2 million": "7.4 million",
        "will now invite": "is about to invite",
        "said on Wednesday": "announced",
    }
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    return text


def stored(article_id: str, text: str, published_at: str | None = None) -> StoredArticle:
    """An article as a store gives it back, with its text."""
    article = Article(article_id, text, published_at=published_at, language="en")
    return stored_article(article_payload(article, 1))


def _body(seeds: Path, name: str) -> str:
    return (seeds / name).read_text("utf-8").split("\n\n", 1)[1].strip()
