"""Address → document: redirects, retries, the cache, and the manners of a guest.

Asks robots.txt before anything else of a site, follows redirects one by one (each
target is checked like an address that a user gave), tries again what may work
another time, and takes from the cache what the server says has not changed.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final

import certifi
import httpx

from indexer.errors import FetchError, SourceError
from indexer.sources.web import robots, urls
from indexer.sources.web.addresses import AddressGuard
from indexer.sources.web.cache import CachedPage, PageCache
from indexer.sources.web.decompression import ACCEPTED
from indexer.sources.web.host import Answer, Host
from indexer.sources.web.response import Response
from indexer.sources.web.robots import RobotsRules
from indexer.sources.web.settings import WebSettings

_REDIRECTS: Final = 10
_PERMANENT: Final = (301, 308)
_MOVED: Final = (*_PERMANENT, 302, 303, 307)
_TRIES: Final = 3
# A longer pause that a server asks for is left to another run, in seconds.
_LONGEST_REST: Final = 20.0
_ACCEPT: Final = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, text/plain;q=0.8, */*;q=0.5"
)
_KEPT_HEADERS: Final = ("content-type", "etag", "last-modified", "cache-control")
_SAYS: Final = {
    401: "asks for a log-in; put user and password into the address: https://user:password@host/",
    403: "is refused by the server",
    404: "is not there",
    407: "asks a proxy's log-in",
    410: "is gone for good",
    429: "too many requests, says the server; raise FUNDSTELLE_WEB_DELAY",
    451: "is withheld for legal reasons",
}


class Fetcher:
    """Fetches documents for one run; safe for several threads.

    Setting ``stopping`` ends every pause, and with it what waits. ``back_off`` is the
    pause before a second try, in seconds; it doubles with each.
    """

    def __init__(
        self,
        settings: WebSettings,
        cache: PageCache,
        stopping: threading.Event | None = None,
        *,
        back_off: float = 1.0,
    ) -> None:
        self.settings = settings
        self.stopping = stopping or threading.Event()
        self.cache = cache
        self._back_off = back_off
        self._guard = AddressGuard(settings.allow_private_hosts)
        self._trust = _trusted_authorities()
        contact = f" (+{settings.contact})" if settings.contact else ""
        self._agent = f"{robots.PRODUCT}/{version('fundstelle')}{contact}"
        self._turn = threading.Lock()
        self._hosts: dict[str, Host] = {}
        self._authorizations: dict[str, str] = {}

    def close(self) -> None:
        """Let go of all connections and of the cache."""
        for host in self._hosts.values():
            host.close()
        self.cache.close()

    def trust(self, url: httpx.URL) -> None:
        """Send the credentials in this address to its own host, and to no other."""
        header = urls.authorization(url)
        if header:
            self._authorizations.setdefault(urls.origin(url), header)

    def fetch(
        self, url: httpx.URL, *, most_bytes: int | None = None, unless_since: float | None = None
    ) -> Response:
        """The document at an address; raises FetchError where there is none to be had.

        What was confirmed after ``unless_since`` (seconds since 1970) is taken from the
        cache without asking.
        """
        url = urls.bare(url)
        key = str(url)
        kept = self.cache.get(key)
        # Asked in the future: the clock was wrong, and says nothing of when that was.
        if kept and unless_since is not None and unless_since < kept.asked_at <= time.time():
            return _from_cache(kept)
        try:
            return self._follow(url, kept, most_bytes or self.settings.max_bytes)
        except FetchError as error:
            if error.gone:
                self.cache.drop(key)
            raise

    def kept(self, url: httpx.URL) -> Response | None:
        """What an address answered another time, None where nothing is kept."""
        kept = self.cache.get(urls.shown(url))
        return _from_cache(kept) if kept else None

    def locate(self, url: httpx.URL) -> httpx.URL:
        """Where a page is now, by its permanent redirects; nothing of it is read.

        Raises FetchError, ``gone`` where the server says so.
        """
        permanent = urls.bare(url)
        for _ in range(_REDIRECTS):
            answer = self._ask("HEAD", permanent, {}, 0)
            if answer.status not in _PERMANENT or "location" not in answer.headers:
                if answer.status in (404, 410):
                    raise _refusal(permanent, answer)
                return permanent
            permanent = self._target(permanent, answer)
        raise _too_many(url)

    def _follow(self, url: httpx.URL, kept: CachedPage | None, most_bytes: int) -> Response:
        current = permanent = url
        for_good = True
        for _ in range(_REDIRECTS + 1):
            conditions = _conditions(kept) if kept and kept.final == urls.shown(current) else {}
            answer = self._ask("GET", current, conditions, most_bytes)
            if answer.status in _MOVED and "location" in answer.headers:
                for_good = for_good and answer.status in _PERMANENT
                current = self._target(current, answer)
                permanent = current if for_good else permanent
                continue
            if answer.status == 304 and conditions and kept:
                self.cache.confirm(urls.shown(url), time.time())
                return _from_cache(kept, permanent)
            if answer.status not in (200, 203):
                raise _refusal(current, answer)
            self._keep(url, current, permanent, answer)
            return Response(current, permanent, answer.headers, answer.body)
        raise _too_many(url)

    def _keep(self, url: httpx.URL, final: httpx.URL, permanent: httpx.URL, answer: Answer) -> None:
        if "no-store" in answer.headers.get("cache-control", "").lower():
            self.cache.drop(urls.shown(url))
            return
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        page = CachedPage(
            urls.shown(final), urls.shown(permanent), headers, answer.body, time.time()
        )
        self.cache.put(urls.shown(url), page)

    def _target(self, current: httpx.URL, answer: Answer) -> httpx.URL:
        try:
            found = urls.resolve(current, answer.headers["location"])
        except SourceError as error:
            reason = f"redirects to something that can't be read: {error}"
            raise FetchError(urls.shown(current), reason) from error
        # Whoever redirects doesn't get to say who we are.
        return urls.bare(found)

    def _ask(
        self, method: str, url: httpx.URL, conditions: dict[str, str], most_bytes: int
    ) -> Answer:
        host = self._host(url)
        rules = self._rules(host, url)
        if reason := rules.forbids(urls.shown(url)):
            raise FetchError(urls.shown(url), reason, transient=rules.unreachable is not None)
        return self._ask_again(host, method, url, conditions, most_bytes)

    def _ask_again(
        self, host: Host, method: str, url: httpx.URL, conditions: dict[str, str], most_bytes: int
    ) -> Answer:
        headers = {"user-agent": self._agent, "accept": _ACCEPT, "accept-encoding": ACCEPTED}
        authorization = self._authorizations.get(urls.origin(url))
        if authorization:
            headers["authorization"] = authorization
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                answer = host.ask(method, url, headers | conditions, most_bytes=most_bytes)
            except FetchError as error:
                if last or not error.transient or self.stopping.is_set():
                    raise
                host.rest(self._back_off * 2**attempt * random.uniform(0.8, 1.2))  # noqa: S311
                continue
            if not (answer.status == 429 or answer.status in (500, 502, 503, 504)):
                return answer
            rest = _retry_after(answer)
            if last or (rest is not None and rest > _LONGEST_REST):
                raise _refusal(url, answer)
            host.rest(rest if rest is not None else self._back_off * 2**attempt)
        raise AssertionError("the last try returns or raises")

    def _host(self, url: httpx.URL) -> Host:
        with self._turn:
            name = urls.origin(url)
            if name not in self._hosts:
                self._hosts[name] = Host(
                    self._guard,
                    self._trust,
                    timeout=self.settings.timeout,
                    stopping=self.stopping,
                )
            return self._hosts[name]

    def _rules(self, host: Host, url: httpx.URL) -> RobotsRules:
        with host.robots_turn:
            if host.robots is None:
                host.robots = self._read_rules(url.copy_with(raw_path=b"/robots.txt"))
                host.delay = host.robots.delay(self.settings.delay)
            return host.robots

    def _read_rules(self, url: httpx.URL) -> RobotsRules:
        key = urls.shown(url)
        kept = self.cache.get(key)
        if kept and 0 <= time.time() - kept.asked_at < robots.FRESH:
            return RobotsRules.of(kept.body)
        current = url
        try:
            for _ in range(_REDIRECTS):
                answer = self._ask_again(self._host(current), "GET", current, {}, 4 * robots.LIMIT)
                if answer.status in _MOVED and "location" in answer.headers:
                    current = self._target(current, answer)
                    continue
                if answer.status != 200:
                    return RobotsRules.without(_refusal(url, answer))
                self._keep(url, current, url, answer)
                return RobotsRules.of(answer.body)
            return RobotsRules()  # it can't be had: as if there were none (section 2.3.1.2)
        except FetchError as error:
            return RobotsRules.without(error)


def _trusted_authorities() -> ssl.SSLContext:
    """Those of the system, where a newsroom's own is, and those of certifi, where it has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _from_cache(kept: CachedPage, permanent: httpx.URL | None = None) -> Response:
    return Response(
        httpx.URL(kept.final),
        permanent or httpx.URL(kept.permanent),
        kept.headers,
        kept.body,
        from_cache=True,
    )


def _conditions(kept: CachedPage) -> dict[str, str]:
    pairs = {"etag": "if-none-match", "last-modified": "if-modified-since"}
    return {ask: kept.headers[name] for name, ask in pairs.items() if name in kept.headers}


def _refusal(url: httpx.URL, answer: Answer) -> FetchError:
    status = answer.status
    reason = f"{_SAYS.get(status, 'could not be had')} (status {status})"
    rest = _retry_after(answer)
    if rest is not None:
        reason += f"; the server asks to come back in {rest:.0f} seconds"
    return FetchError(
        urls.shown(url),
        reason,
        status=status,
        transient=status in (408, 425, 429) or status >= 500,
        retry_after=rest,
    )


def _too_many(url: httpx.URL) -> FetchError:
    reason = f"redirects more than {_REDIRECTS} times; open it in a browser to see where it leads"
    return FetchError(urls.shown(url), reason)


def _retry_after(answer: Answer) -> float | None:
    """Seconds, whether given as such or as a date."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - _sent_at(answer)).total_seconds())


def _sent_at(answer: Answer) -> datetime:
    """By the clock that a date in the answer is meant by, where that is told."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
