"""How much of what a device can do embedding, reading and indexing get out of it.

    python -m benchmarks.accelerator [--device cuda|cpu] [--data FOLDER]

On PyTorch, in the data type that it chooses for the device (bfloat16 on a GPU). What the
device can do is what a plain matrix product of that type reaches in the same run; what a
forward pass needs is counted from its shapes. While indexing, the GPU is asked how busy it
is twice a second (``nvidia-smi``); of a processor, the share of its time that was used.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from benchmarks.data import articles_in, parser, question_sets, setting
from indexer import sources
from indexer.embedding import Embedder, choose_data_type, has_cuda, passage_input
from indexer.models import DEFAULT_MODEL, default_tokenizer
from indexer.passages import PassageSettings, cut
from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.reader import Readable, Reader

_LAYERS, _HIDDEN, _INNER = 12, 384, 1536
_PRODUCT = {"cuda": 8192, "cpu": 1536}
_LEAST_S = 3.0
_QUESTION = "Wer hat das gesagt?"
# Enough to see a rate: a GPU is given all passages, a processor a few.
_TEXTS = {"cuda": 4096, "cpu": 96}


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__)
    default = "cuda" if has_cuda() else "cpu"
    arguments.add_argument("--device", choices=sorted(_PRODUCT), default=default)
    given = arguments.parse_args()
    device, data_type = given.device, choose_data_type(given.device)
    name = torch.cuda.get_device_name() if device == "cuda" else "processor"
    print(f"{setting()}; {name}, {data_type}", end="\n\n")
    settings = ArchiveSettings(backend="torch", device=device)
    passages = _passages(given.data)[: _TEXTS[device]]
    most = _matrix_product(device, data_type)
    print("| what | a second | TFLOP/s | share of the matrix product |")
    print("| --- | --- | --- | --- |")
    print(f"| matrix product | | {most:.3f} | 1 |")
    embedder = Embedder(DEFAULT_MODEL, settings.cache, device=device, backend="torch")
    reader = Reader(settings.cache, device=device, backend="torch")
    shown = [Readable(text) for text in passages]
    for what, work, lengths in (
        ("embedding", lambda: embedder.embed_passages(passages), _lengths(settings, passages)),
        (
            "reading",
            lambda: reader.read(_QUESTION, shown),
            _lengths(settings, [f"{_QUESTION} {text}" for text in passages]),
        ),
    ):
        rounds, seconds = _rate(work)
        reached = rounds * sum(map(_operations, lengths)) / seconds / 1e12
        rate = rounds * len(passages) / seconds
        print(f"| {what} | {rate:.0f} passages | {reached:.3f} | {reached / most:.2f} |")
    print(f"| indexing: the device is busy | | | {_busy(given.data, settings):.2f} |")


def _passages(data: Path) -> list[str]:
    return [
        passage_input(article, passage.text)
        for article in articles_in(question_sets(data)["news"].articles)
        for passage in cut(article, PassageSettings())
    ]


def _lengths(settings: ArchiveSettings, texts: Sequence[str]) -> list[int]:
    return [len(found.ids) for found in default_tokenizer(settings.cache).encode_batch(texts)]


def _operations(tokens: int) -> float:
    """Floating-point operations of a forward pass: its matrix products, attention included."""
    weights = 4 * _HIDDEN * _HIDDEN + 2 * _HIDDEN * _INNER
    return _LAYERS * tokens * (2 * weights + 4 * tokens * _HIDDEN)


def _matrix_product(device: str, data_type: str) -> float:
    """TFLOP/s of a square matrix product."""
    size = _PRODUCT[device]
    one, other = (
        torch.randn(size, size, device=device, dtype=getattr(torch, data_type)) for _ in range(2)
    )

    def work() -> None:
        for _ in range(10):
            torch.matmul(one, other)

    rounds, seconds = _rate(work)
    return 10 * rounds * 2 * size**3 / seconds / 1e12


def _rate(work: Any) -> tuple[int, float]:
    """How often it was done in how many seconds, after once to warm up."""
    work()
    _wait()
    rounds, started = 0, time.perf_counter()
    while True:
        work()
        _wait()
        rounds += 1
        seconds = time.perf_counter() - started
        if seconds >= _LEAST_S:
            return rounds, seconds


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _busy(data: Path, settings: ArchiveSettings) -> float:
    """The share of indexing's time that the device worked."""
    samples: list[float] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.5):
            query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
            told = subprocess.run(query, capture_output=True, text=True, check=True).stdout
            samples.append(float(told.split()[0]) / 100)

    with tempfile.TemporaryDirectory() as folder:
        index = ArchiveSettings(index=Path(folder), backend="torch", device=settings.device)
        with Engine(index, create=True) as engine:
            engine.models.embedder(DEFAULT_MODEL)
            watch = threading.Thread(target=sample, daemon=True)
            if settings.device == "cuda":
                watch.start()
            started, processor = time.perf_counter(), time.process_time()
            for source in sources.resolve([str(question_sets(data)["news"].articles)]):
                engine.index(sources.read(source))
            seconds, spent = time.perf_counter() - started, time.process_time() - processor
            done.set()
    return mean(samples) if samples else spent / seconds / (os.cpu_count() or 1)


if __name__ == "__main__":
    main()
