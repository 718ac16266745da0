"""Question and passages → for each passage how relevant it is, and its answer span.

One forward pass a passage does both (extractive reading as in BERT for SQuAD 2.0,
Devlin et al. 2019): the best span's score less that of "no answer" tells how well
the passage answers. The reader is the default embedding model's transformer with
an adapter merged into it (``adapter.py``); which embedding model an index uses makes
no difference here. The pass runs on ONNX Runtime (``reader_graph.py``) or PyTorch; what
it sees is cut in ``windows.py``, and turning scores into an answer is left to
``answering.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.article import Span
from indexer.dynamic_batching import SharedRuns
from indexer.embedding import choose_data_type, has_cuda, set_threads
from indexer.encoders import choose_backend
from indexer.errors import ModelError
from indexer.models import DEFAULT_MODEL, default_tokenizer, resolve
from indexer.settings import Backend, DataType
from indexer.tokenizer import DefaultTokenizer
from service.adapter import load_adapter, require_own
from service.spans import tidy
from service.wholes import whole
from service.windows import PAD, windows

if TYPE_CHECKING:
    from indexer.tokenizer import Tokenized, Tokenizer

ADAPTER = Path(__file__).parent / "data" / "reader" / "adapter.safetensors"
_WINDOWS = 32  # of several questions that share a run
_BATCH = 8  # texts that share a forward pass on PyTorch
# The second passage is so often the one that answers that it is never left out.
_LEAST_AT_ONCE = 2

Logits = npt.NDArray[np.float32]
#: Token ids of each text → start and end logits of its tokens, of shape ``(tokens, 2)``.
Forward = Callable[[Sequence[Sequence[int]]], list[Logits]]


@dataclass(frozen=True)
class Reading:
    """What a passage says to a question.

    ``relevance`` is the best span's score less the null score: above 0 the reader
    holds that the passage answers. ``span`` is in code points of the passage.
    """

    relevance: float
    span: Span


class Readable(NamedTuple):
    """A passage to read. ``head`` (its article's heading) is read too, but holds no answer."""

    text: str
    head: str = ""


class Reader:
    """The loaded reader. Safe to use from several threads.

    ``base`` is the default model, or another copy of multilingual-e5-small; ``adapter`` is the
    one that comes with this release, or a file of one's own; ``on_batch`` is
    told how many windows are given to the model at once. Raises ModelError where its weights
    are missing or don't fit, and SettingsError where it can't be loaded as asked.
    """

    def __init__(
        self,
        cache: Path,
        *,
        base: str = DEFAULT_MODEL,
        adapter: Path | None = None,
        data_type: DataType = "auto",
        device: str | None = None,
        backend: Backend = "auto",
        threads: int = 0,
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        if adapter is None:
            require_own(adapter := ADAPTER)
        elif not adapter.is_file():
            raise ModelError(
                f"there is no adapter {adapter}; docs/training.md says how to make one"
            )
        self._on_batch = on_batch
        self._forward: Forward
        #: Start and end logits of token ids; the questions of several threads may share a run.
        self.logits: Forward
        self._tokenizer: Tokenizer
        #: How many passages cost little more than one.
        self.at_once: int
        if choose_backend(base, data_type, device, backend, has_cuda) == "onnx":
            from service.reader_graph import GraphForward

            self._forward = forward = GraphForward(adapter, cache, data_type, threads=threads)
            self.logits = self._run
            self.at_once = max(forward.at_once, _LEAST_AT_ONCE)
            self._tokenizer = default_tokenizer(cache)
        else:
            self._forward = _TorchForward(
                base, adapter, cache, data_type=data_type, device=device, threads=threads
            )
            self.logits = SharedRuns(self._run, most=_WINDOWS)
            self.at_once = _BATCH
            self._tokenizer = _base_tokenizer(base, cache)

    def read(self, question: str, passages: Sequence[Readable]) -> list[Reading]:
        """One reading a passage, in the order given. A blank passage reads as irrelevant."""
        seen = windows(
            self._encode([question])[0],
            self._encode([p.head for p in passages]),
            self._encode([p.text for p in passages]),
        )
        logits = self.logits([window.ids for window in seen]) if seen else []
        best: list[Reading | None] = [None] * len(passages)
        for window, each in zip(seen, logits, strict=True):
            relevance, span = window.best_span(each)
            known = best[window.passage]
            if known is None or relevance > known.relevance:
                text = passages[window.passage].text
                best[window.passage] = Reading(relevance, whole(text, tidy(text, span)))
        nothing = Reading(float("-inf"), Span(0, 0))
        return [reading or nothing for reading in best]

    def warm(self) -> None:
        """Get ready for many questions, at once."""
        if isinstance(self._tokenizer, DefaultTokenizer):
            self._tokenizer.load()

    def _run(self, windows: Sequence[Sequence[int]]) -> list[Logits]:
        if self._on_batch:
            self._on_batch(len(windows))
        return self._forward(windows)

    def _encode(self, texts: list[str]) -> Sequence[Tokenized]:
        return self._tokenizer.encode_batch(texts, add_special_tokens=False)


class _TorchForward:
    """Token ids → start and end logits, of shape ``(tokens, 2)`` a text. Threads take turns."""

    def __init__(
        self,
        base: str,
        adapter: Path,
        cache: Path,
        *,
        data_type: str,
        device: str | None,
        threads: int = 0,
    ) -> None:
        import torch

        set_threads(threads)
        self._torch = torch
        self._device = device or ("cuda" if has_cuda() else "cpu")
        if data_type == "auto":
            data_type = choose_data_type(self._device)
        self._model, self._head = _merge(resolve(base, cache), adapter, data_type, self._device)
        self._turn = threading.Lock()

    def __call__(self, texts: Sequence[Sequence[int]]) -> list[npt.NDArray[np.float32]]:
        """Logits, in the order given."""
        # Alike lengths together: padding is work for nothing.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found: dict[int, npt.NDArray[np.float32]] = {}
        for at in range(0, len(order), _BATCH):
            part = order[at : at + _BATCH]
            logits = self._batch([texts[i] for i in part])
            found |= {i: logits[place, : len(texts[i])] for place, i in enumerate(part)}
        return [found[i] for i in range(len(texts))]

    def _batch(self, texts: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        torch = self._torch
        longest = max(map(len, texts))
        ids = torch.tensor([[*ids, *[PAD] * (longest - len(ids))] for ids in texts])
        ids = ids.to(self._device)
        with self._turn, torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=(ids != PAD).long())
            logits = self._head(states.last_hidden_state.float())
        result: npt.NDArray[np.float32] = logits.cpu().numpy()
        return result


def _base_tokenizer(base: str, cache: Path) -> Any:
    """The tokenizer of a copy of the model, as the package tokenizers has it."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(resolve(base, cache)).backend_tokenizer


def _merge(base: str, adapter: Path, data_type: str, device: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    found = load_adapter(adapter)
    try:
        model = AutoModel.from_pretrained(base, dtype=torch.float32)
        with torch.no_grad():
            for name, delta in found.deltas.items():
                model.get_parameter(name).add_(torch.from_numpy(delta))
    except (OSError, AttributeError, RuntimeError) as error:
        raise ModelError(
            f"the reader's adapter {adapter} does not fit the model {base}: {error}"
        ) from error
    outputs, hidden = found.head_weight.shape
    head = torch.nn.Linear(hidden, outputs)
    head.load_state_dict(
        {"weight": torch.from_numpy(found.head_weight), "bias": torch.from_numpy(found.head_bias)}
    )
    model.pooler = None
    return model.to(device, getattr(torch, data_type)).eval(), head.to(device).eval()
