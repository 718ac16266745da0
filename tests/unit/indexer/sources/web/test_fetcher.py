"""Fetching, from real sites on this machine: limits, redirects, retries, cache and manners."""

from __future__ import annotations

import gzip
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import brotli
import pytest
import zstandard

from indexer.errors import FetchError
from indexer.sources.web import urls
from indexer.sources.web.fetcher import Fetcher
from indexer.sources.web.response import Response
from tests.unit.indexer.sources.web.conftest import FetcherFor
from tests.web_servers import Answer, Site

PAGE = Answer("Die Brücke bleibt gesperrt.", etag='"1"')


def fetch(fetcher: Fetcher, url: str) -> Response:
    return fetcher.fetch(urls.parse(url))


def refused(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(fetcher, url)
    assert "127.0.0." in caught.value.source or "localhost" in caught.value.source
    return caught.value


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


# What is asked, and of whom


def test_a_page_is_fetched_under_our_name(site: Site, fetcher_for: FetcherFor) -> None:
    site.pages["/a"] = PAGE
    fetcher = fetcher_for(contact="https://archive.example/bot")
    found = fetch(fetcher, site.url("/a"))
    assert found.body.decode() == PAGE.body
    assert (found.media_type, found.charset, found.from_cache) == ("text/html", "utf-8", False)
    asked = site.asked[-1].headers
    assert asked["user-agent"].startswith("Fundstelle/")
    assert asked["user-agent"].endswith("(+https://archive.example/bot)")
    assert "cookie" not in asked
    assert "authorization" not in asked


def test_a_private_host_is_not_connected_to(other_site: Site, fetcher: Fetcher) -> None:
    error = refused(fetcher, other_site.url("/a"))
    assert "FUNDSTELLE_ALLOW_PRIVATE_HOSTS" in error.reason
    assert other_site.asked == []


def test_a_name_of_a_private_host_is_not_connected_to(site: Site, fetcher_for: FetcherFor) -> None:
    error = refused(fetcher_for(allow_private_hosts=()), site.url("/a", "localhost"))
    assert "localhost has 127.0.0.1" in error.reason or "localhost has ::1" in error.reason
    assert site.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_host_is_not_followed(
    site: Site, other_site: Site, fetcher: Fetcher, status: int
) -> None:
    site.pages["/a"] = redirect(other_site.url("/secret"), status)
    assert "FUNDSTELLE_ALLOW_PRIVATE_HOSTS" in refused(fetcher, site.url("/a")).reason
    assert other_site.asked == []


def test_robots_txt_does_not_lead_to_a_private_host_either(
    site: Site, other_site: Site, fetcher: Fetcher
) -> None:
    site.pages["/robots.txt"] = redirect(other_site.url("/robots.txt"))
    site.pages["/a"] = PAGE
    refused(fetcher, site.url("/a"))
    assert other_site.asked == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://[", ""])
def test_a_redirect_to_what_can_not_be_read(site: Site, fetcher: Fetcher, target: str) -> None:
    site.pages["/a"] = redirect(target)
    assert refused(fetcher, site.url("/a")).reason


# Redirects


def test_redirects_are_followed_and_permanent_ones_remembered(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = redirect("/b", 301)
    site.pages["/b"] = redirect("/c", 308)
    site.pages["/c"] = redirect("/d")
    site.pages["/d"] = redirect("/e", 301)
    site.pages["/e"] = PAGE
    found = fetch(fetcher, site.url("/a"))
    assert found.url.path == "/e"
    assert found.permanent.path == "/c"  # behind it, a move may be taken back
    again = fetch(fetcher, site.url("/a"))
    assert (again.url, again.permanent, again.from_cache) == (found.url, found.permanent, True)


def test_a_loop_of_redirects_ends(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = redirect("/b")
    site.pages["/b"] = redirect("/a")
    assert "redirects more than 10 times" in refused(fetcher, site.url("/a")).reason
    assert len(site.paths()) <= 12


def test_credentials_stay_with_their_host(site: Site, fetcher_for: FetcherFor) -> None:
    fetcher = fetcher_for(allow_private_hosts=("127.0.0.1", "localhost"))
    here, there = site.url("/a"), site.url("/b", "localhost")
    fetcher.trust(urls.parse(here.replace("://", "://me:secret@")))
    site.pages["/a"] = redirect(there)
    site.pages["/b"] = redirect(f"http://x:y@127.0.0.1:{site.port}/c")
    site.pages["/c"] = PAGE
    found = fetch(fetcher, here.replace("://", "://me:secret@"))
    sent = {a.path: a.headers.get("authorization") for a in site.asked if a.path != "/robots.txt"}
    assert sent == {"/a": "Basic bWU6c2VjcmV0", "/b": None, "/c": "Basic bWU6c2VjcmV0"}
    assert (str(found.url), found.permanent) == (site.url("/c"), urls.parse(here))


def test_credentials_in_a_link_of_others_are_not_sent(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = PAGE
    fetch(fetcher, site.url("/a").replace("://", "://me:secret@"))
    assert all("authorization" not in asked.headers for asked in site.asked)


# Limits


@pytest.mark.parametrize("size", [2000, 2049])
def test_a_page_may_have_so_many_bytes(site: Site, fetcher_for: FetcherFor, size: int) -> None:
    fetcher = fetcher_for(max_bytes=2048)
    site.pages["/a"] = Answer(b"a" * size)
    if size <= 2048:
        assert len(fetch(fetcher, site.url("/a")).body) == size
    else:
        assert "larger than 2048 bytes" in refused(fetcher, site.url("/a")).reason


def test_a_page_without_end_is_not_read_to_its_end(site: Site, fetcher_for: FetcherFor) -> None:
    written = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal written
        handler.close_connection = True
        handler.send_response(200)
        handler.end_headers()
        while written < 500_000_000:
            handler.wfile.write(b"x" * 65536)
            written += 65536

    site.pages["/a"] = endless
    assert "larger than" in refused(fetcher_for(max_bytes=10_000), site.url("/a")).reason
    assert written < 100_000_000


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_bomb_is_not_unpacked(site: Site, fetcher: Fetcher, encoding: str) -> None:
    zeros = bytes(40_000_000)
    bomb = {
        "gzip": lambda: gzip.compress(zeros),
        "br": lambda: brotli.compress(zeros, quality=5),
        "zstd": lambda: zstandard.compress(zeros),
    }[encoding]()
    site.pages["/a"] = Answer(bomb, headers={"Content-Encoding": encoding})
    assert len(bomb) < 100_000
    assert "larger than" in refused(fetcher, site.url("/a")).reason


def test_a_packed_page_is_unpacked(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Answer(brotli.compress(b"Die Fahrt"), headers={"Content-Encoding": "br"})
    assert fetch(fetcher, site.url("/a")).body == b"Die Fahrt"


def test_a_page_that_lies_about_its_encoding(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Answer(b"<html>plain</html>", headers={"Content-Encoding": "gzip"})
    error = refused(fetcher, site.url("/a"))
    assert "can't be unpacked" in error.reason


@pytest.mark.parametrize("slow", ["head", "body"])
def test_a_server_that_drips_is_left(site: Site, fetcher_for: FetcherFor, slow: str) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        if slow == "body":
            handler.send_response(200)
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    site.pages["/a"] = drip
    started = time.monotonic()
    error = refused(fetcher_for(timeout=0.4), site.url("/a"))
    over.set()
    assert "within 0.4 seconds" in error.reason
    assert error.transient
    assert time.monotonic() - started < 10  # three tries


def test_a_server_that_says_nothing_is_left(site: Site, fetcher_for: FetcherFor) -> None:
    over = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    site.pages["/a"] = wait
    assert "within 0.3 seconds" in refused(fetcher_for(timeout=0.3), site.url("/a")).reason
    over.set()


def test_a_server_that_talks_nonsense(site: Site, fetcher: Fetcher) -> None:
    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"\x16\x03\x01 not HTTP at all\r\n\r\n")

    site.pages["/a"] = nonsense
    assert "broke off" in refused(fetcher, site.url("/a")).reason


def test_a_body_that_breaks_off(site: Site, fetcher: Fetcher) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half a page")

    site.pages["/a"] = cut
    error = refused(fetcher, site.url("/a"))
    assert error.transient
    assert len(site.paths()) == 3  # tried again


# What the server says


@pytest.mark.parametrize(
    ("status", "gone", "transient", "said"),
    [
        (404, True, False, "not there"),
        (410, True, False, "gone for good"),
        (401, False, False, "user:password@"),
        (403, False, False, "refused"),
        (451, False, False, "legal"),
        (500, False, True, "status 500"),
        (204, False, False, "status 204"),
        (304, False, False, "status 304"),
    ],
)
def test_a_status_and_what_it_means(
    site: Site, fetcher: Fetcher, status: int, gone: bool, transient: bool, said: str
) -> None:
    site.pages["/a"] = Answer(status=status)
    error = refused(fetcher, site.url("/a"))
    assert (error.status, error.gone, error.transient) == (status, gone, transient)
    assert said in error.reason
    assert len(site.paths()) == (3 if transient else 1)


def test_what_fails_for_a_moment_is_tried_again(site: Site, fetcher: Fetcher) -> None:
    def recover(handler: BaseHTTPRequestHandler) -> None:
        site.pages["/a"] = PAGE
        handler.send_response(503)
        handler.send_header("Retry-After", "0")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.pages["/a"] = recover
    assert fetch(fetcher, site.url("/a")).body.decode() == PAGE.body


@pytest.mark.parametrize("after", ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_long_pause_that_is_asked_for_is_not_waited_for_here(
    site: Site, fetcher: Fetcher, after: str
) -> None:
    site.pages["/a"] = Answer(status=429, headers={"Retry-After": after})
    started = time.monotonic()
    error = refused(fetcher, site.url("/a"))
    assert time.monotonic() - started < 5
    assert error.retry_after is not None
    assert error.retry_after >= 3600
    assert len(site.paths()) == 1


def test_a_site_that_keeps_failing_is_left_alone(site: Site, fetcher: Fetcher) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    for n in range(9):
        site.pages[f"/{n}"] = hang_up
        error = refused(fetcher, site.url(f"/{n}"))
    assert "in a row" in error.reason
    assert len(site.paths()) == 6


# The cache


def test_an_unchanged_page_is_asked_for_with_its_validators(
    site: Site, fetcher_for: FetcherFor
) -> None:
    site.pages["/a"] = replace(PAGE, modified="Mon, 06 Sep 2021 00:01:00 GMT")
    first = fetch(fetcher_for(), site.url("/a"))
    second = fetch(fetcher_for(), site.url("/a"))  # another run
    assert (second.body, second.charset) == (first.body, first.charset)
    assert (first.from_cache, second.from_cache) == (False, True)
    assert [a.status for a in site.asked if a.path == "/a"] == [200, 304]
    assert site.asked[-1].headers["if-none-match"] == '"1"'
    assert site.asked[-1].headers["if-modified-since"] == "Mon, 06 Sep 2021 00:01:00 GMT"


def test_a_changed_page_is_fetched_anew(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = PAGE
    fetch(fetcher, site.url("/a"))
    site.pages["/a"] = Answer("Die Brücke ist offen.", etag='"2"')
    assert fetch(fetcher, site.url("/a")).body.decode() == "Die Brücke ist offen."
    assert fetch(fetcher, site.url("/a")).body.decode() == "Die Brücke ist offen."
    assert site.paths(304) == ["/a"]


def test_without_a_cache_everything_works(site: Site, fetcher_for: FetcherFor) -> None:
    site.pages["/a"] = PAGE
    fetcher = fetcher_for(cache=None)
    assert fetch(fetcher, site.url("/a")).body == fetch(fetcher, site.url("/a")).body
    assert site.paths(304) == []


def test_a_damaged_cache_is_no_obstacle(
    site: Site, fetcher_for: FetcherFor, tmp_path: Path
) -> None:
    site.pages["/a"] = PAGE
    (tmp_path / "web.sqlite3").write_bytes(b"not a database, but long enough to be one" * 50)
    assert fetch(fetcher_for(), site.url("/a")).body.decode() == PAGE.body


def test_the_cache_is_for_its_owner_and_holds_no_credentials(
    site: Site, fetcher_for: FetcherFor, tmp_path: Path
) -> None:
    site.pages["/a"] = PAGE
    fetcher = fetcher_for()
    url = site.url("/a").replace("://", "://me:sehrgeheim@")
    fetcher.trust(urls.parse(url))
    fetch(fetcher, url)
    fetcher.close()
    files = list(tmp_path.glob("web.sqlite3*"))
    assert files
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        assert b"sehrgeheim" not in file.read_bytes()
        assert b"bWU6" not in file.read_bytes()


def test_what_must_not_be_stored_is_not(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = replace(PAGE, headers={"Cache-Control": "private, no-store"})
    fetch(fetcher, site.url("/a"))
    assert fetcher.kept(urls.parse(site.url("/a"))) is None


def test_a_page_confirmed_since_its_last_change_is_not_asked_for(
    site: Site, fetcher: Fetcher
) -> None:
    site.pages["/a"] = PAGE
    url = urls.parse(site.url("/a"))
    fetcher.fetch(url)
    assert fetcher.fetch(url, unless_since=time.time() - 60).from_cache
    assert site.paths() == ["/a"]
    fetcher.fetch(url, unless_since=time.time() + 60)
    assert site.paths() == ["/a", "/a"]


def test_what_was_asked_for_in_the_future_says_nothing_of_now(site: Site, fetcher: Fetcher) -> None:
    """The clock was ahead when it was, and has been set back since."""
    site.pages["/a"] = PAGE
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow:\n", "text/plain")
    url = urls.parse(site.url("/a"))
    fetcher.fetch(url)
    for path in ("/a", "/robots.txt"):
        fetcher.cache.confirm(site.url(path), time.time() + 10 * 86400)
    fetcher.fetch(url, unless_since=time.time() - 60)
    assert site.paths().count("/a") == 2


def test_a_page_that_is_gone_is_forgotten(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = PAGE
    fetch(fetcher, site.url("/a"))
    del site.pages["/a"]
    refused(fetcher, site.url("/a"))
    assert fetcher.kept(urls.parse(site.url("/a"))) is None


# robots.txt and the pace


def test_what_robots_txt_forbids_is_not_asked_for(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = Answer(
        "User-agent: *\nDisallow: /\n\nUser-agent: fundstelle\nDisallow: /intern\n", "text/plain"
    )
    site.pages["/intern/a"] = site.pages["/a"] = PAGE
    fetch(fetcher, site.url("/a"))
    assert "robots.txt does not allow" in refused(fetcher, site.url("/intern/a")).reason
    assert site.paths() == ["/a"]


def test_a_redirect_into_what_is_forbidden_is_not_followed(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /intern\n", "text/plain")
    site.pages["/a"] = redirect("/intern/a")
    assert "robots.txt" in refused(fetcher, site.url("/a")).reason
    assert site.paths() == ["/a"]


@pytest.mark.parametrize(
    ("status", "allowed"), [(404, True), (403, True), (401, True), (500, False), (429, False)]
)
def test_a_robots_txt_that_can_not_be_had(
    site: Site, fetcher: Fetcher, status: int, allowed: bool
) -> None:
    site.pages["/robots.txt"] = Answer(status=status)
    site.pages["/a"] = PAGE
    if allowed:
        assert fetch(fetcher, site.url("/a")).body
    else:
        error = refused(fetcher, site.url("/a"))
        assert "try again later" in error.reason
        assert error.transient
        assert site.paths() == []


def test_robots_txt_is_asked_for_once(site: Site, fetcher_for: FetcherFor) -> None:
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow:\n", "text/plain")
    site.pages["/a"] = PAGE
    for _ in range(2):
        fetcher = fetcher_for()
        for _ in range(3):
            fetch(fetcher, site.url("/a"))
    assert [a.path for a in site.asked].count("/robots.txt") == 1


@pytest.mark.parametrize(("rules", "pause"), [("", 0.15), ("Crawl-delay: 0.4", 0.4)])
def test_there_is_a_pause_between_two_requests(
    site: Site, fetcher_for: FetcherFor, rules: str, pause: float
) -> None:
    site.pages["/robots.txt"] = Answer(f"User-agent: *\n{rules}\nDisallow:\n", "text/plain")
    site.pages["/a"] = PAGE
    fetcher = fetcher_for(delay=0.15)
    fetch(fetcher, site.url("/a"))
    started = time.monotonic()
    fetch(fetcher, site.url("/a"))
    assert time.monotonic() - started >= pause * 0.9


def test_a_run_that_is_stopped_does_not_wait(site: Site, fetcher_for: FetcherFor) -> None:
    site.pages["/a"] = PAGE
    fetcher = fetcher_for(delay=60.0)
    fetch(fetcher, site.url("/a"))
    threading.Timer(0.2, fetcher.stopping.set).start()
    started = time.monotonic()
    assert "stopped" in refused(fetcher, site.url("/a")).reason
    assert time.monotonic() - started < 10


# Where a page is now


def test_locating_a_page_reads_nothing_of_it(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = redirect("/b", 301)
    site.pages["/b"] = redirect("/elsewhere", 302)
    assert fetcher.locate(urls.parse(site.url("/a"))).path == "/b"
    assert {a.method for a in site.asked if a.path != "/robots.txt"} == {"HEAD"}
    with pytest.raises(FetchError) as caught:
        fetcher.locate(urls.parse(site.url("/none")))
    assert caught.value.gone
