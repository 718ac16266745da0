"""Question and passages → for each passage how relevant it is, and its answer span.

One forward pass a passage does both (extractive reading as in BERT for SQuAD 2.0,
Devlin et al. 2019): the best span's score less that of "no answer" tells how well
the passage answers. The reader is the default embedding model's transformer with
an adapter merged into it (LoRA, Hu et al. 2021); which embedding model an index
uses makes no difference here. Turning scores into an answer is left to
``answering.py``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.article import Span
from indexer.errors import ModelError
from indexer.models import DEFAULT_MODEL, resolve
from service.spans import tidy

if TYPE_CHECKING:
    import torch
    from tokenizers import Encoding

_ADAPTER = Path(__file__).parent / "data" / "reader" / "adapter.safetensors"
_MAX_TOKENS, _STRIDE = 384, 128
_MAX_QUESTION, _MAX_HEAD, _MAX_SPAN = 64, 48, 30
_BATCH = 8
_START, _SEPARATOR, _PAD = 0, 2, 1


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


@dataclass(frozen=True)
class _Window:
    passage: int
    ids: list[int]
    first: int  # where the passage's tokens begin in ``ids``
    offsets: list[tuple[int, int]]


class Reader:
    """The loaded reader. Safe to use from several threads, which take turns.

    ``base`` is the default model, or another copy of multilingual-e5-small. Raises
    ModelError where its weights are missing or don't fit.
    """

    def __init__(
        self,
        cache: Path,
        *,
        base: str = DEFAULT_MODEL,
        data_type: str = "float32",
        device: str = "cpu",
    ) -> None:
        import torch
        from transformers import AutoTokenizer

        location = resolve(base, cache)
        self._torch = torch
        self._device = device
        self._model, self._head = _merge(location, _ADAPTER, data_type, device)
        self._tokenizer = AutoTokenizer.from_pretrained(location).backend_tokenizer
        self._turn = threading.Lock()

    def read(self, question: str, passages: Sequence[Readable]) -> list[Reading]:
        """One reading a passage, in the order given. A blank passage reads as irrelevant."""
        windows = self._windows(question, passages)
        best: list[Reading | None] = [None] * len(passages)
        for window, (relevance, span) in zip(windows, self._scores(windows), strict=True):
            known = best[window.passage]
            if known is None or relevance > known.relevance:
                text = passages[window.passage].text
                best[window.passage] = Reading(relevance, tidy(text, span))
        nothing = Reading(float("-inf"), Span(0, 0))
        return [reading or nothing for reading in best]

    def _windows(self, question: str, passages: Sequence[Readable]) -> list[_Window]:
        asked = self._encode([question])[0].ids[:_MAX_QUESTION]
        heads = self._encode([p.head for p in passages])
        texts = self._encode([p.text for p in passages])
        windows = []
        for i, (head, text) in enumerate(zip(heads, texts, strict=True)):
            before = [_START, *asked, _SEPARATOR, _SEPARATOR, *head.ids[:_MAX_HEAD]]
            room = _MAX_TOKENS - len(before) - 1
            for at in range(0, max(1, len(text.ids) - _STRIDE), room - _STRIDE):
                ids = text.ids[at : at + room]
                if ids:
                    offsets = text.offsets[at : at + room]
                    windows.append(_Window(i, [*before, *ids, _SEPARATOR], len(before), offsets))
        return windows

    def _encode(self, texts: list[str]) -> list[Encoding]:
        found: list[Encoding] = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return found

    def _scores(self, windows: Sequence[_Window]) -> list[tuple[float, Span]]:
        # Alike lengths together: padding is work for nothing.
        order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
        scores: list[tuple[float, Span]] = [(float("-inf"), Span(0, 0))] * len(windows)
        for at in range(0, len(order), _BATCH):
            part = order[at : at + _BATCH]
            for i, logits in zip(part, self._forward([windows[i] for i in part]), strict=True):
                scores[i] = _best_span(windows[i], logits)
        return scores

    def _forward(self, windows: Sequence[_Window]) -> npt.NDArray[np.float32]:
        """Start and end logits, of shape ``(windows, longest, 2)``."""
        torch = self._torch
        longest = max(len(w.ids) for w in windows)
        ids = torch.tensor([w.ids + [_PAD] * (longest - len(w.ids)) for w in windows])
        ids = ids.to(self._device)
        with self._turn, torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=(ids != _PAD).long())
            logits = self._head(states.last_hidden_state.float())
        result: npt.NDArray[np.float32] = logits.cpu().numpy()
        return result


def _best_span(window: _Window, logits: npt.NDArray[np.float32]) -> tuple[float, Span]:
    null = float(logits[0].sum())
    inside = slice(window.first, window.first + len(window.offsets))
    starts, ends = logits[inside, 0], logits[inside, 1]
    # All pairs with start <= end < start + 30, as a band of the score matrix.
    scores = starts[:, None] + ends[None, :]
    allowed = np.triu(np.ones_like(scores, dtype=bool)) & ~np.triu(
        np.ones_like(scores, dtype=bool), _MAX_SPAN
    )
    scores = np.where(allowed, scores, -np.inf)
    start, end = np.unravel_index(int(scores.argmax()), scores.shape)
    span = Span(window.offsets[start][0], window.offsets[end][1])
    return float(scores[start, end]) - null, span


def _merge(base: str, adapter: Path, data_type: str, device: str) -> tuple[Any, torch.nn.Linear]:
    import torch
    from safetensors import safe_open
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    try:
        model = AutoModel.from_pretrained(base, dtype=torch.float32)
        with safe_open(adapter, "pt") as tensors:
            scale = float(tensors.metadata()["scale"])
            names = {key.rpartition(".")[0] for key in tensors.keys() if ".lora_" in key}  # noqa: SIM118
            with torch.no_grad():
                for name in sorted(names):
                    low = tensors.get_tensor(f"{name}.lora_A").float()
                    high = tensors.get_tensor(f"{name}.lora_B").float()
                    model.get_submodule(name).weight += scale * (high @ low)
            weight = tensors.get_tensor("head.weight").float()
            head = torch.nn.Linear(weight.shape[1], weight.shape[0])
            head.load_state_dict(
                {"weight": weight, "bias": tensors.get_tensor("head.bias").float()}
            )
    except (OSError, KeyError, AttributeError, RuntimeError) as error:
        raise ModelError(
            f"the reader's adapter {adapter} is damaged: {error}; reinstall"
        ) from error
    model.pooler = None
    return model.to(device, getattr(torch, data_type)).eval(), head.to(device).eval()
