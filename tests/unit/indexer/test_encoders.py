"""Back ends: which one runs a model, and that they give the same vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer import sources
from indexer.article import Article
from indexer.embedding import Embedder, Vectors, passage_input
from indexer.encoders import choose_backend
from indexer.errors import SettingsError
from indexer.graphs import fast_precision
from indexer.models import DEFAULT_MODEL
from indexer.passages import PassageSettings, cut
from indexer.settings import Backend, DataType

_OTHER = "intfloat/multilingual-e5-base"
_QUESTIONS = ["Wer zahlt?", "Who pays for the bridge?", "Хто платить?", "誰が払うのか", "", "a b"]


@pytest.mark.parametrize(
    ("model", "data_type", "device", "asked", "chosen"),
    [
        (DEFAULT_MODEL, "float32", None, "auto", "onnx"),
        (DEFAULT_MODEL, "int8", "cpu", "auto", "onnx"),
        (DEFAULT_MODEL, "auto", "cpu", "auto", "onnx"),
        (DEFAULT_MODEL, "auto", None, "onnx", "onnx"),
        (DEFAULT_MODEL, "auto", None, "torch", "torch"),
        (DEFAULT_MODEL, "bfloat16", None, "auto", "torch"),
        (DEFAULT_MODEL, "float16", "cuda", "auto", "torch"),
        (DEFAULT_MODEL, "auto", "cuda", "auto", "torch"),
        (_OTHER, "auto", None, "auto", "torch"),
        (_OTHER, "float32", "cpu", "auto", "torch"),
    ],
)
def test_the_default_model_on_a_processor_needs_no_pytorch(
    model: str, data_type: DataType, device: str | None, asked: Backend, chosen: str
) -> None:
    assert choose_backend(model, data_type, device, asked, lambda: False) == chosen


@pytest.mark.parametrize(
    ("model", "data_type", "device", "asked", "reason"),
    [
        (_OTHER, "auto", None, "onnx", "is not the default model"),
        (DEFAULT_MODEL, "auto", "cuda", "onnx", "FUNDSTELLE_DEVICE is cuda"),
        (DEFAULT_MODEL, "bfloat16", None, "onnx", "FUNDSTELLE_DTYPE is bfloat16"),
        (_OTHER, "int8", None, "auto", "int8 needs ONNX Runtime"),
        (DEFAULT_MODEL, "int8", None, "torch", "int8 needs ONNX Runtime"),
    ],
)
def test_what_a_back_end_cannot_do_is_an_error_that_says_why(
    model: str, data_type: DataType, device: str | None, asked: Backend, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        choose_backend(model, data_type, device, asked, lambda: False)


@pytest.fixture(scope="module")
def passages(seeds: Path) -> list[str]:
    """Passages of the seeds, and a text longer than the model reads."""
    (source,) = sources.resolve([str(seeds)])
    articles = [item for item in sources.read(source) if isinstance(item, Article)]
    found = [passage_input(a, p.text) for a in articles for p in cut(a, PassageSettings())]
    return [*found, "Der Rat tagte heute zum letzten Mal. " * 120, ""]


@pytest.fixture(scope="module")
def reference(cache: Path, passages: list[str]) -> tuple[Vectors, Vectors]:
    """Vectors of passages and questions by PyTorch in float32."""
    torch = Embedder(DEFAULT_MODEL, cache, backend="torch", data_type="float32", device="cpu")
    return torch.embed_passages(passages), torch.embed_questions(_QUESTIONS)


# What ships in int8 lay at .99915 and more over 850 articles; with one scale for all tokens,
# as ONNX Runtime's own dynamic quantisation has it, at .995.
@pytest.mark.model
@pytest.mark.parametrize(("precision", "least"), [("float32", 0.9999), ("int8", 0.9985)])
def test_onnx_runtime_gives_the_vectors_that_pytorch_gives(
    cache: Path,
    passages: list[str],
    reference: tuple[Vectors, Vectors],
    precision: DataType,
    least: float,
) -> None:
    if precision == "int8" and fast_precision() != "int8":
        pytest.skip("this processor has no VNNI: int8 is not used here")
    onnx = Embedder(DEFAULT_MODEL, cache, backend="onnx", data_type=precision)
    assert (onnx.data_type, onnx.device) == (precision, "cpu")
    found = onnx.embed_passages(passages), onnx.embed_questions(_QUESTIONS)
    for mine, theirs in zip(found, reference, strict=True):
        assert np.sum(mine * theirs, axis=1).min() > least
    # Nearest passages are the same ones, so one index may hold vectors of both.
    (mine, asked), (theirs, _) = found, reference
    assert ((asked @ mine.T).argmax(axis=1) == (asked @ theirs.T).argmax(axis=1)).all()


@pytest.mark.model
def test_a_vector_does_not_depend_on_what_is_embedded_beside_it(
    embedder: Embedder, passages: list[str]
) -> None:
    if embedder.device != "cpu":
        pytest.skip("on a GPU texts are padded into batches")
    together = embedder.embed_passages(passages[:6])
    for text, vector in zip(passages[:6], together, strict=True):
        assert np.array_equal(embedder.embed_passages([text])[0], vector)
