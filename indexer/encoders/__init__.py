"""What turns texts into vectors: one file a back end, chosen here.

The default model runs on ONNX Runtime, which starts in a tenth of the time that PyTorch
takes; any other model, data type or device goes through sentence-transformers. Prompts,
order and batches are for ``embedding.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from indexer.errors import SettingsError
from indexer.models import DEFAULT_MODEL
from indexer.settings import Backend, DataType

__all__ = ["Encoder", "Kind", "Vectors", "choose_backend", "open_encoder"]

Vectors = npt.NDArray[np.float32]
Kind = Literal["question", "passage"]

_ONNX_DATA_TYPES = ("auto", "float32", "int8")
_NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


class Encoder(Protocol):
    """A loaded model. Safe to use from several threads."""

    device: str
    data_type: str
    max_tokens: int
    dimension: int

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Unit vectors of shape ``(texts, dimension)``, in the order given."""

    def length(self, text: str) -> int:
        """How many tokens a passage of this text has, its prompt included."""


def open_encoder(
    model: str, cache: Path, *, data_type: DataType, device: str | None, backend: Backend,
    threads: int,
) -> Encoder:  # fmt: skip
    """The model, loaded. Raises ModelError where it can't be, SettingsError as below."""
    if choose_backend(model, data_type, device, backend) == "onnx":
        from indexer.encoders.onnx import OnnxEncoder

        return OnnxEncoder(cache, data_type, threads=threads)
    from indexer.encoders.torch import TorchEncoder

    return TorchEncoder(model, cache, data_type, device, threads=threads)


def choose_backend(
    model: str, data_type: DataType, device: str | None, asked: Backend
) -> Literal["onnx", "torch"]:
    """Which back end runs a model. Raises SettingsError where the one asked for can't.

    ONNX Runtime runs the default model on the processor, in float32 or int8.
    """
    obstacle = _obstacle(model, data_type, device)
    if asked == "onnx" and obstacle:
        raise SettingsError(
            f"FUNDSTELLE_BACKEND=onnx can't be used: {obstacle}; leave it out to use PyTorch"
        )
    if asked == "torch" or obstacle:
        if data_type == "int8":
            reason = obstacle or "FUNDSTELLE_BACKEND=torch"
            raise SettingsError(f"FUNDSTELLE_DTYPE=int8 needs ONNX Runtime, but {reason}")
        return "torch"
    if asked == "auto" and device is None and data_type == "auto" and _has_cuda():
        return "torch"
    return "onnx"


def _obstacle(model: str, data_type: DataType, device: str | None) -> str:
    """Why ONNX Runtime can't run it; empty where it can."""
    if model != DEFAULT_MODEL:
        return f"{model} is not the default model"
    if device not in (None, "cpu"):
        return f"FUNDSTELLE_DEVICE is {device}"
    if data_type not in _ONNX_DATA_TYPES:
        return f"FUNDSTELLE_DTYPE is {data_type}"
    return ""


def _has_cuda() -> bool:
    if not _NVIDIA_DRIVER.exists():  # else PyTorch would be imported to hear no
        return False
    from indexer.encoders.torch import has_cuda

    return has_cuda()
