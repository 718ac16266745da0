"""A service that renews its archive: the new generation is optimised in another process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.article import Article
from indexer.backup import backup_chunks
from indexer.backup_file import keep
from indexer.embedding import Embedder
from indexer.errors import DiskFull
from indexer.restoring import Backup
from indexer.settings import ArchiveSettings
from indexer.stores import edge_open_shard
from indexer.stores.edge_open_shard import OpenShard
from service import renewal
from service.engine import Engine
from service.renewal import Renewed, reindex, restore
from service.renewal_job import RenewalJob

pytestmark = pytest.mark.model

_NAMES = {"a", "b", "c"}


@pytest.fixture
def engine(tmp_path: Path, cache: Path, embedder: Embedder) -> Iterator[Engine]:
    with Engine(ArchiveSettings(index=tmp_path / "index", cache=cache), create=True) as opened:
        opened.models._embedders[embedder.model] = embedder  # loaded already
        texts = ("Der Kranich zieht.", "Die Brücke bleibt zu.", "Es regnet in Zürich.")
        opened.index(
            Article(name, text, language="de", source="-")
            for name, text in zip(sorted(_NAMES), texts, strict=True)
        )
        yield opened


def job_done(job: RenewalJob) -> Renewed:
    assert job._thread is not None
    job._thread.join()
    assert job.status.result is not None, job.status.error
    return job.status.result


@pytest.fixture(autouse=True)
def _however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_open_shard, "_SMALL", 0)
    monkeypatch.setattr(renewal, "_ARTICLES_BETWEEN", 1)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The shards that were optimised in this process with something in them."""
    found: list[Path] = []
    optimize = OpenShard._optimize

    def noted(shard: OpenShard) -> None:
        if shard.edge.info().points_count:
            found.append(shard.folder)
        optimize(shard)

    monkeypatch.setattr(OpenShard, "_optimize", noted)
    return found


def start(job: RenewalJob, kind: str, engine: Engine, folder: Path) -> None:
    if kind == "reindex":
        asked = ArchiveSettings(index=engine.archive.index, passage_tokens=64, passage_overlap=0)
        job.start(lambda told, stopping: reindex(engine, asked, told, stopping=stopping))
        return
    path = folder / "backup.zip"
    with engine.reading() as archive:
        keep(backup_chunks(archive.store), path)

    def work(told: renewal.Progress, stopping: threading.Event) -> Renewed:
        with Backup(path) as backup:
            return restore(engine, backup, told, stopping=stopping)

    job.start(work)


both = pytest.mark.parametrize("kind", ["reindex", "restore"])


@both
def test_it_goes_over_to_an_optimised_copy(
    kind: str, engine: Engine, here: list[Path], tmp_path: Path
) -> None:
    job = RenewalJob()
    start(job, kind, engine, tmp_path)
    assert job_done(job).articles == len(_NAMES)
    following = engine.archive.index / "default" / "2"
    # Once in between and once at the end.
    assert [path.name for path in following.glob("shard*")] == ["shard-3"]
    assert following not in here
    assert set(engine.articles(sorted(_NAMES))) == _NAMES


@both
def test_without_room_for_a_copy_it_is_optimised_here(
    kind: str,
    engine: Engine,
    here: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> None:
        raise DiskFull("there is no room; free some")

    monkeypatch.setattr(edge_open_shard, "copy_shard", full)
    job = RenewalJob()
    start(job, kind, engine, tmp_path)
    assert job_done(job).articles == len(_NAMES)
    following = engine.archive.index / "default" / "2"
    assert [path.name for path in following.glob("shard*")] == ["shard"]
    assert following in here
    assert "there is no room; free some" in caplog.text
    assert "answers nothing meanwhile" in caplog.text


@both
def test_a_service_that_ends_meanwhile_does_not_switch(
    kind: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = RenewalJob()

    def ended(_: Path, *rest: object) -> bool:
        job._stopping.set()
        return False

    monkeypatch.setattr(edge_open_shard, "optimize_copy", ended)
    start(job, kind, engine, tmp_path)
    job.stop()
    assert (job.status.state, job.status.error) == ("failed", "the service was stopped")
    assert engine.generations.current() == "1"
    assert set(engine.articles(sorted(_NAMES))) == _NAMES
