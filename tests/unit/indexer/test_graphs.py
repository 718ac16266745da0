"""The default model as a graph: written, found again, mended, and which precision it is in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.built_folder import intact
from indexer.errors import ModelError
from indexer.graph_session import GraphSession, available_processors
from indexer.graphs import embedding_graph, fast_precision

pytestmark = pytest.mark.model

_TEXT = [0, 41, 3938, 2]


@pytest.fixture
def fresh_cache(tmp_path: Path) -> Iterator[Path]:
    """A cache with nothing in it."""
    yield tmp_path / "cache"
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)  # pytest keeps three runs


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("flags\t: fpu avx2 avx512f avx512_vnni arch_capabilities", "int8"),
        ("flags\t: fpu avx2 avx_vnni", "int8"),
        ("flags\t: fpu avx2 avx512f avx512bw", "float32"),
        ("flags\t: avx512_vnni_of_another_kind", "float32"),
        ("Features\t: fp asimd asimddp", "float32"),
        ("", "float32"),
    ],
)
def test_bytes_only_where_the_processor_multiplies_them_exactly(
    tmp_path: Path, flags: str, precision: str
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{flags}\n", "ascii")
    assert fast_precision(tmp_path / "cpuinfo") == precision


def test_a_processor_that_says_nothing_gets_float32(tmp_path: Path) -> None:
    assert fast_precision(tmp_path / "missing") == "float32"


def test_a_damaged_graph_is_built_again_and_the_same(fresh_cache: Path) -> None:
    path = embedding_graph(fresh_cache, "int8")
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    assert not intact(path.parent)
    assert embedding_graph(fresh_cache, "int8") == path
    assert path.read_bytes() == good
    beside = {entry.name for entry in path.parents[1].iterdir()}
    assert beside == {path.parent.name, f"{path.parent.name}.lock"}


def test_two_processes_build_one_graph(fresh_cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from indexer.graphs import embedding_graph; "
        "print(embedding_graph(Path(sys.argv[1]), 'int8').stat().st_ino)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(fresh_cache)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    found = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert found[0]
    assert found[0] == found[1]


def test_a_graph_that_is_none_is_a_model_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no graph at all")
    with pytest.raises(ModelError, match="made anew"):
        GraphSession(tmp_path / "model.onnx")


def test_texts_come_back_in_order_whatever_runs_beside_them(cache: Path) -> None:
    path = embedding_graph(cache, "float32")
    texts = [_TEXT[:1] + _TEXT[1:3] * n + _TEXT[3:] for n in (40, 1, 7, 100, 2, 7)]
    together = GraphSession(path, threads=3).run(texts)
    alone = GraphSession(path, threads=1)
    for text, vector in zip(texts, together, strict=True):
        assert np.array_equal(alone.run([text])[0], vector)
    assert np.array_equal(together[2], together[5])
    assert not np.array_equal(together[0], together[1])
    assert alone.run([]) == []


def test_a_cache_that_holds_everything_is_read_only_and_one_that_lacks_it_says_what_to_do(
    cache: Path, tmp_path: Path
) -> None:
    """A file in the place of a folder stands for one that can't be written: root may write all."""
    held = tmp_path / "held"
    (held / "models").mkdir(parents=True)
    source = embedding_graph(cache, "int8").parent
    shutil.copytree(source, held / "models" / source.name, copy_function=shutil.copy2)
    before = sorted(held.rglob("*"))
    assert embedding_graph(held, "int8").parent.parent == held / "models"
    assert sorted(held.rglob("*")) == before  # not even a lock
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelError, match="FUNDSTELLE_CACHE"):
        embedding_graph(tmp_path / "file", "int8")


def test_there_is_a_processor() -> None:
    assert available_processors() >= 1
