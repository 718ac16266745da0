"""Readers at every door: whatever they are shown has to stand in a text that was there.

A service that is away, or is stopping, may say so; an answer that has begun may break off when it
is killed. It may not end without its end when it was not, nor be a status of 500.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

import httpx

from tests.soak.articles import question_about
from tests.soak.ledger import Ledger

_AWAY = 503


@dataclass
class Reader:
    """One of them, with a connection of its own. ``seen`` counts what it was shown."""

    address: str
    ledger: Ledger
    chance: Random
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.address, trust_env=False, timeout=90)

    def step(self) -> None:
        """Ask once, at a door that chance chooses."""
        article_id = self.chance.choice(self.ledger.ids())
        door = self.chance.choice(
            (self._question, self._stream, self._openai, self._anthropic, self._search, self._read)
        )
        try:
            door(article_id)
        except httpx.TransportError:
            self.seen["lost"] += 1
            time.sleep(0.2)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _question(self, article_id: str) -> None:
        asked_at = time.monotonic()
        mode = self.chance.choice(("auto", "extractive"))
        body = {"question": question_about(article_id, self.chance), "mode": mode}
        response = self._http.post("/v1/questions", json=body)
        if self._is_there(response):
            self._check(response.json(), asked_at)

    def _stream(self, article_id: str) -> None:
        body = {"question": question_about(article_id, self.chance), "stream": True}
        asked_at = time.monotonic()
        for name, data in self._events("/v1/questions", body):
            if name == "answer":
                self._check(data, asked_at)

    def _openai(self, article_id: str) -> None:
        body = self._chat(article_id)
        asked_at = time.monotonic()
        if self.chance.random() < 0.5:
            response = self._http.post("/v1/chat/completions", json=body)
            if self._is_there(response):
                self._check(response.json()["fundstelle"], asked_at)
            return
        for _, data in self._events("/v1/chat/completions", body | {"stream": True}):
            if "fundstelle" in data:
                self._check(data["fundstelle"], asked_at)

    def _anthropic(self, article_id: str) -> None:
        body = self._chat(article_id) | {"max_tokens": 300}
        asked_at = time.monotonic()
        if self.chance.random() < 0.5:
            response = self._http.post("/v1/messages", json=body)
            if self._is_there(response):
                self._check(response.json()["fundstelle"], asked_at)
            return
        for _, data in self._events("/v1/messages", body | {"stream": True}):
            if "fundstelle" in data:
                self._check(data["fundstelle"], asked_at)

    def _search(self, article_id: str) -> None:
        asked_at = time.monotonic()
        rerank = self.chance.choice(("true", "false"))
        params = {"q": question_about(article_id, self.chance), "rerank": rerank}
        response = self._http.get("/v1/search", params=params)
        if self._is_there(response):
            for passage in response.json()["results"]:
                self._check_place(passage, passage["text"], asked_at)

    def _read(self, article_id: str) -> None:
        asked_at = time.monotonic()
        response = self._http.get(f"/v1/articles/{quote(article_id, safe='/')}")
        if response.status_code == 404:
            assert self.ledger.may_lack(article_id, asked_at), f"{article_id} was lost"
            self.seen["absent"] += 1
        elif self._is_there(response):
            texts = self.ledger.texts(article_id, asked_at)
            assert response.json()["text"] in texts, f"{article_id} is not what was written"

    def _chat(self, article_id: str) -> dict[str, Any]:
        asked = {"role": "user", "content": question_about(article_id, self.chance)}
        return {"model": "fundstelle", "messages": [asked]}

    def _events(self, path: str, body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """All events of a stream, which has to end with its end or with an error."""
        with self._http.stream("POST", path, json=body) as response:
            content = response.read()
        if not self._is_there(response):
            return []
        blocks = content.decode().replace("\r\n", "\n").strip().split("\n\n")
        named = [_event(block) for block in blocks]
        *_, (last, data) = named
        whole = last in ("answer", "message_stop") or data == {"done": True}
        assert whole or last == "error" or "error" in data, f"{path} was cut off: {blocks[-1]}"
        self.seen["whole streams" if whole else "streams with an error"] += 1
        return named

    def _is_there(self, response: httpx.Response) -> bool:
        self.seen[str(response.status_code)] += 1
        if response.status_code == _AWAY:
            assert "retry-after" in response.headers, response.text
            time.sleep(0.2)
            return False
        assert response.status_code == 200, f"{response.status_code}: {response.text}"
        return True

    def _check(self, answer: dict[str, Any], asked_at: float) -> None:
        """Every citation and every passage, character by character."""
        self.seen[f"{answer['mode']} {answer['status']}"] += 1
        assert bool(answer["citations"]) == (answer["status"] == "answered")
        for citation in answer["citations"]:
            source = citation["source"]
            self._check_place(source, source["quote"], asked_at, source["content_sha256"])
            self.seen["citations"] += 1
        for passage in answer["passages"]:
            self._check_place(passage, passage["text"], asked_at)

    def _check_place(
        self, place: dict[str, Any], quoted: str, asked_at: float, sha256: str | None = None
    ) -> None:
        texts = self.ledger.texts(place["article_id"], asked_at, sha256)
        found = [text[place["start"] : place["end"]] for text in texts]
        assert quoted in found, f"wrong: {place} of {texts}"


def _event(block: str) -> tuple[str, dict[str, Any]]:
    name, data = "", {}
    for line in block.split("\n"):
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line == "data: [DONE]":
            data = {"done": True}
        elif line.startswith("data: "):
            data = json.loads(line.removeprefix("data: "))
    return name, data
