"""Where a stretch of an article can be looked at: addresses of the reader page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.answer import Copy, Place, Source
from service.article_segment import article_segment

_HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
_VERSION = 12  # digits of the hash: enough to tell versions apart


@dataclass(frozen=True)
class ReaderLinks:
    """Links to the reader page of the service at ``base``, an address without a final slash."""

    base: str

    def to(self, place: Place) -> str:
        """The article's page, scrolled to the place. ASCII, without spaces and parentheses.

        The link of a quote names the version of its article, so that a page of another
        one says so instead of marking other words.
        """
        link = f"{self._page(place.article_id)}?start={place.start}&end={place.end}"
        if isinstance(place, Source):
            link += f"&content_sha256={place.content_sha256[:_VERSION]}"
        return f"{link}#quote"

    def to_copy(self, copy: Copy) -> str:
        """The page of a copy, scrolled to the words that it repeats where it has them."""
        page = self._page(copy.article_id)
        if copy.start is None:
            return page
        version = copy.content_sha256[:_VERSION]
        return f"{page}?start={copy.start}&end={copy.end}&content_sha256={version}#quote"

    def _page(self, article_id: str) -> str:
        return f"{self.base}/read/{article_segment(article_id)}"


def reader_links(public_url: str | None, scheme: str, host: str | None, port: int) -> ReaderLinks:
    """Links as whoever asks can follow them.

    To ``public_url`` where it is set, else to the host that was asked for. A host
    that is none (it stands in a header, and ends in Markdown) counts as this machine.
    """
    if public_url is not None:
        return ReaderLinks(public_url.rstrip("/"))
    if host is None or not _HOST.fullmatch(host):
        host = f"127.0.0.1:{port}"
    return ReaderLinks(f"{'https' if scheme == 'https' else 'http'}://{host}")
