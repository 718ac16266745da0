"""The clock is set back and forth under a service at work.

A real process whose clock libfaketime moves (Debian's package faketime), but for the monotonic
one, which is what an operator does who sets the time, or a virtual machine that was asleep.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from service.access.key import new_key
from service.access.key_file import changing
from service.access.scope import Scope
from tests.integration.conftest import assert_answered, defects, log_lines, start
from tests.keyed_service import add_key

pytestmark = pytest.mark.model

TEXTS = [f"Der Rat von Bremen beschloss am Montag die Fassung {n} des Haushalts." for n in range(4)]
# As many as replacing the first text with the last leaves behind, less one.
KEPT = len(TEXTS) - 2


@dataclass
class Clock:
    """What the service takes for the time."""

    file: Path

    def env(self) -> dict[str, str]:
        """To be set for a process whose clock this is."""
        found = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            pytest.skip("libfaketime is not installed (Debian's package faketime)")
        self.shift(timedelta())
        return {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def shift(self, by: timedelta) -> datetime:
        """Set it to so much from the real time; what that is."""
        self.file.write_text(f"{by.total_seconds():+.0f}\n", "ascii")
        return datetime.now(UTC) + by


def test_a_clock_that_jumps_back_and_forth_under_a_service(
    seed_copy: Path, tmp_path: Path, seeds: Path
) -> None:
    clock, keys = Clock(tmp_path / "clock"), tmp_path / "keys.json"
    env = clock.env() | {"FUNDSTELLE_KEYS": str(keys), "FUNDSTELLE_VERSIONS_KEPT": str(KEPT)}
    writer = add_key(keys, "writer", Scope.WRITE, "default")
    hasty = add_key(keys, "hasty", Scope.READ, "default", rate=3)
    expires = datetime.now(UTC) + timedelta(hours=2)
    key, brief = new_key("brief", "default", Scope.READ, datetime.now(UTC), expires_at=expires)
    with changing(keys) as known:
        known["brief"] = key
    service = start(seed_copy, tmp_path / "log", ready=True, env=env)
    with httpx.Client(
        base_url=service.address,
        headers={"authorization": f"Bearer {writer}"},
        trust_env=False,
        timeout=60,
    ) as http:
        assert [status(http, hasty) for _ in range(4)] == [200, 200, 200, 429]
        assert status(http, brief) == 200
        hashes = [write(http, TEXTS[0])]
        # A day ahead, two behind, and where it belongs; a text is replaced at each.
        for text, hours in zip(TEXTS[1:], (24, -48, 0), strict=True):
            now = clock.shift(timedelta(hours=hours))
            # A minute's requests are counted by no clock that can be set.
            assert status(http, hasty) == 429
            assert status(http, brief) == (401 if hours > 0 else 200)
            assert_dates_count_from(http, now)
            assert_answered(http, seeds)
            hashes.append(write(http, text))
            written = http.get("/v1/articles/rat").json()["indexed_at"]
            assert abs(datetime.fromisoformat(written) - now) < timedelta(minutes=2)
        # The last that were replaced are kept, whatever time it was then.
        found = [verified(http, content) for content in hashes]
        assert found == ["gone", "valid", "valid", "valid"]
    asked = time.monotonic()
    assert service.stop() == 0
    # Nobody is being answered, so nobody is waited for.
    assert time.monotonic() - asked < 10
    log = service.log.read_text("utf-8")
    assert defects(log) == []
    assert [line for line in log_lines(log) if line["level"] in ("error", "critical")] == []


def status(http: httpx.Client, secret: str) -> int:
    headers = {"authorization": f"Bearer {secret}"}
    return http.get("/v1/languages", headers=headers).status_code


def write(http: httpx.Client, text: str) -> str:
    """The hash of the article as it is then."""
    report = http.post("/v1/articles", json=[{"id": "rat", "text": text}]).json()
    assert report["articles"]["added"] + report["articles"]["updated"] == 1
    content: str = http.get("/v1/articles/rat").json()["content_sha256"]
    return content


def verified(http: httpx.Client, content: str) -> str:
    params = {"article_id": "rat", "start": "0", "end": "20", "content_sha256": content}
    said: str = http.get("/v1/citations/verify", params=params).json()["status"]
    return said


def assert_dates_count_from(http: httpx.Client, now: datetime) -> None:
    found = http.post("/v1/questions", json={"question": "What happened yesterday?"}).json()
    said = str(found["filters"]["dates"])
    assert (now.astimezone() - timedelta(days=1)).date().isoformat() in said, said
