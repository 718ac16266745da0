"""The reader on PyTorch: any copy of multilingual-e5-small with the adapter merged into it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.torch import choose_data_type, has_cuda, set_threads
from indexer.errors import ModelError
from indexer.models import resolve
from service.adapter import load_adapter

BATCH = 8
"""How many texts share a forward pass."""

_PAD = 1


class TorchForward:
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
        for at in range(0, len(order), BATCH):
            part = order[at : at + BATCH]
            logits = self._batch([texts[i] for i in part])
            found |= {i: logits[place, : len(texts[i])] for place, i in enumerate(part)}
        return [found[i] for i in range(len(texts))]

    def _batch(self, texts: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        torch = self._torch
        longest = max(map(len, texts))
        ids = torch.tensor([[*ids, *[_PAD] * (longest - len(ids))] for ids in texts])
        ids = ids.to(self._device)
        with self._turn, torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=(ids != _PAD).long())
            logits = self._head(states.last_hidden_state.float())
        result: npt.NDArray[np.float32] = logits.cpu().numpy()
        return result


def base_tokenizer(base: str, cache: Path) -> Any:
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
