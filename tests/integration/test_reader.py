"""The real reader: answers near the end of long passages, at exact offsets."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from indexer.article import Span
from indexer.errors import ModelError
from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.reader import Readable, Reader
from service.settings import ServiceSettings

pytestmark = pytest.mark.model

_QUESTION = "Wie lang ist die Brücke von Quendovia?"
_ANSWER = "77 Meter"
_SAYS_SO = f"Die Brücke von Quendovia ist {_ANSWER} lang."
_OTHER = "Der Bäcker öffnete am Dienstag wie immer um sechs Uhr, doch niemand kam vorbei. "


@pytest.fixture(scope="module", params=["onnx", "torch"])
def reader(request: pytest.FixtureRequest, cache: Path) -> Reader:
    """The reader on either back end."""
    if request.param == "onnx":
        return Reader(cache, backend="onnx")
    return Reader(cache, backend="torch", data_type="float32", device="cpu")


def _one(reader: Reader, text: str, head: str = "") -> tuple[float, str]:
    (reading,) = reader.read(_QUESTION, [Readable(text, head)])
    return reading.relevance, text[reading.span.start : reading.span.end]


def test_an_answer_in_a_sentence(reader: Reader) -> None:
    relevance, quote = _one(reader, f"{_OTHER}{_SAYS_SO} {_OTHER}")
    assert quote == _ANSWER
    assert relevance > 0


@pytest.mark.parametrize("before", [0, 15, 30, 60])
def test_an_answer_anywhere_in_a_passage_of_several_windows(reader: Reader, before: int) -> None:
    text = _OTHER * before + _SAYS_SO + " " + _OTHER * (60 - before)
    relevance, quote = _one(reader, text)
    assert quote == _ANSWER
    assert relevance > 0
    (reading,) = reader.read(_QUESTION, [Readable(text)])
    assert reading.span.start == text.index(_ANSWER)


@pytest.mark.parametrize(
    "before",
    [
        "👩‍👩‍👧🚋🏴\U000e0067\U000e0062\U000e007f ",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﬁ ½ ﷺ ",
        "Cafe\u0301 n\u0303 ",
        "\r\n\r\n\t\u00a0\u2028",
        "\ufeff\u200b\u00ad\u200d",
        "„Zitat“ «ja» – ",
        "北京大学。กรุงเทพ हिन्दी ",
    ],
)
def test_offsets_are_code_points_whatever_stands_before(reader: Reader, before: str) -> None:
    text = f"{before * 3}{_SAYS_SO} {before}"
    (reading,) = reader.read(_QUESTION, [Readable(text)])
    start = text.index(_ANSWER)
    assert reading.span == Span(start, start + len(_ANSWER))


def test_what_answers_is_more_relevant_than_what_does_not(reader: Reader) -> None:
    near = "Die Brücke von Quendovia wurde am Dienstag nach langem Umbau wieder eröffnet."
    says_so, *others = reader.read(_QUESTION, [Readable(t) for t in (_SAYS_SO, near, _OTHER)])
    assert all(says_so.relevance > 0 > other.relevance for other in others)


def test_a_question_in_another_language(reader: Reader) -> None:
    (reading,) = reader.read("How long is the bridge of Quendovia?", [Readable(_SAYS_SO)])
    assert _SAYS_SO[reading.span.start : reading.span.end].startswith(_ANSWER)
    assert reading.relevance > 0


def test_readings_come_in_the_order_of_the_passages(reader: Reader) -> None:
    texts = [_OTHER * n + _SAYS_SO for n in (40, 0, 3, 20, 1, 0, 7, 2, 5, 1)]
    together = reader.read(_QUESTION, [Readable(t) for t in texts])
    for text, reading in zip(texts, together, strict=True):
        assert text[reading.span.start : reading.span.end] == _ANSWER
        (alone,) = reader.read(_QUESTION, [Readable(text)])
        assert reading.span == alone.span
        assert reading.relevance == pytest.approx(alone.relevance, abs=1e-3)


@pytest.mark.parametrize(
    "head", ["", "Brücke 🚋 eröffnet", "Die Brücke ist 99 Meter lang", "x " * 500]
)
def test_a_headline_holds_no_answer_and_moves_none(reader: Reader, head: str) -> None:
    _, quote = _one(reader, _SAYS_SO, head)
    assert quote == _ANSWER
    _, quote = _one(reader, _OTHER * 30 + _SAYS_SO, head)
    assert quote == _ANSWER


@pytest.mark.parametrize("text", ["", " ", "\r\n"])
def test_an_empty_passage_says_nothing(reader: Reader, text: str) -> None:
    empty, says_so = reader.read(_QUESTION, [Readable(text), Readable(_SAYS_SO)])
    assert empty.span.start == empty.span.end
    assert empty.relevance < 0 < says_so.relevance


def test_nothing_to_read(reader: Reader) -> None:
    assert reader.read(_QUESTION, []) == []


def test_a_question_of_any_length_leaves_room_for_the_passage(reader: Reader) -> None:
    long = f"{_QUESTION} {_OTHER * 50}"
    (reading,) = reader.read(long, [Readable(f"{_OTHER * 20}{_SAYS_SO}", "x " * 500)])
    assert reading.relevance > -inf
    assert reading.span.end <= len(_OTHER) * 20 + len(_SAYS_SO)


def test_an_adapter_of_ones_own_that_is_not_there_is_named(cache: Path, tmp_path: Path) -> None:
    settings = ArchiveSettings(index=tmp_path / "index", cache=cache)
    mine = tmp_path / "mine.safetensors"
    with (
        Engine(settings, ServiceSettings(reader_adapter=mine), create=True) as engine,
        pytest.raises(ModelError, match=r"there is no adapter .*mine\.safetensors"),
    ):
        engine.warm()
