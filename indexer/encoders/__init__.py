"""What turns texts into vectors, and on which back end.

The default model runs on ONNX Runtime (``onnx.py``), which starts in a tenth of the time
that PyTorch takes; any other model, data type or device goes through
sentence-transformers (``embedding.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from indexer.errors import SettingsError
from indexer.models import DEFAULT_MODEL
from indexer.settings import Backend, DataType

__all__ = ["Encoder", "Kind", "Vectors", "choose_backend"]

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
    #: Whether texts of one call take less time than each in a call of its own.
    batches: bool

    def encode(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """Unit vectors of shape ``(texts, dimension)``, in the order given."""

    def length(self, text: str) -> int:
        """How many tokens a passage of this text has, its prompt included."""

    def warm(self) -> None:
        """Get ready for much work, where that takes more than loading the model did."""


def choose_backend(
    model: str,
    data_type: DataType,
    device: str | None,
    asked: Backend,
    has_cuda: Callable[[], bool],
) -> Literal["onnx", "torch"]:
    """Which back end runs a model. Raises SettingsError where the one asked for can't.

    ONNX Runtime runs the default model on the processor, in float32 or int8. ``has_cuda``
    is asked where there is a driver for a GPU.
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
    if (
        asked == "auto"
        and device is None
        and data_type == "auto"
        and _may_have_gpu()
        and has_cuda()
    ):
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


def _may_have_gpu() -> bool:
    return _NVIDIA_DRIVER.exists()  # else PyTorch would be imported to hear no
