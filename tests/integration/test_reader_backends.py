"""The reader's two back ends read alike: the same spans, whatever runs the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.graphs import fast_precision
from indexer.settings import DataType
from service.reader import Readable, Reader, Reading

pytestmark = pytest.mark.model

_QUESTIONS = Path(__file__).parents[1] / "data" / "seeds-questions.jsonl"
_NEWS = 40


def asked(seeds: Path, shared: Path | None = None) -> list[tuple[str, str]]:
    """Questions with the texts of their articles."""
    sets = [(_QUESTIONS, seeds)]
    if shared is not None:
        sets = [(shared / "eval/wikinews-dev.jsonl", shared / "corpora/wikinews-de")]
    rows = [(json.loads(line), f) for q, f in sets for line in q.read_text("utf-8").splitlines()]
    return [
        (row["question"], (folder / row["article"]).read_text("utf-8"))
        for row, folder in rows
        if row["article"]
    ]


def readings(reader: Reader, pairs: list[tuple[str, str]]) -> list[Reading]:
    return [reader.read(question, [Readable(text)])[0] for question, text in pairs]


@pytest.fixture(scope="module")
def torch_reader(cache: Path) -> Reader:
    return Reader(cache, backend="torch", data_type="float32", device="cpu")


def _onnx_reader(cache: Path, precision: DataType) -> Reader:
    if precision == "int8" and fast_precision() != "int8":
        pytest.skip("this processor has no VNNI: int8 is not used here")
    return Reader(cache, backend="onnx", data_type=precision)


@pytest.mark.parametrize(("precision", "apart"), [("float32", 0.01), ("int8", 1.5)])
def test_both_find_the_same_in_the_seeds(
    cache: Path, seeds: Path, torch_reader: Reader, precision: DataType, apart: float
) -> None:
    pairs = asked(seeds)
    assert len(pairs) >= 5
    mine, theirs = readings(_onnx_reader(cache, precision), pairs), readings(torch_reader, pairs)
    for (question, _), one, other in zip(pairs, mine, theirs, strict=True):
        assert one.span == other.span, question
        assert one.relevance == pytest.approx(other.relevance, abs=apart)


@pytest.mark.parametrize(("precision", "share"), [("float32", 1.0), ("int8", 0.85)])
def test_both_find_the_same_in_the_news(
    cache: Path, seeds: Path, shared: Path, torch_reader: Reader, precision: DataType, share: float
) -> None:
    pairs = asked(seeds, shared)[:: 192 // _NEWS][:_NEWS]
    assert len(pairs) == _NEWS
    mine, theirs = readings(_onnx_reader(cache, precision), pairs), readings(torch_reader, pairs)
    same = [one.span == other.span for one, other in zip(mine, theirs, strict=True)]
    assert sum(same) >= share * len(same)
