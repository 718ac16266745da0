"""How long indexing, searching and asking take, and how much memory.

    python -m benchmarks.speed [--data FOLDER]

Each part runs in a process of its own, one after the other, and stands beside a named
alternative of the same run: plain ``SentenceTransformer.encode_document`` with its
defaults over the same passages, in turns with ours, and the same answering on PyTorch.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.data import parser, peak_mib, question_sets, setting
from benchmarks.served import served
from benchmarks.timing import EmbeddingTime, latency

_PARTS = ("index", "again", "embed", "embed_avx2", "ask", "ask_torch", "cold")
# What PyTorch and its kernels may use, as on a processor from before AVX-512.
_AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
_ASKED = 60
_TURNS = 4
_COLD = 5
_COLD_PROCESSES = {"ask": "ask", "help": "help", "service": "a service is ready"}


def main() -> None:
    """Print the table; with a part's name, run that part and print its figures as JSON."""
    arguments = parser(__doc__)
    arguments.add_argument("--part", choices=_PARTS, help="for the processes of this benchmark")
    arguments.add_argument("--index", type=Path)
    given = arguments.parse_args()
    if given.part:
        print(json.dumps(globals()[f"_{given.part}"](given.data, given.index)))
        return
    print(setting(), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        found = {part: _run(part, given.data, index) for part in _PARTS}
    _print(found)


def _run(part: str, data: Path, index: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.speed", "--data", str(data)]
    done = subprocess.run(
        [*command, "--index", str(index), "--part", part],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | (_AVX2 if part == "embed_avx2" else {}),
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _print(found: dict[str, dict[str, Any]]) -> None:
    index, again, embed, avx2, ask, torch, cold = (found[part] for part in _PARTS)
    print("| what | figure | beside | ratio |")
    print("| --- | --- | --- | --- |")
    print(
        f"| index {index['articles']} articles ({index['passages']} passages) | "
        f"{index['seconds']:.1f} s, {index['passages'] / index['seconds']:.1f} passages/s | "
        f"in the embedder: {index['embedding_s']:.1f} s | "
        f"{index['embedding_s'] / index['seconds']:.2f} |"
    )
    print(f"| peak memory of that | {index['peak_mib']:.0f} MiB | | |")
    print(f"| index again, nothing changed | {again['seconds']:.1f} s | | |")
    print(
        f"| embedding alone, in turns | {embed['ours']:.1f} passages/s | plain encode_document, "
        f"float32: {embed['plain']:.1f} passages/s | {embed['ours'] / embed['plain']:.2f} |"
    )
    print(
        f"| the same in float32, on PyTorch held to AVX2 | {avx2['ours']:.1f} passages/s | "
        f"plain encode_document, held to it too: {avx2['plain']:.1f} passages/s | "
        f"{avx2['ours'] / avx2['plain']:.2f} |"
    )
    for what in ("embed", "search", "ask"):
        mine, theirs = ask[what], torch[what]
        print(
            f"| one {what}, warm: p50 / p95 | {mine['p50']:.0f} / {mine['p95']:.0f} ms | "
            f"on PyTorch, float32: {theirs['p50']:.0f} / {theirs['p95']:.0f} ms | "
            f"{theirs['p50'] / mine['p50']:.2f} |"
        )
    print(
        f"| peak memory, answering | {ask['peak_mib']:.0f} MiB | "
        f"{torch['peak_mib']:.0f} MiB | {torch['peak_mib'] / ask['peak_mib']:.2f} |"
    )
    for what, told in _COLD_PROCESSES.items():
        mine, theirs = cold[what], cold["import"]
        print(
            f"| a cold process: {told} | {mine:.2f} s | importing PyTorch and "
            f"sentence-transformers alone: {theirs:.2f} s | {theirs / mine:.2f} |"
        )


def _index(data: Path, index: Path) -> dict[str, Any]:
    from indexer import sources
    from indexer.models import DEFAULT_MODEL
    from indexer.settings import ArchiveSettings
    from service.engine import Engine

    with Engine(ArchiveSettings(index=index), create=True) as engine:
        embedding = EmbeddingTime(engine.models.embedder(DEFAULT_MODEL))
        started = time.perf_counter()
        for source in sources.resolve([str(question_sets(data)["news"].articles)]):
            report = engine.index(sources.read(source))
        engine.optimize()
        seconds = time.perf_counter() - started
        articles = engine.status()["articles"]
    return {
        "articles": articles,
        "passages": report.passages,
        "seconds": seconds,
        "embedding_s": embedding.seconds,
        "peak_mib": peak_mib(),
    }


_again = _index


def _embed_avx2(data: Path, index: Path) -> dict[str, float]:
    return _embed(data, index, backend="torch", data_type="float32")


def _embed(data: Path, index: Path, **how: Any) -> dict[str, float]:
    """Passages a second over a share of the passages, ours and plain in turns, the best of each."""
    from sentence_transformers import SentenceTransformer

    from indexer.embedding import Embedder, passage_input
    from indexer.models import DEFAULT_MODEL, resolve
    from indexer.settings import ArchiveSettings

    settings = ArchiveSettings(index=index)
    texts = _passages(settings, passage_input)[::9]
    model = SentenceTransformer(resolve(DEFAULT_MODEL, settings.cache), device="cpu").float()
    encode = {
        "plain": model.encode_document,
        "ours": Embedder(DEFAULT_MODEL, settings.cache, **how).embed_passages,
    }
    best = dict.fromkeys(encode, 0.0)
    for _ in range(_TURNS):
        for name, work in encode.items():
            started = time.perf_counter()
            work(texts)
            best[name] = max(best[name], len(texts) / (time.perf_counter() - started))
    return best


def _passages(settings: Any, passage_input: Any) -> list[str]:
    from indexer.passages import PassageSettings, cut
    from service.engine import Engine

    with Engine(settings) as engine, engine.reading() as archive:
        recipe = archive.store.recipe
        cutting = PassageSettings(recipe.passage_tokens, recipe.passage_overlap)
        heads, cursor = archive.store.list_articles(limit=10_000)
        assert cursor is None  # noqa: S101
        stored = archive.store.articles([s.article.id for s in heads])
    articles = [s.article for s in stored.values()]
    return [passage_input(a, p.text) for a in articles for p in cut(a, cutting)]


def _ask_torch(data: Path, index: Path) -> dict[str, Any]:
    return _ask(data, index, backend="torch", data_type="float32")


def _ask(data: Path, index: Path, **settings: Any) -> dict[str, Any]:
    from indexer.settings import ArchiveSettings
    from service.engine import Engine
    from service.evaluation import parse_questions
    from service.question import parse_question

    file = question_sets(data)["news"].questions
    golds = parse_questions(file.read_bytes().splitlines(), str(file))
    questions = [parse_question(gold.question) for gold in golds[:: len(golds) // _ASKED]]
    with Engine(ArchiveSettings(index=index, **settings)) as engine:
        engine.warm()
        with engine.reading() as archive:
            embedder = archive.embedder
        return {
            "embed": latency(lambda q: embedder.embed_questions([q.text]), questions)._asdict(),
            "search": latency(lambda q: engine.search(q, rerank=False), questions)._asdict(),
            "ask": latency(engine.answer, questions)._asdict(),
            "peak_mib": peak_mib(),
        }


def _cold(data: Path, index: Path) -> dict[str, float]:
    """Seconds that a process takes from its start to its end, the best of some."""
    ask = ["-m", "service.cli", "ask", "Wer wurde gewählt?", "--json", "--index", str(index)]
    commands = {
        "ask": ask,
        "help": ["-m", "service.cli", "--help"],
        "import": ["-c", "import torch, sentence_transformers"],
    }
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(_COLD):
        for name, arguments in commands.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
            best[name] = min(best[name], time.perf_counter() - started)
        with served(index, settle=False) as service:
            best["service"] = min(best.get("service", float("inf")), service.ready_s)
    return best


if __name__ == "__main__":
    main()
