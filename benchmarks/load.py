"""How a service bears concurrent clients, and whether its memory stays as it is.

    python -m benchmarks.load [--requests N] [--clients N ...] [--data FOLDER] [--index DIR]

Clients with a connection each ask one warm service over HTTP as fast as it answers, in
turns over the questions of the news. What stands beside each row is one client alone, in
the same run. ``--requests 20000`` is the long one, for memory.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode, urlsplit

from benchmarks.data import parser, question_sets, setting
from benchmarks.served import Served, indexed, served

_CLIENTS = (1, 2, 4, 8, 32, 128)
_REQUESTS = {"search": 400, "ask": 80}
_WARM = 40
_PARTS = 4

# Method, path, body and headers.
_Request = tuple[str, str, bytes | None, dict[str, str]]


@dataclass
class Measured:
    """What clients met: seconds until each answer, and the statuses on the way there."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def row(self, alone: Measured, memory: float) -> str:
        """Of the table."""
        cuts = [1000 * cut for cut in quantiles(self.times, n=100)]
        return (
            f"{self.rate:.1f} | {self.rate / alone.rate:.2f} | "
            f"{cuts[49]:.0f} / {cuts[94]:.0f} / {cuts[98]:.0f} | "
            f"{self.statuses[503]} | {memory:.0f} MiB |"
        )


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--index", type=Path, help="an index of the news corpus, made before")
    arguments.add_argument("--requests", type=int, help="of each row, in place of a few hundred")
    arguments.add_argument("--clients", type=int, nargs="+", default=_CLIENTS)
    arguments.add_argument("--doors", nargs="+", choices=_DOORS, default=list(_DOORS))
    given = arguments.parse_args()
    news = question_sets(given.data)["news"]
    lines = news.questions.read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    print(setting(), end="\n\n")
    print("| door | clients | answers/s | against one | p50 / p95 / p99 ms | sent away | memory |")
    print("|" + " --- |" * 7)
    with indexed(given.index, news.articles) as index, served(index) as service:
        for door in given.doors:
            _load(service, questions, door, _WARM, 1)
            alone = None
            # A long run is shown in parts, so that its memory can be followed.
            parts = [given.requests // _PARTS] * _PARTS if given.requests else [_REQUESTS[door]]
            for clients, number in itertools.product(given.clients, parts):
                found = _load(service, questions, door, number, clients)
                alone = alone or found
                row = found.row(alone, service.anonymous_mib())
                print(f"| {door} | {clients} | {row}", flush=True)


def _search(question: str) -> _Request:
    return "GET", f"/v1/search?{urlencode({'q': question})}", None, {}


def _ask(question: str) -> _Request:
    body = json.dumps({"question": question, "mode": "extractive"}).encode()
    return "POST", "/v1/questions", body, {"content-type": "application/json"}


_DOORS: dict[str, Callable[[str], _Request]] = {"search": _search, "ask": _ask}


def _load(service: Served, questions: list[str], door: str, number: int, clients: int) -> Measured:
    """Ask this many questions through this many clients."""
    found, lock = Measured(), threading.Lock()
    turns = iter(itertools.islice(itertools.cycle(questions), number))
    host = urlsplit(service.address).netloc

    def work() -> None:
        connection = http.client.HTTPConnection(host, timeout=300)
        while True:
            with lock:
                question = next(turns, None)
            if question is None:
                return
            began = time.perf_counter()
            while not _answered(connection, _DOORS[door](question), found.statuses, lock):
                pass
            with lock:
                found.times.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.perf_counter() - started
    return found


def _answered(
    connection: http.client.HTTPConnection,
    request: _Request,
    statuses: Counter[int],
    lock: threading.Lock,
) -> bool:
    """Whether it was; who is sent away stays away for as long as told."""
    connection.request(*request)
    response = connection.getresponse()
    response.read()
    with lock:
        statuses[response.status] += 1
    if response.status == 503:
        connection.close()  # the service would not keep it for so long; it is opened again
        time.sleep(int(response.headers["Retry-After"]))
    elif response.status != 200:
        raise SystemExit(f"{request[1]} was answered with {response.status}")
    return response.status == 200


if __name__ == "__main__":
    main()
