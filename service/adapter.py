"""The reader's adapter: low-rank differences to the model's layers, and a head.

LoRA (Hu et al. 2021): ``W + scale * B @ A`` for every layer that the file names. Which
model it is merged into, and on what that runs, is for others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.built_folder import sha256
from indexer.errors import ModelError

Floats = npt.NDArray[np.float32]

_OWN_SHA256 = "3c3b4d80c5eab4fe3260a46595e141d39d77f7a44b32db522c3fe9938105647e"


@dataclass(frozen=True)
class Adapter:
    """``deltas`` have the names that a BERT's linear weights have in transformers.

    The head is of shape ``(2, hidden)``: how well an answer begins at a token, and ends there.
    """

    deltas: Mapping[str, Floats]
    head_weight: Floats
    head_bias: Floats

    def merged(self, tensors: Mapping[str, Floats]) -> dict[str, Floats]:
        """The tensors with the differences added. Raises ModelError where one has no layer."""
        try:
            return {**tensors, **{n: tensors[n] + delta for n, delta in self.deltas.items()}}
        except (KeyError, ValueError) as error:
            raise ModelError(f"the reader's adapter does not fit the model: {error}") from error


def require_own(path: Path) -> None:
    """Raise ModelError unless the file is the adapter that this release has.

    A wrong bit in it is still a number: the reader would read a little differently, unnoticed.
    """
    if not path.exists() or sha256(path) != _OWN_SHA256:
        raise ModelError(
            f"the reader's adapter {path} is missing or altered; run: "
            "pip install --force-reinstall fundstelle"
        )


def load_adapter(path: Path) -> Adapter:
    """The adapter in a safetensors file. Raises ModelError where it is damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            scale = np.float32(file.metadata()["scale"])
            tensors = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        layers = sorted({name.rpartition(".")[0] for name in tensors if ".lora_" in name})
        deltas = {
            f"{layer}.weight": scale * (tensors[f"{layer}.lora_B"] @ tensors[f"{layer}.lora_A"])
            for layer in layers
        }
        return Adapter(deltas, tensors["head.weight"], tensors["head.bias"])
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"the reader's adapter {path} is missing or damaged: {error}; reinstall it"
        ) from error
