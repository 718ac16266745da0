"""The default model's tokenizer, ready in milliseconds.

Of a quarter of a million pieces a text uses some hundreds, and making the whole table takes
the package tokenizers a second, which is half of what a cold question takes. So few texts are
cut by a tokenizer that has just those pieces that occur in them; the Unigram model chooses
among no others (Kudo 2018), hence with the same result. The whole table is made once the
small ones have cost as much.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    import tokenizers

_WHOLE, _FRAME = "tokenizer.json", "frame.json"
_PIECES, _RANKS = "pieces.npy", "ranks.npy"
_CODE_POINT = 4  # bytes, in NumPy's strings
_RANK = np.dtype([("id", "<i4"), ("score", "<f8")])
#: What the whole table takes, more or less.
_WHOLE_COSTS_S = 1.0


class Tokenized(Protocol):
    """A text's tokens: their ids, and where each begins and ends in code points."""

    @property
    def ids(self) -> list[int]:
        """Ids in the model's vocabulary."""

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """A pair a token; ``(0, 0)`` for one that stands for no text."""


class Tokenizer(Protocol):
    """What cuts texts into tokens; those of the package tokenizers do, too."""

    def encode_batch(
        self,
        input: Sequence[str],  # noqa: A002  the name that the package has
        add_special_tokens: bool = True,
    ) -> Sequence[Tokenized]:
        """One ``Tokenized`` a text, with the tokens that mark both ends or without."""


class _Tokens(NamedTuple):
    ids: list[int]
    offsets: list[tuple[int, int]]


class DefaultTokenizer:
    """A ``Tokenizer`` of a folder that ``write_vocabulary`` filled. Neither truncates nor pads.

    Safe to use from several threads. ``budget_s`` is how long it cuts with few pieces before
    it makes the whole table: as long as that takes, so that it costs twice the least at worst.
    """

    def __init__(self, folder: Path, *, budget_s: float = _WHOLE_COSTS_S) -> None:
        self._folder = folder
        self._budget_s = budget_s
        self._turn = threading.Lock()
        self._part: _Vocabulary | None = None
        self._whole: tokenizers.Tokenizer | None = None
        self._spent_s = 0.0

    def encode_batch(
        self,
        input: Sequence[str],  # noqa: A002  the name that the package has
        add_special_tokens: bool = True,
    ) -> Sequence[Tokenized]:
        """One ``Tokenized`` a text, with the tokens that mark both ends or without."""
        texts = list(input)  # which is all that the package takes
        if self._whole is None and self._spent_s < self._budget_s:
            return self._encode_by_part(texts, add_special_tokens)
        found: Sequence[Tokenized] = self.load().encode_batch(
            texts, add_special_tokens=add_special_tokens
        )
        return found

    @property
    def is_whole(self) -> bool:
        """Whether the whole table is made."""
        return self._whole is not None

    def load(self) -> tokenizers.Tokenizer:
        """Make the whole table now, for who is going to cut much; it takes 100 MB."""
        with self._turn:
            if self._whole is None:
                import tokenizers

                self._whole = tokenizers.Tokenizer.from_file(str(self._folder / _WHOLE))
                self._part = None
            return self._whole

    def _encode_by_part(self, texts: list[str], ends: bool) -> list[Tokenized]:
        started = time.perf_counter()
        with self._turn:
            if self._part is None:
                self._part = _Vocabulary(self._folder)
            part = self._part
        found = part.encode(texts, ends)
        self._spent_s += time.perf_counter() - started
        return found


class _Vocabulary:
    """The pieces, sorted, in a file that is mapped; and the tokenizer that has none of them."""

    def __init__(self, folder: Path) -> None:
        import tokenizers

        frame = (folder / _FRAME).read_text(encoding="utf-8")
        self._frame = tokenizers.Tokenizer.from_str(frame)
        self._unknown: int = json.loads(frame)["model"]["unk_id"]
        self._pieces = np.load(folder / _PIECES, mmap_mode="r")
        self._ranks = np.load(folder / _RANKS, mmap_mode="r")
        self._special = [token["content"] for token in json.loads(frame)["added_tokens"]]
        self._special_texts = re.compile("|".join(map(re.escape, self._special)))
        # What an unknown character costs follows from the worst of all scores.
        worst = int(self._ranks["score"].argmin())
        self._always = {*self._special, str(self._pieces[worst])}

    def encode(self, texts: list[str], ends: bool) -> list[Tokenized]:
        """Cut texts with a tokenizer of the pieces that occur in them."""
        import tokenizers

        known = self._lookup(self._always | self._occurring(texts))
        first = {piece: known.pop(piece) for piece in self._special}
        table = [*first.items(), *known.items()]
        scores = [(piece, score) for piece, (_, score) in table]
        unigram = tokenizers.models.Unigram(scores, self._unknown, byte_fallback=False)
        tokenizer = tokenizers.Tokenizer(unigram)
        tokenizer.normalizer = self._frame.normalizer
        tokenizer.pre_tokenizer = self._frame.pre_tokenizer
        tokenizer.post_processor = self._frame.post_processor
        tokenizer.add_special_tokens(self._special)
        ids = [number for _, (number, _) in table]
        return [
            _Tokens([ids[i] for i in found.ids], found.offsets)
            for found in tokenizer.encode_batch(texts, add_special_tokens=ends)
        ]

    def _occurring(self, texts: Iterable[str]) -> set[str]:
        """Every stretch of every word that is short enough to be a piece."""
        words = {
            word
            for text in texts
            for part in self._special_texts.split(text)
            for word, _ in self._frame.pre_tokenizer.pre_tokenize_str(
                self._frame.normalizer.normalize_str(part)
            )
        }
        longest = self._pieces.dtype.itemsize // _CODE_POINT
        return {
            word[start:end]
            for word in words
            for start in range(len(word))
            for end in range(start + 1, min(start + longest, len(word)) + 1)
        }

    def _lookup(self, wanted: Iterable[str]) -> dict[str, tuple[int, float]]:
        """Id and score of those that are pieces."""
        asked = np.array(list(wanted))
        at = np.searchsorted(self._pieces, asked)
        at = at[self._pieces[np.minimum(at, len(self._pieces) - 1)] == asked]
        ranks = self._ranks[at]
        found = zip(ranks["id"].tolist(), ranks["score"].tolist(), strict=True)
        return dict(zip(self._pieces[at].tolist(), found, strict=True))


def write_vocabulary(tokenizer: tokenizers.Tokenizer, folder: Path) -> None:
    """Fill a folder for ``DefaultTokenizer``: the whole table, and its pieces sorted."""
    tokenizer.save(str(folder / _WHOLE))
    whole = json.loads(tokenizer.to_str())
    vocabulary: list[tuple[str, float]] = whole["model"]["vocab"]
    numbers = sorted(range(len(vocabulary)), key=lambda number: vocabulary[number][0])
    np.save(folder / _PIECES, np.array([vocabulary[number][0] for number in numbers]))
    ranks = np.array([(number, vocabulary[number][1]) for number in numbers], _RANK)
    np.save(folder / _RANKS, ranks)
    special = [token["content"] for token in whole["added_tokens"]]
    scores = dict(vocabulary)
    whole["model"]["unk_id"] = special.index(vocabulary[whole["model"]["unk_id"]][0])
    whole["model"]["vocab"] = [[piece, scores[piece]] for piece in special]
    for number, token in enumerate(whole["added_tokens"]):
        token["id"] = number
    (folder / _FRAME).write_text(json.dumps(whole), encoding="utf-8")
