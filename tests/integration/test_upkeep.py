"""Backup, restore and reindex, with real processes, a real service and a second real model."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from indexer.generations import next_generation
from service.article_segment import article_segment
from tests.integration.conftest import Finished, Service, read, run, start
from tests.models import DIMENSION
from tests.services import COMMAND

pytestmark = pytest.mark.model
Command = Callable[..., Finished]
QUESTION = "Who is excluded from the talks?"
QUERY = "Mühlentorbrücke in Altvehr ist wieder offen"
ADDED = {"id": "leuchtturm", "text": "Der Leuchtturm Kaltjoch wurde 1887 erbaut.", "language": "de"}


def nearest(command: Command, index: Path) -> Any:
    """The passage found first, without the score, which depends on the model."""
    found = command("search", QUERY, "--top-k", "1", "--index", index, "--json")
    assert found.status == 0, found.err
    return {k: v for k, v in found.json["results"][0].items() if k != "score"}


def generations(index: Path) -> list[str]:
    return sorted(p.name for p in (index / "default").iterdir() if p.is_dir())


# Without a service


def test_a_backup_puts_back_what_was_removed(
    seed_copy: Path, tmp_path: Path, command: Command
) -> None:
    file = tmp_path / "archive.fundstelle"
    before = nearest(command, seed_copy)
    done = command("backup", file, "--index", seed_copy, "--json")
    assert (done.status, done.json["articles"]) == (0, 18)
    assert done.json["bytes"] == file.stat().st_size
    command("remove", before["article_id"], "--index", seed_copy)
    assert command("status", "--index", seed_copy, "--json").json["articles"] == 17

    restored = command("restore", file, "--index", seed_copy, "--json")
    assert restored.status == 0, restored.err
    assert (restored.json["generation"], restored.json["articles"]) == ("2", 18)
    assert (restored.json["former"], restored.json["dropped"]) == (["1"], [])
    dropped = command("reindex", "--drop-old", "--index", seed_copy, "--json")
    assert dropped.json == {"dropped": ["1"]}
    assert generations(seed_copy) == ["2"]
    assert nearest(command, seed_copy) == before


def test_a_backup_becomes_an_index_where_there_was_none(
    seed_copy: Path, tmp_path: Path, command: Command, seeds: Path
) -> None:
    file, fresh = tmp_path / "archive.zip", tmp_path / "fresh"
    assert command("backup", file, "--index", seed_copy).out.startswith("18 articles in ")
    done = command("restore", file, "--index", fresh, "--drop-old")
    assert done.status == 0, done.err
    assert nearest(command, fresh) == nearest(command, seed_copy)
    # Whoever restored goes on with the same sources, and nothing is embedded again.
    again = command("index", seeds, "--index", fresh, "--json")
    assert again.json["articles"]["unchanged"] == 18


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more"], ids=["empty", "cut off"])
def test_what_is_no_backup_changes_nothing(
    seed_copy: Path, tmp_path: Path, command: Command, content: bytes
) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    done = command("restore", tmp_path / "x.zip", "--index", seed_copy)
    assert done.status == 1
    assert "is no backup, or was cut off" in done.err
    assert generations(seed_copy) == ["1"]
    nowhere = command("restore", tmp_path / "x.zip", "--index", tmp_path / "none")
    assert (nowhere.status, (tmp_path / "none").exists()) == (1, False)


def test_another_model_takes_over(seed_copy: Path, other_model: Path, command: Command) -> None:
    before = nearest(command, seed_copy)
    done = command("reindex", "--model", other_model, "--index", seed_copy, "--json")
    assert done.status == 0, done.err
    assert (done.json["generation"], done.json["former"]) == ("2", ["1"])
    status = command("status", "--index", seed_copy, "--json").json
    assert status["recipe"]["model"] == str(other_model)
    assert status["recipe"]["dimension"] == DIMENSION
    assert (status["articles"], status["generation"]) == (18, "2")
    assert nearest(command, seed_copy) == before
    assert command("reindex", "--drop-old", "--index", seed_copy).out == "removed generation 1\n"
    assert command("reindex", "--drop-old", "--index", seed_copy).out == ""


def test_passages_can_be_cut_otherwise(seed_copy: Path, command: Command, seeds: Path) -> None:
    before = command("status", "--index", seed_copy, "--json").json
    done = command(
        *("reindex", "--passage-tokens", "64", "--passage-overlap", "0"),
        *("--drop-old", "--index", seed_copy, "--json"),
    )
    assert done.json["passages"] > before["passages"]
    assert (done.json["former"], done.json["dropped"], generations(seed_copy)) == ([], ["1"], ["2"])
    found = nearest(command, seed_copy)
    text = read(seeds / found["article_id"])
    assert text[found["start"] : found["end"]] == found["text"]


def test_a_model_that_is_not_there_changes_nothing(
    seed_copy: Path, tmp_path: Path, command: Command
) -> None:
    done = command("reindex", "--model", tmp_path / "no-model", "--index", seed_copy)
    assert done.status == 1
    assert "no-model" in done.err
    assert generations(seed_copy) == ["1"]


def test_a_reindex_that_was_killed_leaves_the_index_and_is_gone_on_with(
    seed_copy: Path, command: Command
) -> None:
    arguments = ["reindex", "--passage-tokens", "40", "--passage-overlap", "0"]
    process = subprocess.Popen([*COMMAND, *arguments, "--index", str(seed_copy)])
    begun = next_generation(seed_copy, "default")
    while not begun.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert command("status", "--index", seed_copy, "--json").json["generation"] == "1"
    assert nearest(command, seed_copy)["text"]
    done = command(*arguments, "--index", seed_copy, "--json")
    assert (done.json["generation"], done.json["articles"]) == ("2", 18)
    assert command("status", "--index", seed_copy, "--json").json["recipe"]["passage_tokens"] == 40


# Through a service that answers all the while


class Asking:
    """Asks a service without pause until stopped; every answer must name its place rightly."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answers = 0
        self.failed: list[str] = []

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._address, trust_env=False, timeout=120) as http:
            while not self._stop.is_set():
                response = http.post("/v1/questions", json={"question": QUESTION})
                if not response.is_success:
                    self.failed.append(response.text)
                    continue
                source = response.json()["citations"][0]["source"]
                route = f"/v1/articles/{article_segment(source['article_id'])}"
                text = http.get(route).json()["text"]
                if text[source["start"] : source["end"]] != source["quote"]:
                    self.failed.append(str(source))
                self.answers += 1


def _status(service: Service) -> Any:
    return httpx.get(f"{service.address}/v1/status", trust_env=False).json()


@pytest.fixture
def service(seed_copy: Path, tmp_path: Path) -> Any:
    started = start(seed_copy, tmp_path / "log", ready=True)
    yield started
    if started.process.poll() is None:
        started.stop()


def test_a_service_goes_over_to_another_model_without_a_pause(
    service: Service, other_model: Path, tmp_path: Path
) -> None:
    index = service.index
    with Asking(service.address) as asking:
        reindexing = subprocess.Popen(
            [*COMMAND, "reindex", "--model", str(other_model), "--index", str(index), "--json"],
            stdout=subprocess.PIPE,
        )
        begun = next_generation(index, "default")
        while not begun.exists():
            assert reindexing.poll() is None
            time.sleep(0.01)
        # Written while the next generation is being made: it must be in there, too.
        added = run("index", "-", "--index", index, stdin=json.dumps(ADDED).encode())
        assert added.status == 0, added.err
        printed, _ = reindexing.communicate(timeout=240)
        during = asking.answers
        time.sleep(1)
    assert reindexing.returncode == 0
    assert json.loads(printed)["generation"] == "2"
    assert (asking.failed, asking.answers > during > 0) == ([], True)
    status = _status(service)
    assert (status["articles"], status["recipe"]["dimension"]) == (19, DIMENSION)
    found = run("ask", "When was the Kaltjoch lighthouse built?", "--index", index, "--json")
    assert "1887" in found.json["answer"]["text"]
    assert generations(index) == ["1", "2"]
    dropped = run("reindex", "--drop-old", "--index", index, "--json")
    assert (dropped.json, generations(index)) == ({"dropped": ["1"]}, ["2"])
    assert service.stop() in {0, 128 + signal.SIGTERM}
    again = start(index, tmp_path / "log2", ready=True)
    assert _status(again)["recipe"]["model"] == str(other_model)
    again.stop()


def test_a_service_backs_up_and_restores_while_it_answers(service: Service, tmp_path: Path) -> None:
    index, file = service.index, tmp_path / "archive.zip"
    with Asking(service.address) as asking:
        assert run("backup", file, "--index", index, "--json").json["articles"] == 18
        run("index", "-", "--index", index, stdin=json.dumps(ADDED).encode())
        assert _status(service)["articles"] == 19
        restored = run("restore", file, "--index", index, "--json")
        assert restored.status == 0, restored.err
        damaged = tmp_path / "damaged.zip"
        damaged.write_bytes(file.read_bytes().replace(b"Kiew", b"Wien"))
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
        refused = run("restore", damaged, "--index", index)
    assert (asking.failed, asking.answers > 0) == ([], True)
    assert (refused.status, str(damaged) in refused.err) == (1, True)
    assert (restored.json["generation"], _status(service)["articles"]) == ("2", 18)
    assert not list(index.glob(".scratch-*"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/backup"),
        ("POST", "/v1/restore"),
        ("POST", "/v1/reindex"),
        ("GET", "/v1/renewal"),
        ("DELETE", "/v1/former"),
    ],
)
def test_upkeep_is_for_the_owner_alone(http: httpx.Client, method: str, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}):
        refused = http.request(method, path, json={}, headers=headers)
        assert refused.status_code == 403
        assert "command line of the same index" in refused.json()["detail"]
