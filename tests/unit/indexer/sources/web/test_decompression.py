"""Content encodings, undone within a limit."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.sources.web.decompression import EncodingError, decoded


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare-deflate": ("deflate", bare),
    "br": ("br", lambda data: brotli.compress(data, quality=5)),
    "zstd": ("zstd", zstandard.compress),
}


def parts(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize(("encoding", "pack"), PACKERS.values(), ids=PACKERS)
@settings(deadline=None)
@given(data=st.binary(max_size=3000), size=st.integers(1, 700))
def test_what_was_packed_is_unpacked(
    encoding: str, pack: Callable[[bytes], bytes], data: bytes, size: int
) -> None:
    assert b"".join(decoded(parts(pack(data), size), encoding)) == data


@pytest.mark.parametrize(("encoding", "pack"), PACKERS.values(), ids=PACKERS)
def test_a_large_text_comes_in_blocks(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    data = b"".join(b"%d Zeile\n" % n for n in range(200_000))
    blocks = list(decoded(parts(pack(data), 65536), encoding))
    assert b"".join(blocks) == data
    assert max(map(len, blocks)) <= 512 * 1024


@pytest.mark.parametrize(("encoding", "pack"), PACKERS.values(), ids=PACKERS)
def test_a_bomb_is_unpacked_no_further_than_it_is_read(
    encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    bomb = pack(bytes(30_000_000))
    assert len(bomb) < 100_000
    taken = list(itertools.islice(decoded([bomb], encoding), 4))
    assert sum(map(len, taken)) <= 2_000_000


def test_several_encodings_are_undone_from_the_last() -> None:
    packed = brotli.compress(gzip.compress(b"Die Br\xc3\xbccke"))
    assert b"".join(decoded([packed], "gzip, br")) == b"Die Br\xc3\xbccke"
    assert b"".join(decoded([b"x"], "identity")) == b"x"
    assert b"".join(decoded([b"x"], "")) == b"x"


def test_several_members_and_padding() -> None:
    packed = gzip.compress(b"eins ") + gzip.compress(b"zwei") + bytes(512)
    assert b"".join(decoded([packed], "gzip")) == b"eins zwei"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_what_is_not_so_encoded_is_an_error(encoding: str) -> None:
    with pytest.raises(EncodingError):
        list(decoded([b"<html>not packed at all</html>" * 9], encoding))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_what_is_cut_off_is_an_error(encoding: str) -> None:
    packed = PACKERS[encoding][1](b"Die Bruecke bleibt gesperrt. " * 99)
    with pytest.raises(EncodingError, match="cut off"):
        list(decoded([packed[:-12]], encoding))


def test_an_unknown_encoding_is_an_error() -> None:
    with pytest.raises(EncodingError, match="'compress'"):
        list(decoded([b"x"], "compress"))
