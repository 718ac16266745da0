"""Real web sites on this machine, for tests: what is to be answered is written by the test.

One thread a connection, HTTP/1.1, on a free port of 127.0.0.1. A page is an Answer, or a
function that gets the request and writes whatever it likes to the connection.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Write = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Answer:
    """What a path answers. With ``etag`` or ``modified`` it also answers 304."""

    body: bytes | str = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request that came in. Names of ``headers`` are in lower case."""

    method: str
    path: str
    status: int
    headers: dict[str, str]


class Site:
    """A running site. ``pages`` may change at any time; ``asked`` is what was asked for."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.pages: dict[str, Answer | Write] = {}
        self.asked: list[Asked] = []
        self.port = server.server_address[1]
        self.host = str(server.server_address[0])
        self.address = f"http://{self.host}:{self.port}"

    def url(self, path: str, host: str = "") -> str:
        """The address of a path, by whatever name of this machine."""
        return f"http://{host or self.host}:{self.port}{path}"

    def paths(self, *statuses: int) -> list[str]:
        """The paths asked for, but for robots.txt; of these statuses, or all."""
        return [
            a.path
            for a in self.asked
            if a.path != "/robots.txt" and (not statuses or a.status in statuses)
        ]

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        page = self.pages.get(handler.path, Answer("nothing here", status=404))
        if not isinstance(page, Answer):
            self.asked.append(Asked(handler.command, handler.path, 0, headers))
            page(handler)
            return
        known = (page.etag and headers.get("if-none-match") == page.etag) or (
            page.modified and headers.get("if-modified-since") == page.modified
        )
        status = 304 if known else page.status
        self.asked.append(Asked(handler.command, handler.path, status, headers))
        body = page.body.encode() if isinstance(page.body, str) else page.body
        handler.send_response(status)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        if page.etag:
            handler.send_header("ETag", page.etag)
        if page.modified:
            handler.send_header("Last-Modified", page.modified)
        if status != 304:
            handler.send_header("Content-Type", page.kind)
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if status != 304 and handler.command != "HEAD":
            handler.wfile.write(body)


@contextmanager
def running_site(host: str = "127.0.0.1", trust: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site until the block ends; with ``trust``, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                site.respond(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the reader has had enough

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    site = Site(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def page(title: str, text: str, *, head: str = "", lang: str = "de") -> str:
    """A news page with navigation and footer around its text."""
    paragraphs = "".join(f"<p>{p}</p>" for p in text.split("\n"))
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f'{head}</head><body><nav><a href="/">Start</a></nav><article><h1>{title}</h1>'
        f"{paragraphs}</article><footer>Impressum</footer></body></html>"
    )


def rss(*items: str, head: str = "") -> Answer:
    """An RSS feed with these items."""
    body = (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Der Bote</title>'
        f"<link>/</link><language>de</language>{head}{''.join(items)}</channel></rss>"
    )
    return Answer(body, "application/rss+xml")


def item(link: str | None, title: str = "", rest: str = "") -> str:
    """An item of an RSS feed."""
    linked = f"<link>{link}</link>" if link else ""
    return f"<item><title>{title}</title>{linked}{rest}</item>"


def sitemap(*locations: str) -> Answer:
    """A sitemap with these addresses; what begins with ``<`` is an entry as it stands."""
    entries = "".join(u if u.startswith("<") else f"<url><loc>{u}</loc></url>" for u in locations)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{entries}</urlset>'
    )
    return Answer(body, "application/xml")
