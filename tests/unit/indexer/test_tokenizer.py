"""The tokenizer of few pieces, held to the one that has them all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.embedding import Embedder
from indexer.models import default_tokenizer
from indexer.tokenizer import DefaultTokenizer, Tokenizer
from tests.unit.indexer.hard_texts import ANY_TEXT, MADE_UP

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def folder(cache: Path) -> Path:
    """The tokenizer's files."""
    default_tokenizer(cache)
    (pieces,) = (cache / "models").glob("multilingual-e5-small-tokenizer-2/pieces.npy")
    return pieces.parent


@pytest.fixture(scope="module")
def whole(folder: Path) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def parted(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files but for the whole table, so that nothing can be cut with it."""
    copy = tmp_path_factory.mktemp("tokenizer") / "part"
    shutil.copytree(folder, copy)
    (copy / "tokenizer.json").unlink()
    return copy


def differing(part: Tokenizer, whole: tokenizers.Tokenizer, texts: list[str]) -> list[str]:
    """The texts that the two cut otherwise, or place elsewhere."""
    found = []
    for ends in (False, True):
        mine = part.encode_batch(texts, add_special_tokens=ends)
        theirs = whole.encode_batch(texts, add_special_tokens=ends)
        found += [
            text
            for text, a, b in zip(texts, mine, theirs, strict=True)
            if (a.ids, a.offsets) != (b.ids, b.offsets)
        ]
    return found


@pytest.mark.parametrize("text", MADE_UP, ids=lambda text: ascii(text[:12]))
def test_a_text_alone_is_cut_as_with_all_pieces(
    parted: Path, whole: tokenizers.Tokenizer, text: str
) -> None:
    assert differing(DefaultTokenizer(parted), whole, [text]) == []


def test_texts_beside_each_other_are_cut_as_with_all_pieces(
    parted: Path, whole: tokenizers.Tokenizer, seeds: Path
) -> None:
    texts = [path.read_text("utf-8")[:2000] for path in sorted(seeds.glob("*.txt"))]
    assert len(texts) > 10
    assert differing(DefaultTokenizer(parted, budget_s=60), whole, [*texts, *MADE_UP]) == []


def test_every_character_of_the_basic_plane_is_cut_as_with_all_pieces(
    parted: Path, whole: tokenizers.Tokenizer
) -> None:
    texts = [f"x{chr(point)}y" for point in range(0x10000) if not 0xD800 <= point < 0xE000]
    assert differing(DefaultTokenizer(parted, budget_s=60), whole, texts) == []


def test_any_texts_are_cut_as_with_all_pieces(parted: Path, whole: tokenizers.Tokenizer) -> None:
    part = DefaultTokenizer(parted, budget_s=60)
    text = st.lists(ANY_TEXT | st.sampled_from(MADE_UP[:-3]), max_size=4).map("".join)

    @settings(max_examples=300, deadline=None)
    @given(texts=st.lists(text, max_size=3))
    def holds(texts: list[str]) -> None:
        assert differing(part, whole, texts) == []

    holds()


def test_it_is_ready_long_before_the_whole_table_would_be(folder: Path, parted: Path) -> None:
    def seconds(work: Callable[[], object]) -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    part, all_ = DefaultTokenizer(parted), DefaultTokenizer(folder)
    few = seconds(lambda: part.encode_batch(["query: Wer wurde gewählt?"]))
    assert few < seconds(all_.load) / 5


def test_who_cuts_much_is_given_the_whole_table(folder: Path, whole: tokenizers.Tokenizer) -> None:
    tokenizer = DefaultTokenizer(folder, budget_s=0.05)
    texts = [" ".join(str(number) for number in range(start, start + 3000)) for start in range(99)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: tokenizer.encode_batch([text])[0].ids, texts))
    assert tokenizer.is_whole
    assert found == [encoded.ids for encoded in whole.encode_batch(texts)]


def test_warmed_up_it_has_the_whole_table(cache: Path) -> None:
    Embedder("multilingual-e5-small", cache, backend="onnx").warm()
    assert default_tokenizer(cache).is_whole
