"""One site that is read from: one request at a time, not too often, never without end.

Holds the connection and the pause between two requests. Redirects, retries and
what an answer means are left to ``fetcher``.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpcore
import httpx

from indexer.errors import FetchError
from indexer.sources.web import urls
from indexer.sources.web.addresses import AddressGuard
from indexer.sources.web.connection import Deadline, GuardedBackend
from indexer.sources.web.decompression import EncodingError, decoded
from indexer.sources.web.robots import RobotsRules

_CONNECT_S = 10.0
_KEPT_ALIVE_S = 30.0
#: Failures in a row after which a site is left alone for the rest of a run.
_PATIENCE = 6


@dataclass(frozen=True)
class Answer:
    """What a host answered to one request. Names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Host:
    """A site, by its origin (scheme, host and port). Requests from several threads take turns.

    ``trust`` says whose certificates count. ``timeout`` is in seconds and holds for one
    request as a whole. ``stopping`` ends every pause.
    """

    def __init__(
        self,
        guard: AddressGuard,
        trust: ssl.SSLContext,
        *,
        timeout: float,
        stopping: threading.Event,
    ) -> None:
        self.robots: RobotsRules | None = None
        self.robots_turn = threading.Lock()
        self.delay = 0.0
        self._timeout = timeout
        self._stopping = stopping
        self._turn = threading.Lock()
        self._free_at = 0.0
        self._failures = 0
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=1,
            keepalive_expiry=_KEPT_ALIVE_S,
            network_backend=GuardedBackend(guard, self._deadline),
        )

    def ask(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], *, most_bytes: int
    ) -> Answer:
        """One request, in its turn and with the site's pause before it.

        Raises FetchError where there is no whole answer of at most ``most_bytes``
        unpacked bytes in time.
        """
        with self._turn:
            if self._failures >= _PATIENCE:
                raise FetchError(
                    urls.shown(url),
                    f"the site failed {_PATIENCE} times in a row and is not asked again in "
                    "this run; try again later",
                    transient=True,
                )
            self._pause(url)
            try:
                answer = self._exchange(method, url, headers, most_bytes)
            except FetchError as error:
                error.source = urls.shown(url)
                self._failures += error.transient
                raise
            finally:
                self._free_at = max(self._free_at, time.monotonic() + self.delay)
            self._failures = 0
            return answer

    def rest(self, seconds: float) -> None:
        """Ask nothing for so long."""
        self._free_at = max(self._free_at, time.monotonic() + seconds)

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.close()

    def _pause(self, url: httpx.URL) -> None:
        wait = self._free_at - time.monotonic()
        if self._stopping.wait(wait) if wait > 0 else self._stopping.is_set():
            reason = "the run was stopped before it was read"
            raise FetchError(urls.shown(url), reason, transient=True)

    def _exchange(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], most_bytes: int
    ) -> Answer:
        self._deadline.start(self._timeout)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        timeouts = {"connect": min(_CONNECT_S, self._timeout), "read": None, "write": None}
        try:
            with self._pool.stream(
                method, target, headers=list(headers.items()), extensions={"timeout": timeouts}
            ) as response:
                found = _headers(response.headers)
                body = b"" if method == "HEAD" else _body(response, found, most_bytes)
                return Answer(response.status, found, body)
        except httpcore.ConnectTimeout as error:
            reason = f"no connection within {timeouts['connect']:g} seconds"
            raise FetchError("", reason, transient=True) from error
        except httpcore.TimeoutException as error:
            reason = f"did not answer in full within {self._timeout:g} seconds"
            raise FetchError("", reason, transient=True) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _translated(error) from error
        except EncodingError as error:
            raise FetchError("", f"the answer can't be unpacked: {error}") from error


def _body(response: httpcore.Response, headers: Mapping[str, str], most: int) -> bytes:
    """The content, unpacked; stops reading as soon as there is too much."""
    size, parts = 0, []
    for block in decoded(_limited(response, most), headers.get("content-encoding", "")):
        size += len(block)
        if size > most:
            raise _too_large(most)
        parts.append(block)
    return b"".join(parts)


def _limited(response: httpcore.Response, most: int) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_stream():
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        yield chunk


def _too_large(most: int) -> FetchError:
    return FetchError(
        "",
        f"is larger than {most} bytes; if it is an article all the same, "
        "raise FUNDSTELLE_WEB_MAX_BYTES",
    )


def _translated(error: Exception) -> FetchError:
    cause = error.args[0] if error.args else None  # httpcore wraps what it met
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = f"the site's certificate can't be trusted: {cause.verify_message}"
        return FetchError("", reason)
    if isinstance(error, httpcore.ConnectError):
        return FetchError("", f"can't be reached: {error}", transient=True)
    if isinstance(error, httpcore.LocalProtocolError):
        return FetchError("", f"can't be asked for: {error}")
    return FetchError("", f"the connection broke off: {error}", transient=True)


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """By name in lower case; of several with one name, all, with commas."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
