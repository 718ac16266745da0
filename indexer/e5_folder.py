"""The default model's weight file → a folder that sentence-transformers loads.

Writes the weights as float16 safetensors, the tokenizer, and the configuration
of a mean-pooled, normalised BERT. Where the folder lies and whether it is intact
is for ``models.py``.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from indexer.e5_file import E5File, Pieces

_TILDE, _NOT_A_CHARACTER = "\uff5e", "\ufdd0"
_MODULES = ("Transformer", "Pooling", "Normalize")


def write_folder(file: E5File, folder: Path) -> None:
    """Write the model into an empty folder."""
    _write_weights(file, folder / "model.safetensors")
    make_tokenizer(file.pieces).save(str(folder / "tokenizer.json"))
    for name, content in _configuration(file).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def encoder_tensors(file: E5File) -> dict[str, npt.NDArray[np.float32]]:
    """Every tensor but the word embeddings, by the name that BERT's have in transformers."""
    hidden, feed_forward = file.dimensions.hidden, file.dimensions.feed_forward
    tensors = {
        "embeddings.position_embeddings.weight": file.tensor("emb.pos", hidden),
        "embeddings.token_type_embeddings.weight": file.tensor("emb.type", hidden),
        "embeddings.LayerNorm.weight": file.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": file.tensor("emb.ln.b"),
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
    return tensors


def _write_weights(file: E5File, target: Path) -> None:
    hidden = file.dimensions.hidden
    tensors = encoder_tensors(file) | {
        "embeddings.word_embeddings.weight": file.tensor("emb.word", hidden),
        # Unused with mean pooling; without them every loader warns that they are missing.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    # float16 loses nothing that four bits had: scales are float16 already.
    halves = {name: tensor.astype("float16") for name, tensor in tensors.items()}
    save_file(halves, target, metadata={"format": "pt"})


def make_tokenizer(pieces: Pieces) -> Tokenizer:
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
