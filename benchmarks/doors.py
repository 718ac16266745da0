"""How soon an extractive answer begins and ends at each door of a warm service.

    python -m benchmarks.doors [--data FOLDER] [--index DIR]

One service over the news corpus answers the same questions at every streaming door,
over HTTP, one after the other. A chat program that waits for the whole answer is what
the streams are compared with.
"""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from benchmarks.data import parser, question_sets, setting
from benchmarks.served import indexed, served

_ASKED = 60


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--index", type=Path, help="an index of the news corpus, made before")
    given = arguments.parse_args()
    news = question_sets(given.data)["news"]
    lines = news.questions.read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in itertools.islice(lines, _ASKED)]
    print(setting(), end="\n\n")
    print("| door | first byte of content, p50 / p95 ms | whole answer, p50 / p95 ms |")
    print("| --- | --- | --- |")
    with indexed(given.index, news.articles) as index, served(index) as service:
        for door, (path, body) in _DOORS.items():
            for question in questions[:3]:
                _ask(service.address + path, body(question))
            times = [_ask(service.address + path, body(question)) for question in questions]
            first, whole = (_figures([time[i] for time in times]) for i in (0, 1))
            print(f"| {door} | {first} | {whole} |", flush=True)


def _chat(question: str, *, stream: bool) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    return {"model": "fundstelle-extractive", "messages": messages, "stream": stream}


_DOORS: dict[str, tuple[str, Any]] = {
    "`/v1/questions`, streamed": (
        "/v1/questions",
        lambda q: {"question": q, "mode": "extractive", "stream": True},
    ),
    "`/v1/chat/completions`, streamed": (
        "/v1/chat/completions",
        lambda q: _chat(q, stream=True),
    ),
    "`/v1/messages`, streamed": (
        "/v1/messages",
        lambda q: _chat(q, stream=True) | {"max_tokens": 1024},
    ),
    "`/v1/questions`, whole": (
        "/v1/questions",
        lambda q: {"question": q, "mode": "extractive"},
    ),
    "`/v1/chat/completions`, whole": (
        "/v1/chat/completions",
        lambda q: _chat(q, stream=False),
    ),
}


def _ask(url: str, body: dict[str, Any]) -> tuple[float, float]:
    """Milliseconds to the first byte of the body, and to its last."""
    started = time.perf_counter()
    first = None
    with httpx.stream("POST", url, json=body, trust_env=False, timeout=120) as response:
        response.raise_for_status()
        for _ in response.iter_raw():
            first = first or time.perf_counter()
    ended = time.perf_counter()
    return 1000 * ((first or ended) - started), 1000 * (ended - started)


def _figures(times: list[float]) -> str:
    cuts = quantiles(times, n=20)
    return f"{cuts[9]:.0f} / {cuts[18]:.0f}"


if __name__ == "__main__":
    main()
