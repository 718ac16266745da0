"""A service that asks for keys, with two archives: the seeds, and one of another tenant."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from service.access.key import new_key
from service.access.key_file import changing
from service.access.scope import Scope
from tests.services import Finished, Service, defects, start

#: What stands in the seeds, and must not be shown to the other tenant.
WORDS = "Kiew und Europa"
QUESTION = "Who is excluded from the talks?"
ARTICLE = "28-punkte-plan.txt"
OTHER = {"id": "harbour", "text": "The harbour of Brinmouth closed on Tuesday after a storm."}
ORIGIN = "https://desk.example"


@dataclass
class KeyedService:
    """The service, where its keys are kept, and the text of each by its name."""

    service: Service
    file: Path
    feedback: Path
    secrets: dict[str, str]

    def add(self, name: str, archive: str = "default", rate: int = 0) -> str:
        """Make a key that reads, while the service runs; its text."""
        return add_key(self.file, name, Scope.READ, archive, rate)

    def client(self, name: str | None) -> httpx.Client:
        """A client that sends this key."""
        headers = {"authorization": f"Bearer {self.secrets[name]}"} if name else {}
        return httpx.Client(
            base_url=self.service.address, headers=headers, trust_env=False, timeout=120
        )


def add_key(path: Path, name: str, scope: Scope, archive: str, rate: int = 0) -> str:
    """Put a key into the file; its text."""
    key, secret = new_key(name, archive, scope, datetime.now(UTC), rate=rate)
    with changing(path) as keys:
        keys[name] = key
    return secret


@pytest.fixture(scope="session")
def keyed(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished]
) -> Iterator[KeyedService]:
    """The running service. Who changes its keys makes some of their own."""
    folder = tmp_path_factory.mktemp("keyed")
    index = Path(shutil.copytree(seed_index[0], folder / "index"))
    file, feedback = folder / "keys.json", folder / "ratings.jsonl"
    secrets = {
        f"{archive}-{scope}": add_key(file, f"{archive}-{scope}", scope, archive)
        for archive in ("default", "other")
        for scope in Scope
    }
    env = {
        "FUNDSTELLE_KEYS": str(file),
        "FUNDSTELLE_FEEDBACK": str(feedback),
        "FUNDSTELLE_ALLOWED_ORIGINS": ORIGIN,
    }
    service = start(index, folder / "log", ready=True, env=env)
    keyed = KeyedService(service, file, feedback, secrets)
    with keyed.client("other-write") as http:
        http.post("/v1/articles", json=[OTHER]).raise_for_status()
    yield keyed
    service.stop()
    log = service.log.read_text("utf-8")
    assert defects(log) == []
