"""The model that is trained: multilingual-e5-small with low-rank differences, and a head.

LoRA (Hu et al. 2021) as a parametrization: ``W + scale * B @ A`` is the weight, and only
A and B are learnt. Begins with an adapter that there is, or with none.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import parametrize
from transformers import BertModel

from training.errors import TrainingError

_SCALE = 2.0
_LAYERS = ("query", "key", "value", "dense")


class LowRank(nn.Module):
    """A weight of shape ``(out, in)`` → the same plus ``2 * B @ A``; starts as it is."""

    def __init__(self, outputs: int, inputs: int, rank: int) -> None:
        super().__init__()
        self.lora_A = nn.Parameter(torch.randn(rank, inputs) / math.sqrt(inputs))
        self.lora_B = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight with its difference."""
        return weight + _SCALE * (self.lora_B @ self.lora_A)


class TrainedReader(nn.Module):
    """Token ids → start and end logits."""

    def __init__(self, base: Path, *, rank: int = 64) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(
            str(base),
            dtype=torch.float32,
            # So few steps don't overfit, and noise would slow them down.
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.encoder.pooler = None
        self.encoder.requires_grad_(False)
        self.head = nn.Linear(self.encoder.config.hidden_size, 2)
        self.differences: dict[str, LowRank] = {}
        for name, layer in self.encoder.named_modules():
            if isinstance(layer, nn.Linear) and name.rpartition(".")[2] in _LAYERS:
                difference = LowRank(layer.out_features, layer.in_features, rank)
                parametrize.register_parametrization(layer, "weight", difference)
                self.differences[name] = difference

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """``(texts, tokens)`` → ``(texts, tokens, 2)`` in float32."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        logits: Tensor = self.head(states.float())
        return logits

    def freeze(self, first_layer: int) -> None:
        """Leave the layers below this one as they are."""
        for name, difference in self.differences.items():
            if int(name.split(".")[2]) < first_layer:
                difference.requires_grad_(False)

    def learnt(self) -> dict[str, nn.Parameter]:
        """All that training may change, by the names it has in an adapter's file."""
        return {
            **{f"{n}.lora_A": d.lora_A for n, d in self.differences.items()},
            **{f"{n}.lora_B": d.lora_B for n, d in self.differences.items()},
            **{f"head.{n}": parameter for n, parameter in self.head.named_parameters()},
        }

    def load(self, adapter: Path) -> None:
        """Go on from an adapter. Raises TrainingError where it can't be read or does not fit."""
        try:
            with safe_open(adapter, "pt") as file:
                tensors = {n: file.get_tensor(n).float() for n in file.keys()}  # noqa: SIM118
                scale = float((file.metadata() or {}).get("scale", math.nan))
        except (OSError, SafetensorError) as error:
            raise TrainingError(f"{adapter} can't be read as an adapter: {error}") from error
        mine = self.learnt()
        if scale != _SCALE or {n: t.shape for n, t in tensors.items()} != {
            n: p.shape for n, p in mine.items()
        }:
            raise TrainingError(f"{adapter} has other layers, ranks or a scale other than {_SCALE}")
        with torch.no_grad():
            for name, tensor in tensors.items():
                mine[name].copy_(tensor)


def save_adapter(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Write an adapter's file in float16, with what it was made of in its header."""
    halves = {name: tensor.detach().half().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(halves, path, metadata={"scale": str(_SCALE), **about})
