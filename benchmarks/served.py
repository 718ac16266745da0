"""An index of the articles, and a warm service on it, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-m", "service.cli"]
# Seconds from readiness until what an earlier process wrote is optimised (``service/serve.py``).
_SETTLED_S = 8


@dataclass(frozen=True)
class Served:
    """A service: where it answers, its process, and how long it took to be ready."""

    address: str
    pid: int
    ready_s: float

    def anonymous_mib(self) -> float:
        """Memory that is its alone and not the page cache's (Linux)."""
        lines = Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines()
        (found,) = (line.split()[1] for line in lines if line.startswith("RssAnon:"))
        return int(found) / 1024


@contextmanager
def indexed(made: Path | None, articles: Path) -> Iterator[Path]:
    """The folder of an index of these articles, the one ``made`` before where there is one."""
    if made is not None:
        yield made
        return
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        subprocess.run([*COMMAND, "index", articles, "--index", index], check=True)
        yield index


@contextmanager
def served(index: Path, *, settle: bool = True, **settings: str) -> Iterator[Served]:
    """A service whose models are loaded, with these ``FUNDSTELLE_`` settings.

    Without ``settle`` it may still optimise what an earlier process wrote.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FUNDSTELLE_LLM")}
    environment |= {f"FUNDSTELLE_{name}": value for name, value in settings.items()}
    started = time.perf_counter()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--index", index],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            time.sleep(0.05)
            try:
                address: str = json.loads((index / "owner.json").read_text("utf-8"))["address"]
                if httpx.get(f"{address}/health/ready", trust_env=False).is_success:
                    break
            except (OSError, ValueError, KeyError, httpx.HTTPError, httpx.InvalidURL):
                if process.poll() is not None:
                    raise SystemExit("the service did not start") from None
        ready_s = time.perf_counter() - started
        if settle:
            time.sleep(_SETTLED_S)
        yield Served(address, process.pid, ready_s)
    finally:
        process.terminate()
        process.wait()
