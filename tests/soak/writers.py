"""A writer: adds, replaces and removes articles of its own, and keeps the ledger of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

import httpx

from tests.soak.articles import article_ids, text_of
from tests.soak.ledger import Ledger

_AT_ONCE = 6
_PAUSE_S = 0.3


@dataclass
class Writer:
    """Each has ids of its own, so that it knows what came of its writes."""

    number: int
    address: str
    ledger: Ledger
    chance: Random
    articles: int
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.address, trust_env=False, timeout=90)
        self._ids = article_ids(self.number, self.articles)

    def step(self) -> None:
        """Write once, or remove one."""
        try:
            if self.chance.random() < 0.2:
                self._remove(self.chance.choice(self._ids))
            else:
                chosen = self.chance.sample(self._ids, self.chance.randrange(1, _AT_ONCE))
                self._write({i: text_of(i, self.chance) for i in chosen})
        except httpx.TransportError:
            self.seen["lost"] += 1
            time.sleep(0.2)
        time.sleep(_PAUSE_S)  # readers should have their turn

    def write_all(self) -> None:
        """Put a first text into each of them."""
        self._write({i: text_of(i, self.chance) for i in self._ids})

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _write(self, texts: dict[str, str]) -> None:
        for article_id, text in texts.items():
            self.ledger.sending(article_id, text)
        sent = [{"id": i, "text": text} for i, text in texts.items()]
        response = self._http.post("/v1/articles", json=sent)
        if self._is_done(response):
            counts = response.json()["articles"]
            assert counts["skipped"] == 0, response.text
            assert sum(counts.values()) == len(texts), response.text
            self._confirm(*texts)

    def _remove(self, article_id: str) -> None:
        self.ledger.sending(article_id, None)
        asked_at = time.monotonic()
        response = self._http.delete(f"/v1/articles/{quote(article_id, safe='/')}")
        if response.status_code == 404:
            assert self.ledger.may_lack(article_id, asked_at), f"{article_id} was lost"
            self._confirm(article_id)
        elif self._is_done(response):
            self._confirm(article_id)

    def _confirm(self, *article_ids: str) -> None:
        for article_id in article_ids:
            self.ledger.confirmed(article_id)
        self.seen["written"] += len(article_ids)

    def _is_done(self, response: httpx.Response) -> bool:
        self.seen[str(response.status_code)] += 1
        if response.status_code == 503:
            time.sleep(0.2)
            return False
        assert response.status_code == 200, f"{response.status_code}: {response.text}"
        return True
