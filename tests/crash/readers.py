"""Readers that poll a service over HTTP while its archive is replaced, and believe nothing.

Every response is held to the two versions that an article may have: each lasting article
is there, in one version, never in an older one than was seen before; no list has one
twice; no search shows two versions of one; every quote stands where it says it does.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from tests.crash.conftest import Undisturbed

_PAGE = 37  # so that a list has several pages, and the last is not full
_PAUSE_S = 0.01


class Readers:
    """Reads from several threads until the block ends; ``check`` raises what they found wrong.

    Where the service ``may_die``, a broken connection is no fault.
    """

    def __init__(
        self, archive: Undisturbed, address: str, *, may_die: bool, chance: random.Random
    ) -> None:
        self._archive = archive
        self._corpus = archive.corpus
        self._address = address
        self._may_die = may_die
        self._chance = chance
        self._stop = threading.Event()
        self._renewed: set[str] = set()
        self._asked = threading.local()
        self._wrong: list[str] = []
        self.reads: Counter[str] = Counter()
        works = (self._read_one, self._list_all, self._search, self._ask)
        self._threads = [threading.Thread(target=self._poll, args=(work,)) for work in works]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if error is None:
            self.check()

    def check(self) -> None:
        """Raise AssertionError where anything was wrong so far."""
        assert not self._wrong, "\n".join(self._wrong[:20])

    def read_all(self, confirmed: set[str]) -> None:
        """Read every article once; of those that were confirmed, the new version is there.

        A service may still be at work on what a client sent before it died, so that one which
        the second version adds may come after the list was made, and one that it removes may go.
        """
        before, after = self._corpus.before.keys(), self._corpus.after.keys()
        with httpx.Client(base_url=self._address, trust_env=False, timeout=60) as client:
            listed = self._list_all(client)
            for article_id in sorted({*self._corpus.before, *self._corpus.after}):
                found = self._get(client, article_id)
                if found is None and article_id in listed:
                    assert article_id in before - after, f"{article_id} was listed, and is gone"
                if found is not None and article_id not in listed:
                    assert article_id in after - before, f"{article_id} was not listed"
                if article_id in confirmed:
                    assert found is not None, f"{article_id} was confirmed, and is not there"
                    assert found["text"] == self._corpus.after[article_id], article_id
        self.check()

    def _poll(self, work: Callable[[httpx.Client], Any]) -> None:
        with httpx.Client(base_url=self._address, trust_env=False, timeout=60) as client:
            while not self._stop.is_set():
                try:
                    work(client)
                    self.reads[work.__name__] += 1
                except httpx.TransportError as error:
                    if not self._may_die:
                        self._wrong.append(f"the service did not answer: {error!r}")
                except httpx.HTTPStatusError as error:
                    # One that is stopped, and not killed, says so to whoever comes meanwhile.
                    if not self._may_die or "retry-after" not in error.response.headers:
                        self._wrong.append(f"{work.__name__}: {error!r}")
                except Exception as error:
                    self._wrong.append(f"{work.__name__}: {error!r}")
                time.sleep(_PAUSE_S)

    def _read_one(self, client: httpx.Client) -> None:
        self._get(client, self._chance.choice(sorted({*self._corpus.before, *self._corpus.after})))

    def _get(self, client: httpx.Client, article_id: str) -> dict[str, Any] | None:
        response = self._send(client, "GET", f"/v1/articles/{quote(article_id, safe='')}")
        if response.status_code == httpx.codes.NOT_FOUND:
            self._expect(article_id not in self._corpus.lasting, f"{article_id} is missing")
            return None
        found: dict[str, Any] = response.raise_for_status().json()
        texts = self._corpus.texts(article_id)
        self._expect(found["text"] in texts.values(), f"{article_id} is mixed")
        self._expect(texts.get(found["content_sha256"]) == found["text"], f"{article_id}: hash")
        self._seen(article_id, found["content_sha256"])
        states = (self._archive.before, self._archive.after)
        counts = {len(state.committed(article_id)) - 1 for state in states}
        self._expect(found["passages"] in counts, f"{article_id}: {found['passages']} passages")
        return found

    def _list_all(self, client: httpx.Client) -> set[str]:
        listed: list[str] = []
        params: dict[str, Any] = {"limit": _PAGE}
        while True:
            response = self._send(client, "GET", "/v1/articles", params=params)
            page = response.raise_for_status().json()
            for head in page["articles"]:
                listed.append(head["article_id"])
                self._seen(head["article_id"], head["content_sha256"])
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        twice = [article_id for article_id, n in Counter(listed).items() if n > 1]
        self._expect(not twice, f"listed twice: {twice}")
        missing = self._corpus.lasting - set(listed)
        self._expect(not missing, f"not listed: {sorted(missing)}")
        return set(listed)

    def _search(self, client: httpx.Client) -> None:
        article_id = self._chance.choice(sorted(self._corpus.lasting))
        params: dict[str, Any] = {"q": self._corpus.titles[article_id], "top_k": 20, "group": False}
        response = self._send(client, "GET", "/v1/search", params=params)
        found = response.raise_for_status().json()["results"]
        self._passages(found)
        self._expect(
            any(passage["article_id"] == article_id for passage in found),
            f"{article_id} is not found by its title, among {len(found)}",
        )

    def _ask(self, client: httpx.Client) -> None:
        article_id = self._chance.choice(sorted(self._corpus.lasting))
        body = {"question": self._corpus.titles[article_id]}
        answer = self._send(client, "POST", "/v1/questions", json=body).raise_for_status().json()
        self._passages(answer["passages"])
        for citation in answer["citations"]:
            source = citation["source"]
            text = self._corpus.texts(source["article_id"]).get(source["content_sha256"], "")
            self._expect(text[source["start"] : source["end"]] == source["quote"], f"{source}")
        time.sleep(0.2)

    def _send(self, client: httpx.Client, *request: str, **content: Any) -> httpx.Response:
        """A response, and what other readers had seen by the time that it was asked for."""
        self._asked.renewed = frozenset(self._renewed)
        return client.request(*request, **content)

    def _passages(self, found: list[dict[str, Any]]) -> None:
        """Each stands where it says, and those of one article in one version of it."""
        versions: dict[str, set[str]] = {}
        for passage in found:
            article_id, start, end = passage["article_id"], passage["start"], passage["end"]
            texts = self._corpus.texts(article_id)
            fitting = {sha for sha, text in texts.items() if text[start:end] == passage["text"]}
            self._expect(bool(fitting), f"{article_id}: no version has {passage['text']!r}")
            versions[article_id] = versions.get(article_id, fitting) & fitting
        mixed = [article_id for article_id, fitting in versions.items() if not fitting]
        self._expect(not mixed, f"passages of two versions of {mixed}")
        spans = Counter((p["article_id"], p["start"], p["end"]) for p in found)
        self._expect(max(spans.values(), default=1) == 1, "a passage was found twice")

    def _seen(self, article_id: str, sha: str) -> None:
        """An article that was seen in its new version is not seen in the old one again."""
        texts = self._corpus.texts(article_id)
        self._expect(sha in texts, f"{article_id} has the hash {sha} of no version")
        new = texts.get(sha) == self._corpus.after.get(article_id)
        self._expect(
            new or article_id not in self._asked.renewed, f"{article_id} went back in time"
        )
        if new:
            self._renewed.add(article_id)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._wrong.append(otherwise)
