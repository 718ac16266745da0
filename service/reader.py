"""Question and passages → for each passage how relevant it is, and its answer span.

One forward pass a passage does both (extractive reading as in BERT for SQuAD 2.0,
Devlin et al. 2019): the best span's score less that of "no answer" tells how well
the passage answers. The reader is the default embedding model's transformer with
an adapter merged into it (``adapter.py``); which embedding model an index uses makes
no difference here. The pass itself is in ``reader_graph.py`` and ``reader_torch.py``,
turning scores into an answer is left to ``answering.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.article import Span
from indexer.encoders import choose_backend
from indexer.models import DEFAULT_MODEL, default_tokenizer
from indexer.settings import Backend, DataType
from service.spans import tidy

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

ADAPTER = Path(__file__).parent / "data" / "reader" / "adapter.safetensors"
_MAX_TOKENS, _STRIDE = 384, 128
_MAX_QUESTION, _MAX_HEAD, _MAX_SPAN = 64, 48, 30
_START, _SEPARATOR = 0, 2
# The second passage is so often the one that answers that it is never left out.
_LEAST_AT_ONCE = 2

#: Token ids of each text → start and end logits of its tokens, of shape ``(tokens, 2)``.
Forward = Callable[[Sequence[Sequence[int]]], list[npt.NDArray[np.float32]]]


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
    """The loaded reader. Safe to use from several threads.

    ``base`` is the default model, or another copy of multilingual-e5-small. Raises
    ModelError where its weights are missing or don't fit, and SettingsError where it can't
    be loaded as asked.
    """

    def __init__(
        self,
        cache: Path,
        *,
        base: str = DEFAULT_MODEL,
        data_type: DataType = "auto",
        device: str | None = None,
        backend: Backend = "auto",
        threads: int = 0,
    ) -> None:
        self._forward: Forward
        self._tokenizer: Tokenizer
        #: How many passages cost little more than one.
        self.at_once: int
        if choose_backend(base, data_type, device, backend) == "onnx":
            from service.reader_graph import GraphForward

            self._forward = forward = GraphForward(ADAPTER, cache, data_type, threads=threads)
            self.at_once = max(forward.at_once, _LEAST_AT_ONCE)
            self._tokenizer = default_tokenizer(cache)
        else:
            from service.reader_torch import BATCH, TorchForward, base_tokenizer

            self._forward = TorchForward(
                base, ADAPTER, cache, data_type=data_type, device=device, threads=threads
            )
            self.at_once = BATCH
            self._tokenizer = base_tokenizer(base, cache)

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
        logits = self._forward([window.ids for window in windows])
        return [_best_span(window, each) for window, each in zip(windows, logits, strict=True)]


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
