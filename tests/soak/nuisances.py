"""Those who mean no good or know no better: none of them may do more than be told so."""

from __future__ import annotations

import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from indexer.restoring import Backup
from tests.soak.served import Served

_ASKED = {"question": "How much does the bridge of Zarnow cost?"}
_BAD: list[tuple[str, str, bytes, int]] = [
    ("POST", "/v1/questions", b"{", 400),
    ("POST", "/v1/questions", b'{"question": ""}', 400),
    ("POST", "/v1/questions", b'{"question": "?", "unknown": 1}', 400),
    ("POST", "/v1/questions", b"[" * 5000, 400),
    ("POST", "/v1/articles", b"\xff\xfe", 200),  # told line by line
    ("POST", "/v1/chat/completions", b'{"model": "gpt", "messages": []}', 404),
    ("GET", "/v1/search", b"", 400),
    ("GET", "/v1/articles?limit=99999", b"", 400),
    ("GET", "/nowhere", b"", 404),
    ("PATCH", "/v1/articles", b"", 405),
]


@dataclass
class Nuisance:
    """One of them. ``seen`` counts what it did."""

    served: Served
    chance: Random
    folder: Path
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.served.address, trust_env=False, timeout=90)
        self._slow: list[socket.socket] = []

    def step(self) -> None:
        """Do one thing that nobody should."""
        deed = self.chance.choice(
            (self._send_what_is_wrong,) * 3
            + (self._hang_up, self._dawdle, self._rate, self._back_up)
        )
        try:
            deed()
        except (httpx.TransportError, OSError):
            self.seen["lost"] += 1
        time.sleep(0.3)

    def close(self) -> None:
        """Hang up."""
        self._http.close()
        for connection in self._slow:
            connection.close()

    def _send_what_is_wrong(self) -> None:
        method, path, body, status = self.chance.choice(_BAD)
        headers = {"content-type": "application/json"}
        response = self._http.request(method, path, content=body, headers=headers)
        assert response.status_code in (status, 503), f"{method} {path}: {response.text}"
        self.seen["refused"] += 1

    def _hang_up(self) -> None:
        with self._http.stream("POST", "/v1/questions", json=_ASKED | {"stream": True}) as response:
            for _ in response.iter_bytes(64):
                break
        self.seen["hung up"] += 1

    def _dawdle(self) -> None:
        if len(self._slow) >= 20:
            self._slow.pop(0).close()
        connection = socket.create_connection(("127.0.0.1", self.served.port), timeout=5)
        connection.sendall(b"POST /v1/questions HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        self._slow.append(connection)
        self.seen["dawdled"] += 1

    def _rate(self) -> None:
        response = self._http.post("/v1/questions", json=_ASKED | {"mode": "extractive"})
        if response.status_code == 503:
            return
        answer: dict[str, Any] = response.json()
        rated = {"question": answer["question"], "rating": "up", "answer": answer}
        kept = self._http.post("/v1/feedback", json=rated)
        # The article may have been replaced since.
        assert kept.status_code in (204, 400, 503), f"{kept.status_code}: {kept.text}"
        self.seen["rated"] += 1

    def _back_up(self) -> None:
        try:
            headers = {"authorization": f"Bearer {self.served.token}"}
        except OSError:
            return  # nobody owns the index now
        response = self._http.get("/v1/backup", headers=headers)
        if response.status_code in (401, 403, 503):
            return  # another life has another token
        assert response.status_code == 200, response.text
        file = self.folder / "backup.zip"
        file.write_bytes(response.content)
        with Backup(file) as backup:
            backup.check()
        self.seen["backed up"] += 1
