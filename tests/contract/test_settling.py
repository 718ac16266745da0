"""An embedded store that is optimised apart: nothing is lost, and readers miss nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import DiskFull, StoreError
from indexer.store import PassageStore, Superseded, every_article
from indexer.stores import edge_open_shard, edge_settling
from indexer.stores.edge import EdgeStore
from tests.contract.test_store import RECIPE, article, ask, axis, point, write

_ARTICLES = 300


@pytest.fixture(autouse=True)
def _however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_open_shard, "_SMALL", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "default" / "1"
    EdgeStore.create(made, RECIPE)
    return made


@pytest.fixture
def store(folder: Path) -> Iterator[EdgeStore]:
    opened = EdgeStore(folder)
    fill(opened)
    yield opened
    with suppress(StoreError):  # some tests have closed it
        opened.close()


def fill(store: PassageStore) -> None:
    write(store, *(point(article(f"{n:03}", f"Satz {n}."), axis(1, n)) for n in range(_ARTICLES)))


def texts(store: PassageStore) -> dict[str, str]:
    names = [stored.article.id for stored in every_article(store)]
    return {name: stored.article.text for name, stored in store.articles(names).items()}


def shards(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("shard*"))


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[Path], object]) -> None:
    """Do something when the copy is there, and is about to be optimised."""
    optimize = edge_settling.optimize_copy

    def first(place: Path, *rest: Any) -> bool:
        do(place)
        return optimize(place, *rest)

    monkeypatch.setattr(edge_open_shard, "optimize_copy", first)


def test_the_copy_takes_the_place_of_the_shard(store: EdgeStore, folder: Path) -> None:
    before = texts(store)
    for following in ("shard-2", "shard-3"):
        store.optimize_apart(threading.Event())
        assert shards(folder) == [following]
        assert texts(store) == before
    store.close()
    again = EdgeStore(folder)
    assert texts(again) == before
    assert len(before) == _ARTICLES
    again.close()


def test_what_is_written_meanwhile_is_in_it(
    store: EdgeStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    superseded = Superseded("001", "0" * 64, "Alt.", datetime.now(UTC).isoformat())

    def change(_: Path) -> None:
        write(store, point(article("new", "Une phrase.", language="fr"), axis(0, 0, 1)))
        changed = article("001", "Anders.")
        write(store, point(changed, axis(0, 1)))
        store.drop_passages("001", keep=changed.version)
        store.forget(["002"])
        store.drop_passages("002", keep=None)
        store.keep_superseded([superseded])
        store.begin(["in flight"])

    before = texts(store)
    meanwhile(monkeypatch, change)
    store.optimize_apart(threading.Event())
    assert shards(folder) == ["shard-2"]
    expected = {**before, "001": "Anders.", "new": "Une phrase."}
    del expected["002"]
    for _ in range(2):  # and once more after it was opened again
        assert texts(store) == expected
        assert store.status().passages == _ARTICLES
        assert store.languages() == {"de": _ARTICLES - 1, "fr": 1}
        found = ask(store, "phrase", ("fr",), dense=axis(0, 0, 1), limit=1)
        assert [(c.article_id, c.lexical is not None) for c in found] == [("new", True)]
        (kept,) = store.superseded(["001"])
        assert kept.text == "Alt."
        assert store.journal() == ["in flight"]
        store.close()
        store = EdgeStore(folder)
    store.close()


def test_readers_miss_nothing_and_writers_go_on(store: EdgeStore) -> None:
    done = threading.Event()
    failures: list[object] = []

    def read() -> None:
        expected = {f"{n:03}" for n in range(_ARTICLES)}
        while not done.is_set():
            if missing := expected - {stored.article.id for stored in every_article(store)}:
                failures.append(missing)
            if len(found := ask(store, "Satz", ("de",), limit=20)) < 20:
                failures.append(found)
            time.sleep(0.005)

    def write_on() -> None:
        number = 0
        while not done.is_set():
            write(store, point(article(f"later {number}"), axis(0, 1)))
            written.append(f"later {number}")
            number += 1
            time.sleep(0.005)

    written: list[str] = []
    threads = [threading.Thread(target=work) for work in (read, read, write_on)]
    for thread in threads:
        thread.start()
    try:
        store.optimize_apart(threading.Event())
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert written
    assert texts(store).keys() == {f"{n:03}" for n in range(_ARTICLES)} | set(written)


def test_a_service_that_stops_does_not_wait_for_it(store: EdgeStore, folder: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    before = texts(store)
    store.optimize_apart(stopping)
    assert shards(folder) == ["shard"]
    assert texts(store) == before


def test_a_copy_that_fails_leaves_the_shard(
    store: EdgeStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = texts(store)
    meanwhile(monkeypatch, lambda place: (place / "edge_config.json").unlink())
    with pytest.raises(StoreError, match=r"status 1.*edge_config.*the index is as it was"):
        store.optimize_apart(threading.Event())
    assert shards(folder) == ["shard"]
    write(store, point(article("after")))
    assert texts(store) == {**before, "after": "Ein Satz."}


def test_without_room_for_a_copy_nothing_is_done(
    store: EdgeStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_open_shard.OpenShard, "bytes", lambda _: 2**60)
    with pytest.raises(DiskFull, match="free some"):
        store.optimize_apart(threading.Event())
    assert shards(folder) == ["shard"]


def test_few_new_passages_are_not_worth_a_copy(
    store: EdgeStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_open_shard, "_SMALL", _ARTICLES - 1)
    store.optimize_apart(threading.Event())  # as many as there are: worth it
    assert shards(folder) == ["shard-2"]
    monkeypatch.setattr(edge_open_shard, "_worth", lambda _: 2 * _ARTICLES)
    write(store, point(article("after")))
    flushed = store._shard._flushed
    store.optimize_apart(threading.Event())
    assert shards(folder) == ["shard-2"]
    assert store._shard._flushed > flushed  # a power loss costs nothing of it


_KILLED = """
import os, signal, sys, threading
from pathlib import Path

from indexer import pointer
from indexer.stores import edge_open_shard
from indexer.stores.edge import EdgeStore

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

edge_open_shard._SMALL = 0
folder, step = Path(sys.argv[1]), sys.argv[2]
if step == "copying":
    import shutil
    shutil.copytree = lambda shard, to, **_: (to.mkdir(), (to / "half").write_text(""), killed())
elif step == "copied":
    edge_open_shard.optimize_copy = killed
elif step == "optimised":
    edge_open_shard._replay = killed
elif step == "before the switch":
    pointer.name = killed
elif step == "after the switch":
    name = pointer.name
    pointer.name = lambda *named: (name(*named), killed())
store = EdgeStore(folder)
optimize = edge_open_shard.optimize_copy
edge_open_shard.optimize_copy = lambda *given: (store.begin(["meanwhile"]), optimize(*given))[1]
store.optimize_apart(threading.Event())
"""


@pytest.mark.parametrize(
    "step", ["copying", "copied", "optimised", "before the switch", "after the switch"]
)
def test_a_kill_leaves_the_one_or_the_other(folder: Path, step: str) -> None:
    store = EdgeStore(folder)
    fill(store)
    expected = texts(store)
    store.close()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, folder, step],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},  # noqa: PTH109
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    again = EdgeStore(folder)
    assert texts(again) == expected
    assert again.journal() == ([] if step == "copying" else ["meanwhile"])
    assert shards(folder) == (["shard-2"] if step == "after the switch" else ["shard"])
    again.optimize_apart(threading.Event())
    assert texts(again) == expected
    again.close()


def test_a_copy_stays_sparse(tmp_path: Path) -> None:
    shard = tmp_path / "shard"
    shard.mkdir()
    with (shard / "file").open("wb") as file:
        file.write(b"first")
        file.seek(8 * 2**20)
        file.write(b"last")
        file.truncate(64 * 2**20)
    (shard / "empty").write_bytes(b"")
    with (shard / "hole").open("wb") as file:
        file.truncate(2**20)
    edge_settling.copy_shard(shard, tmp_path / "copy")
    for name in ("file", "empty", "hole"):
        original, copy = shard / name, tmp_path / "copy" / name
        assert copy.read_bytes() == original.read_bytes()
        assert copy.stat().st_blocks * 512 < 2**20
