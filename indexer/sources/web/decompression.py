"""Content encodings, undone a little at a time and within a limit.

A few kilobytes can unpack to gigabytes, so no step makes more than one block, and
whoever reads stops as soon as there is too much. Where the limit lies is the
reader's to say.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final, cast

#: What a server may send; also the value of Accept-Encoding.
ACCEPTED: Final = "gzip, deflate, br, zstd"

_BLOCK: Final = 256 * 1024
_GZIP_MARK: Final = b"\x1f\x8b"


class EncodingError(ValueError):
    """The content is not what its encoding says."""


def decoded(chunks: Iterable[bytes], encodings: str) -> Iterator[bytes]:
    """The content without its encodings (a Content-Encoding header), in blocks.

    Raises EncodingError for an encoding that is not known, and for damaged content.
    """
    for name in reversed([part.strip().lower() for part in encodings.split(",")]):
        if name in ("", "identity"):
            continue
        if name not in _DECODERS:
            raise EncodingError(f"it is encoded as {name[:40]!r}, which is not known here")
        chunks = _DECODERS[name](chunks)
    yield from chunks


def is_gzip(body: bytes) -> bool:
    """Whether a file is a gzip file, whatever it is called."""
    return body.startswith(_GZIP_MARK)


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return _inflated(chunks, lambda _: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16))


def _deflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # RFC 9110 means the zlib format; some servers send the bare stream.
    def start(head: bytes) -> zlib._Decompress:
        wrapped = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
        return zlib.decompressobj(wbits=zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)

    return _inflated(chunks, start)


def _inflated(
    chunks: Iterable[bytes], start: Callable[[bytes], zlib._Decompress]
) -> Iterator[bytes]:
    decoder: zlib._Decompress | None = None
    rest = b""
    try:
        for chunk in chunks:
            rest += chunk
            if decoder is None and len(rest) < 2:
                continue
            full = False
            while rest or full:
                if decoder is None or decoder.eof:  # a gzip file may have several members
                    if decoder is not None and not is_gzip(rest):
                        return  # padding at the end
                    decoder = start(rest)
                block = decoder.decompress(rest, _BLOCK)
                yield block
                # A full block may have left more to come of what was taken in already.
                full = len(block) == _BLOCK and not decoder.eof
                rest = decoder.unconsumed_tail or decoder.unused_data
        if rest or (decoder is not None and not decoder.eof):
            raise EncodingError("it is cut off before its end")
    except zlib.error as error:
        raise EncodingError(f"it is damaged: {error}") from error


def _brotli(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import brotli

    decoder = brotli.Decompressor()
    try:
        for chunk in chunks:
            given = chunk
            while True:
                made = decoder.process(given, output_buffer_limit=_BLOCK)
                given = b""
                yield made
                if decoder.is_finished() or (decoder.can_accept_more_data() and not made):
                    break
            if decoder.is_finished():
                return
    except brotli.error as error:
        raise EncodingError(f"it is damaged: {error}") from error
    raise EncodingError("it is cut off before its end")


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import zstandard

    # A window of 8 MiB is what RFC 9659 lets a server use.
    reader = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).stream_reader(
        cast(IO[bytes], _Chunks(chunks)), read_across_frames=True, closefd=False
    )
    try:
        while block := reader.read(_BLOCK):
            yield block
    except zstandard.ZstdError as error:
        raise EncodingError(f"it is damaged: {error}") from error


class _Chunks(io.RawIOBase):
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks = iter(chunks)

    def read(self, _: int = -1) -> bytes:
        """The next chunk, whatever its length; empty at the end."""
        return next((chunk for chunk in self._chunks if chunk), b"")


_DECODERS: Final[dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
