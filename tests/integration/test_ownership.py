"""One owner of an index: commands go through it, and it leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from indexer.errors import IndexLocked
from indexer.ownership import Owner
from indexer.settings import ArchiveSettings
from service.client import OwnerClient
from service.door import open_door
from service.engine import Engine
from service.evaluation import parse_questions
from service.question import parse_question
from service.settings import ServiceSettings
from tests.integration.conftest import Finished, Service, defects, log_lines, run, start

pytestmark = pytest.mark.model

Command = Callable[..., Finished]
_QUESTIONS = Path(__file__).parents[1] / "data" / "seeds-questions.jsonl"
_TALKS = "Who is excluded from the talks?"
_OIL = "What is the price of oil?"


@pytest.fixture(scope="module")
def engine(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished], cache: Path
) -> Iterator[Engine]:
    """The same index without a service."""
    index = tmp_path_factory.mktemp("engine") / "index"
    shutil.copytree(seed_index[0], index)
    with Engine(ArchiveSettings(index=index, cache=cache)) as opened:
        yield opened


def _without_times(answer: Any) -> Any:
    return json.loads(json.dumps(answer)) | {"timings_ms": None}


@pytest.mark.parametrize("question", [_TALKS, _OIL, "Wo traf Trump im August Wladimir Putin?"])
def test_ask_is_the_same_through_the_owner(
    question: str, engine: Engine, running_service: Service, command: Command
) -> None:
    through = command(
        *("ask", question, "--json", "--top-k", "7", "--index", running_service.index),
        *("--language", "de,en", "--after", "2024-01-01", "--before", "2025-11-30"),
    ).json
    asked = parse_question(
        question,
        top_k=7,
        language="de,en",
        published_after="2024-01-01",
        published_before="2025-11-30",
    )
    assert _without_times(through) == _without_times(msgspec.to_builtins(engine.answer(asked)))


@pytest.mark.parametrize("rerank", [False, True])
def test_search_is_the_same_through_the_owner(
    rerank: bool, engine: Engine, running_service: Service, command: Command
) -> None:
    through = command(
        *("search", _TALKS, "--json", "--index", running_service.index, "--language", "de,uk"),
        *(["--rerank"] if rerank else []),
    ).json
    found, _ = engine.search(parse_question(_TALKS, language="de,uk"), rerank=rerank)
    assert through["results"] == msgspec.to_builtins(found)


def test_status_is_the_same_through_the_owner(
    engine: Engine, running_service: Service, command: Command
) -> None:
    through = command("status", "--json", "--index", running_service.index).json
    own = {"bytes": 0, "store": ""}  # hold the place of the copy
    assert through | own == engine.status() | own


def test_eval_is_the_same_through_the_owner(
    engine: Engine, running_service: Service, command: Command, tmp_path: Path
) -> None:
    lines = _QUESTIONS.read_text("utf-8").splitlines()
    some = [line for line in lines[::9] if line]
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join(some), "utf-8")
    through = command("eval", file, "--json", "--index", running_service.index).json
    alone = engine.evaluate(parse_questions(some, "some")).to_json()
    assert through | {"latency_ms": 0} == alone | {"latency_ms": 0}


def test_index_and_remove_go_through_the_owner(
    running_service: Service, command: Command, tmp_path: Path, seeds: Path
) -> None:
    place = ("--json", "--index", running_service.index)
    again = command("index", seeds, *place)
    assert (again.status, again.json["articles"]["unchanged"]) == (0, 18)
    odd = tmp_path / "a ü%2F#😀"
    odd.mkdir()
    file = odd / "neu?.txt"
    file.write_bytes("Die Brücke in Quendovia 🚋 ist 77 Meter lang.\r\n".encode())
    added = command("index", tmp_path, *place)
    assert added.json["articles"]["added"] == 1
    answer = command("ask", "Wie lang ist die Brücke in Quendovia?", *place).json
    source = answer["citations"][0]["source"]
    assert source["article_id"] == "a ü%2F#😀/neu?.txt"
    assert file.read_bytes().decode()[source["start"] : source["end"]] == "77 Meter"
    file.unlink()
    pruned = command("index", tmp_path, *place, "--prune")
    assert pruned.json["articles"]["removed"] == 1
    unknown = command("remove", source["article_id"], ".", "..", *place)
    assert unknown.json == {"removed": 0, "unknown": [source["article_id"], ".", ".."]}
    assert command("status", *place).json["articles"] == 18


def test_another_recipe_is_refused_through_the_owner(
    running_service: Service, command: Command, seeds: Path
) -> None:
    done = command("index", seeds, "--passage-tokens", "99", "--index", running_service.index)
    assert (done.status, done.out) == (3, "")
    assert "passage_tokens" in done.err


def test_a_second_service_names_the_first(running_service: Service) -> None:
    done = run("serve", "--port", "0", "--index", running_service.index)
    assert done.status == 3
    assert f"process {running_service.process.pid} serves it at" in done.err
    assert running_service.owner["pid"] == running_service.process.pid


def test_another_archive_of_an_owned_folder(running_service: Service, command: Command) -> None:
    done = command("status", "--archive", "other", "--index", running_service.index)
    assert done.status == 3
    assert f"process {running_service.process.pid} serves the archive 'default'" in done.err


def test_the_record_of_the_owner_is_for_its_user_alone(running_service: Service) -> None:
    assert (running_service.index / "owner.json").stat().st_mode & 0o777 == 0o600


class _Stranger(BaseHTTPRequestHandler):
    """Another program at the address of an owner that is gone."""

    def do_GET(self) -> None:
        body = self.server.body  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(params=[b'{"owner": false}', b"[1]", b"<html>"])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Stranger) as server:
        server.body = request.param  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _works_alone(command: Command, index: Path, record: object) -> None:
    (index / "owner.json").write_text(json.dumps(record), "utf-8")
    done = command("status", "--json", "--index", index)
    assert (done.status, done.err) == (0, "")
    assert done.json["articles"] == 18
    assert not (index / "owner.json").exists()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_the_record_of_a_dead_owner_is_passed_over(command: Command, seed_copy: Path) -> None:
    address = f"http://127.0.0.1:{_free_port()}"
    _works_alone(command, seed_copy, {"pid": 2**22, "address": address, "token": "x"})


def test_so_is_another_program_at_its_address(
    stranger: str, command: Command, seed_copy: Path
) -> None:
    _works_alone(command, seed_copy, {"pid": 2**22, "address": stranger, "token": "x"})


def test_so_is_another_service_at_its_address(
    running_service: Service, command: Command, seed_copy: Path
) -> None:
    address = running_service.address
    _works_alone(command, seed_copy, {"pid": 2**22, "address": address, "token": "wrong"})


@pytest.mark.parametrize(
    "record",
    [
        *([], "x", None, {}, {"pid": "x"}, {"pid": 1, "address": "", "token": ""}),
        {"pid": 1, "address": "nonsense", "token": "x"},
        {"pid": 1, "address": "http://[::1", "token": "x"},
        {"pid": 1, "address": 5, "token": 5},
        {"pid": 1, "address": "http://127.0.0.1:1", "token": "ü\n"},
    ],
)
def test_so_is_a_damaged_record(record: object, command: Command, seed_copy: Path) -> None:
    _works_alone(command, seed_copy, record)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)]
)
def test_a_service_that_is_stopped_leaves_nothing_behind(
    number: signal.Signals, seed_copy: Path, tmp_path: Path, command: Command
) -> None:
    service = start(seed_copy, tmp_path / "log", ready=False)
    assert service.stop(number) in {0, 128 + number}
    assert not (seed_copy / "owner.json").exists()
    log = service.log.read_text("utf-8")
    assert log_lines(log)[0]["event"].startswith("Fundstelle serves 'default' at http://127.0.0.1:")
    assert defects(log) == []
    assert command("status", "--index", seed_copy).status == 0


def test_after_a_service_was_killed_the_next_command_works(
    seed_copy: Path, tmp_path: Path, command: Command
) -> None:
    service = start(seed_copy, tmp_path / "log", ready=False)
    assert service.stop(signal.SIGKILL) == -signal.SIGKILL
    assert Owner.read(seed_copy)
    assert command("status", "--json", "--index", seed_copy).json["articles"] == 18


_HOLD = """
import sys, time
from pathlib import Path
from indexer.ownership import Ownership
held = Ownership(Path(sys.argv[1]), patience=0)
print("held", flush=True)
time.sleep(float(sys.argv[2]))
held.release()
"""


@pytest.fixture
def hold(seed_copy: Path) -> Iterator[Callable[[float], int]]:
    """Lets a process that is no service hold the index for so many seconds; its pid."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(seconds: float) -> int:
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(seed_copy), str(seconds)], stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        return process.pid

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_a_holder_that_is_no_service_is_waited_for(
    hold: Callable[[float], int], seed_copy: Path
) -> None:
    hold(1.0)
    door = open_door(ArchiveSettings(index=seed_copy), ServiceSettings(), patience=30)
    assert isinstance(door, Engine)
    door.close()


def test_but_not_for_ever(hold: Callable[[float], int], seed_copy: Path) -> None:
    pid = hold(60)
    started = time.monotonic()
    with pytest.raises(IndexLocked, match=f"process {pid} has it open"):
        open_door(ArchiveSettings(index=seed_copy), ServiceSettings(), patience=0.5)
    assert 0.5 <= time.monotonic() - started < 5
    done = run("serve", "--port", "0", "--index", seed_copy)  # waits less than other commands
    assert done.status == 3
    assert f"process {pid}" in done.err


def test_a_service_that_starts_meanwhile_is_found(running_service: Service, tmp_path: Path) -> None:
    """The record appears while a command waits for the lock."""
    door = open_door(ArchiveSettings(index=running_service.index), ServiceSettings(), patience=0)
    assert isinstance(door, OwnerClient)
    assert door.owner.pid == running_service.process.pid != os.getpid()
    door.close()


def test_a_port_that_is_taken(seed_copy: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("serve", "--port", str(port), "--index", seed_copy)
    assert done.status == 1
    assert f"port {port}" in done.err
    assert "--port" in done.err
    assert not (seed_copy / "owner.json").exists()
