"""Dense vectors: texts in, unit vectors out.

A thin layer over sentence-transformers that always goes through a model's query
and document prompts, picks the data type that the processor is fast in, and
tells whether a text fits. What text stands for a passage is decided here too,
so that cutting and embedding can't disagree about it.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from indexer.article import Article
from indexer.errors import ModelError
from indexer.models import resolve
from indexer.settings import DataType

Vectors = npt.NDArray[np.float32]

_BATCH = 16  # on two cores as fast as more, with half the memory
_DEFAULT_MAX_TOKENS = 512


def passage_input(article: Article, passage: str) -> str:
    """What is embedded for a passage: its article's heading in front, for context."""
    return f"{article.heading}\n{passage}" if article.heading else passage


class Embedder:
    """One loaded embedding model.

    Vectors are float32 of shape ``(texts, dimension)`` and unit length. Safe to
    use from several threads, which take turns. Raises ModelError where the model
    can't be loaded.
    """

    def __init__(
        self, model: str, cache: Path, *, data_type: DataType = "auto", device: str | None = None
    ) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        self.model = model
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
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
        self._document_prompt = self._model.prompts.get("document", "")
        self._turn = threading.Lock()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, in the order given."""
        return self._encode(self._model.encode_document, list(texts))

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, in the order given."""
        return self._encode(self._model.encode_query, list(texts))

    def fits(self, text: str) -> bool:
        """Whether the model reads the whole of a passage's text, its prompt included."""
        whole = unicodedata.normalize("NFC", self._document_prompt + text)
        with self._turn:  # it switches off the truncation that a text being encoded needs
            tokens = self._model.tokenizer(whole, verbose=False)
        return len(tokens["input_ids"]) <= self.max_tokens

    def _encode(self, encode: Any, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        composed = [unicodedata.normalize("NFC", text) for text in texts]
        # Alike lengths together, as padding is work for nothing; and one batch a turn, so that
        # a question need not wait for all the passages that are being indexed.
        order = sorted(range(len(texts)), key=lambda i: -len(composed[i]))
        for at in range(0, len(order), _BATCH):
            part = order[at : at + _BATCH]
            with self._turn:
                batch = encode(
                    [composed[i] for i in part],
                    batch_size=_BATCH,
                    normalize_embeddings=True,
                    convert_to_tensor=True,
                    show_progress_bar=False,
                )
            vectors[part] = batch.float().cpu().numpy()
            time.sleep(0)  # else this thread takes the next turn, too
        return vectors


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
    """How many processor threads the models use in this process; 0 leaves torch's choice."""
    if count > 0:
        import torch

        torch.set_num_threads(count)
