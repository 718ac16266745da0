"""The id of an article as one segment of a path, for whoever writes a link to it."""

from __future__ import annotations

from urllib.parse import quote


def article_segment(article_id: str) -> str:
    """The id percent-encoded: ASCII, and dots too.

    "." and ".." would be taken for folders, and the path shortened.
    """
    return quote(article_id, safe="").replace(".", "%2E")
