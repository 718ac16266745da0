"""Sparse BM25 vectors, weighed in the language of the passage.

Each language has its own stemmer and stop words; the inverse document frequency
is left to the store, which works it out over the passages of that language
(``store.py``). A question is weighed once for every language of the archive,
since a German stem only ever meets German stems.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import qdrant_edge

# ISO 639-1 code → the name under which Qdrant keeps a Snowball stemmer and stop words.
_STEMMED = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_WITHOUT_SPACES = {"ja", "km", "lo", "my", "th", "zh"}

# BM25 as Robertson and Zaragoza give it (2009); the average length is in words
# of a passage of the default size, stop words taken out.
_K, _B, _AVERAGE_LENGTH = 1.2, 0.75, 96.0

#: What the vectors depend on, for the recipe of an index.
SETTINGS = {"method": "bm25", "k": _K, "b": _B, "average_length": _AVERAGE_LENGTH, "version": 1}


class SparseVector(NamedTuple):
    """Term ids and their weights, of equal length; ids are in no order."""

    indices: list[int]
    values: list[float]


def weigh_passage(text: str, language: str | None) -> SparseVector:
    """Term-frequency weights of a passage (saturated, length-normalised)."""
    vector = _model(language).embed_document(unicodedata.normalize("NFC", text))
    return SparseVector(vector.indices, vector.values)


def weigh_question(text: str, language: str | None) -> SparseVector:
    """Weight 1 for each distinct term of a question, stemmed as passages of ``language`` are."""
    vector = _model(language).embed_query(unicodedata.normalize("NFC", text))
    return SparseVector(vector.indices, vector.values)


@lru_cache(maxsize=64)
def _model(language: str | None) -> qdrant_edge.Bm25:
    name = _STEMMED.get(language or "")
    if name is not None:
        config = qdrant_edge.Bm25Config(k=_K, b=_B, avg_len=_AVERAGE_LENGTH, language=name)
        return qdrant_edge.Bm25(config)
    # Without a stemmer of its own a language gets none: English is Qdrant's
    # default, and would drop the word "die" from an Afrikaans question.
    config = qdrant_edge.Bm25Config(
        k=_K,
        b=_B,
        avg_len=_AVERAGE_LENGTH,
        tokenizer=_tokenizer(language),
        stemmer=qdrant_edge.DisabledStemmer(),
        stopwords=qdrant_edge.StopwordsSet(languages=set(), custom=set()),
    )
    return qdrant_edge.Bm25(config)


def _tokenizer(language: str | None) -> qdrant_edge.TokenizerType:
    by_script = qdrant_edge.TokenizerType.Multilingual
    return by_script if language in _WITHOUT_SPACES else qdrant_edge.TokenizerType.Word
