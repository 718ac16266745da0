"""The reader's two back ends read alike: the same spans, whatever runs the model."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexer.graphs import fast_precision
from indexer.settings import DataType
from service.reader import Readable, Reader, Reading

pytestmark = pytest.mark.model

_REPOSITORY = Path(__file__).parents[2]
_QUESTIONS = _REPOSITORY / "tests/data/seeds-questions.jsonl"


def asked(questions: Path, folder: Path) -> list[tuple[str, str]]:
    """Questions with the texts of their articles; none where there is no such file."""
    if not questions.exists():
        return []
    rows = [json.loads(line) for line in questions.read_text("utf-8").splitlines()]
    return [
        (row["question"], (folder / row["article"]).read_text("utf-8"))
        for row in rows
        if row["article"]
    ]


def readings(reader: Reader, pairs: list[tuple[str, str]]) -> list[Reading]:
    return [reader.read(question, [Readable(text)])[0] for question, text in pairs]


@pytest.fixture(scope="module")
def pairs(seeds: Path) -> list[tuple[str, str]]:
    """Every fifth question of the seeds, and where they are here, some of the news."""
    news = _REPOSITORY.parent / "shared"
    of_news = asked(news / "eval/wikinews-dev.jsonl", news / "corpora/wikinews-de")
    return asked(_QUESTIONS, seeds)[::5] + of_news[::10]


@pytest.fixture(scope="module")
def sizes() -> list[int]:
    """Of the runs of the reader on PyTorch, in windows."""
    return []


@pytest.fixture(scope="module")
def torch_reader(cache: Path, sizes: list[int]) -> Reader:
    return Reader(cache, backend="torch", data_type="float32", device="cpu", on_batch=sizes.append)


@pytest.fixture(scope="module")
def read_by_torch(torch_reader: Reader, pairs: list[tuple[str, str]]) -> list[Reading]:
    """What PyTorch reads in float32."""
    return readings(torch_reader, pairs)


def _onnx_reader(cache: Path, precision: DataType) -> Reader:
    if precision == "int8" and fast_precision() != "int8":
        pytest.skip("this processor has no VNNI: int8 is not used here")
    return Reader(cache, backend="onnx", data_type=precision)


# Relevance goes from -27 to 20, and int8 moves it by 0.4 on average.
@pytest.mark.parametrize(
    ("precision", "apart", "share"), [("float32", 0.01, 1.0), ("int8", 3.0, 0.85)]
)
def test_both_find_the_same_in_seeds_and_news(
    cache: Path,
    pairs: list[tuple[str, str]],
    read_by_torch: list[Reading],
    precision: DataType,
    apart: float,
    share: float,
) -> None:
    mine = readings(_onnx_reader(cache, precision), pairs)
    same = 0
    for one, other in zip(mine, read_by_torch, strict=True):
        same += one.span == other.span
        assert one.relevance == pytest.approx(other.relevance, abs=apart)
    assert same >= share * len(pairs)


def test_questions_of_several_threads_share_a_run_and_read_the_same(
    torch_reader: Reader,
    pairs: list[tuple[str, str]],
    read_by_torch: list[Reading],
    sizes: list[int],
) -> None:
    sizes.clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda pair: readings(torch_reader, [pair])[0], pairs))
    assert 1 < max(sizes) <= 32
    assert sum(sizes) >= len(pairs)
    for one, other in zip(found, read_by_torch, strict=True):
        assert one.span == other.span
        assert one.relevance == pytest.approx(other.relevance, abs=0.01)
