"""Dense vectors: texts in, unit vectors out.

What text stands for a passage is decided here, so that cutting and embedding can't
disagree about it, and every text is composed (NFC) before a model sees it. Models go
through sentence-transformers, but for the default one (``encoders/``).
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from indexer.article import Article
from indexer.dynamic_batching import SharedRuns
from indexer.encoders import Encoder, Kind, Vectors, choose_backend
from indexer.errors import ModelError
from indexer.models import resolve
from indexer.settings import Backend, DataType

__all__ = ["Embedder", "Vectors", "passage_input"]

_BATCH = 16  # on two cores as fast as more, with half the memory
_QUESTIONS = 32  # that share a run
_DEFAULT_MAX_TOKENS = 512

Vector = npt.NDArray[np.float32]


def passage_input(article: Article, passage: str) -> str:
    """What is embedded for a passage: its article's heading in front, for context."""
    return f"{article.heading}\n{passage}" if article.heading else passage


class Embedder:
    """One loaded embedding model.

    Vectors are float32 of shape ``(texts, dimension)`` and unit length. Safe to
    use from several threads. ``on_batch`` is told how many texts are given to the model at
    once. Raises ModelError where the model can't be loaded, and SettingsError where it can't
    be loaded as asked.
    """

    def __init__(
        self,
        model: str,
        cache: Path,
        *,
        data_type: DataType = "auto",
        device: str | None = None,
        backend: Backend = "auto",
        threads: int = 0,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        self.model = model
        self._on_batch = on_batch
        self._encoder: Encoder
        if choose_backend(model, data_type, device, backend, has_cuda) == "onnx":
            from indexer.encoders.onnx import OnnxEncoder

            self._encoder = OnnxEncoder(cache, data_type, threads=threads)
        else:
            self._encoder = TorchEncoder(model, cache, data_type, device, threads=threads)
        self.device = self._encoder.device
        self.data_type = self._encoder.data_type
        self.max_tokens = self._encoder.max_tokens
        self.dimension = self._encoder.dimension
        self._shared = SharedRuns(self._questions, most=_QUESTIONS)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, in the order given."""
        return self._encode(texts, "passage")

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, in the order given; those of several threads may share a run."""
        if not texts or not self._encoder.batches:
            return self._encode(texts, "question")
        return np.stack(self._shared(texts))

    def fits(self, text: str) -> bool:
        """Whether the model reads the whole of a passage's text, its prompt included."""
        return self._encoder.length(_composed(text)) <= self.max_tokens

    def warm(self) -> None:
        """Get ready for much work, at once."""
        self._encoder.warm()

    def _questions(self, texts: Sequence[str]) -> list[Vector]:
        return list(self._encode(texts, "question"))

    def _encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        if self._on_batch and texts:
            self._on_batch(len(texts))
        return self._encoder.encode([_composed(text) for text in texts], kind)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


class TorchEncoder:
    """Any model of sentence-transformers, as an ``Encoder``. Threads take turns."""

    batches = True

    def __init__(
        self, model: str, cache: Path, data_type: str, device: str | None, *, threads: int = 0
    ) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        set_threads(threads)
        self.device = device or ("cuda" if has_cuda() else "cpu")
        self.data_type = choose_data_type(self.device) if data_type == "auto" else data_type
        location = resolve(model, cache)
        transformers_logging.disable_progress_bar()
        try:
            self._model = SentenceTransformer(
                location,
                device=self.device,
                model_kwargs={"dtype": getattr(torch, self.data_type)},
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"the model {model} could not be loaded: {error}. Give the path of a "
                "sentence-transformers folder, or a name that this machine's model hub knows"
            ) from error
        self.max_tokens: int = self._model.max_seq_length or _DEFAULT_MAX_TOKENS
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"the model {model} does not say how long its vectors are")
        self.dimension: int = dimension
        self._passage_prompt = self._model.prompts.get("document", "")
        self._turn = threading.Lock()

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """One vector a text."""
        encode = self._model.encode_query if kind == "question" else self._model.encode_document
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        # Alike lengths together, as padding is work for nothing; and one batch a turn, so that
        # a question need not wait for all the passages that are being indexed.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for at in range(0, len(order), _BATCH):
            part = order[at : at + _BATCH]
            with self._turn:
                batch = encode(
                    [texts[i] for i in part],
                    batch_size=_BATCH,
                    normalize_embeddings=True,
                    convert_to_tensor=True,
                    show_progress_bar=False,
                )
            vectors[part] = batch.float().cpu().numpy()
            time.sleep(0)  # else this thread takes the next turn, too
        return vectors

    def length(self, text: str) -> int:
        """Tokens of a passage, its prompt included."""
        with self._turn:  # it switches off the truncation that a text being encoded needs
            tokens = self._model.tokenizer(self._passage_prompt + text, verbose=False)
        return len(tokens["input_ids"])

    def warm(self) -> None:
        """Nothing: it is all there once it is loaded."""


def has_cuda() -> bool:
    """Whether PyTorch has a GPU of NVIDIA's."""
    import torch

    return torch.cuda.is_available()


def choose_data_type(device: str) -> Literal["float32", "bfloat16"]:
    """bfloat16 where the processor has units for it, which is three times as fast; else float32.

    Without such units bfloat16 is emulated and slower than float32. Retrieval is
    as good in either (``docs/models.md``).
    """
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if device != "cpu":
        return "float32"
    # torch has no public name for these yet; where they are gone, be safe.
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    has = any(getattr(torch.cpu, probe, bool)() for probe in probes)
    return "bfloat16" if has else "float32"


def set_threads(count: int) -> None:
    """How many processor threads PyTorch uses in this process; 0 leaves its choice."""
    if count > 0:
        import torch

        torch.set_num_threads(count)
