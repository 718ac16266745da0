"""Signatures: the same for the same words everywhere, and near to the truth."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from indexer.article import Article, Span
from indexer.shingles import shingles
from indexer.signature import SCHEME, Signature, read_signature, resembling, sign
from tests.copies import credited, cut, edited, other_headline, report_on_the_same, story

_TEXT = " ".join(f"Wort{i}" for i in range(40))
_FIRST_SLOTS = [59709, 3722, 32409, 61967, 54537, 11764, 63353, 46678]


def _signed(text: str) -> Signature:
    found = read_signature(sign(Article("x", text)))
    assert found is not None
    return found


def test_a_signature_never_changes() -> None:
    """Written down: signatures in indexes must stay comparable, whatever the library's release.

    Where this fails, ``SCHEME`` needs another name.
    """
    signature = sign(Article("x", _TEXT))
    assert signature is not None
    assert signature.startswith("words3-affine32-256x16:38:")
    assert _signed(_TEXT).slots[:8].tolist() == _FIRST_SLOTS


def test_another_process_signs_alike() -> None:
    code = (
        "from indexer.article import Article; from indexer.signature import sign;"
        f"print(sign(Article('y', {_TEXT!r})))"
    )
    env = os.environ | {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == sign(Article("x", _TEXT))


def test_only_the_prose_counts() -> None:
    head = " date 2025-04-02 A headline of its own\n\n"
    article = Article(
        "a.txt", head + _TEXT, title="A headline", body_start=len(head), title_span=Span(17, 30)
    )
    assert sign(article) == sign(Article("b", _TEXT))


def test_too_short_a_text_has_none() -> None:
    assert sign(Article("x", "Die Brücke ist seit Montag gesperrt.")) is None


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "x",
        f"{SCHEME}:12",
        f"{SCHEME}:12:AAAA",
        f"{SCHEME}:zwölf:{'A' * 684}",
        f"{SCHEME}:12:ÄÖ",
        "words4-affine64-256x16:12:AAAA",
    ],
)
def test_what_can_not_be_compared_reads_as_none(stored: str | None) -> None:
    assert read_signature(stored) is None


def test_estimates_are_near_the_truth(seeds: Path) -> None:
    text = story(seeds)
    texts = [text, *(edit(text) for edit in (cut, edited, credited, other_headline))]
    found = {(p.first, p.second): p for p in resembling([_signed(t) for t in texts], 0.1)}
    for i, j in combinations(range(len(texts)), 2):
        one, other = shingles(texts[i]), shingles(texts[j])
        shared = len(one & other)
        pair = found[i, j]
        assert pair.jaccard == pytest.approx(shared / len(one | other), abs=0.1)
        assert pair.contained == pytest.approx(shared / min(len(one), len(other)), abs=0.12)


def test_only_pairs_that_are_alike_enough_are_given(seeds: Path) -> None:
    text = story(seeds)
    signed = [_signed(t) for t in (report_on_the_same(seeds), text, _TEXT, text)]
    assert [(p.first, p.second, p.jaccard) for p in resembling(signed, 0.2)] == [(1, 3, 1.0)]
    assert resembling(signed[:1], 0.2) == resembling([], 0.2) == []
