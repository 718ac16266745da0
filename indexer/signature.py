"""Signatures: what is kept of an article's shingles to tell its copies later.

A MinHash of 256 slots: the share of slots in which two articles agree estimates the
Jaccard index of their shingles (Broder et al. 1998), and with the numbers of shingles,
kept beside it, how much of the shorter one stands in the other. Of each slot 16 bits are
kept, which is enough to tell whether two agree (Li and König 2010). A signature depends on
the article's text alone, so whoever indexes it, whenever and wherever, gets the same.
What counts as a copy is decided where questions are answered.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from indexer.article import Article
from indexer.shingles import shingles

if TYPE_CHECKING:
    from datasketch import MinHash

#: Names how signatures are made; those of another scheme can't be compared.
SCHEME: Final = "words3-affine32-256x16"

_SLOTS: Final = 256
_SLOT: Final = np.dtype("<u2")
#: Below it a text has too few shingles for their share to mean anything: a caption, a headline.
_FEWEST: Final = 16


@dataclass(frozen=True)
class Signature:
    """How many distinct shingles an article has, and the MinHash of them, of shape ``(256,)``."""

    shingles: int
    slots: npt.NDArray[np.uint16]


class Resemblance(NamedTuple):
    """Two of a list of signatures, by their places: how much alike their articles are.

    ``contained`` is how much of the shorter one stands in the other; both are shares of
    shingles, estimated, 0 to 1.
    """

    first: int
    second: int
    jaccard: float
    contained: float


def sign(article: Article) -> str | None:
    """The signature of an article's prose as it is stored; None where that is too short.

    The headline has no part in it: every paper writes its own.
    """
    found = shingles(article.text[article.body_start :])
    if len(found) < _FEWEST:
        return None
    minhash = _empty().copy()
    minhash.update_batch([shingle.encode() for shingle in found])
    slots = base64.b64encode(minhash.digest().astype(_SLOT).tobytes()).decode()
    return f"{SCHEME}:{len(found)}:{slots}"


def read_signature(stored: str | None) -> Signature | None:
    """What ``sign`` wrote; None where there is nothing that can be compared."""
    scheme, _, rest = (stored or "").partition(":")
    count, _, slots = rest.partition(":")
    if scheme != SCHEME:
        return None
    try:
        found = np.frombuffer(base64.b64decode(slots, validate=True), dtype=_SLOT)
        return Signature(int(count), found) if len(found) == _SLOTS else None
    except (ValueError, binascii.Error):
        return None


def resembling(signatures: Sequence[Signature], least: float) -> list[Resemblance]:
    """The pairs whose estimated Jaccard index is ``least`` (more than 0) or more."""
    if len(signatures) < 2:
        return []
    slots = np.array([signature.slots for signature in signatures])
    involved = np.flatnonzero(_shared(slots) >= least * _SLOTS)
    found = []
    for place, i in enumerate(involved[:-1]):
        others = involved[place + 1 :]
        agreeing = (slots[others] == slots[i]).mean(axis=1)
        for j, jaccard in zip(others.tolist(), agreeing.tolist(), strict=True):
            if jaccard >= least:
                contained = _contained(signatures[i].shingles, signatures[j].shingles, jaccard)
                found.append(Resemblance(int(i), j, jaccard, contained))
    return found


def _shared(slots: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """In how many of its slots each signature agrees with any other: most agree with none."""
    # Sorted with the place of its signature behind it, a value stands beside its equals.
    places = np.arange(len(slots), dtype=np.uint32)
    keys = np.sort((slots.T.astype(np.uint32) << 16) | places, axis=1)
    equal = keys[:, 1:] >> 16 == keys[:, :-1] >> 16
    shared = np.zeros(keys.shape, dtype=bool)
    shared[:, 1:] = equal
    shared[:, :-1] |= equal
    return np.bincount(keys[shared] & 0xFFFF, minlength=len(slots))


def _contained(first: int, second: int, jaccard: float) -> float:
    # |A ∩ B| follows from J = |A ∩ B| / |A ∪ B| and the sizes of A and B.
    return min(1.0, jaccard / (1 + jaccard) * (first + second) / min(first, second))


@cache
def _empty() -> MinHash:
    # Imports SciPy: not for a command that only asks.
    from datasketch import MinHash

    # The scheme is named, and so are seed and hash: the library promises the same slots for them.
    return MinHash(_SLOTS, seed=1, scheme="affine32", hashfunc=zlib.crc32)
