"""The service under test: at one address through all of its lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.services import COMMAND

_START_S = 180


@dataclass
class Served:
    """``lives`` has the log of each process; ``anonymous_mb`` is what one has allocated."""

    index: Path
    port: int
    env: dict[str, str]
    folder: Path
    lives: list[Path] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it is, or would be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """What the command line of the same index proves itself with."""
        owner = json.loads((self.index / "owner.json").read_text("utf-8"))
        return str(owner["token"])

    @property
    def anonymous_mb(self) -> float:
        """Memory that is its own, without the files of the index that are mapped into it."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        (line,) = [each for each in status.splitlines() if each.startswith("RssAnon:")]
        return int(line.split()[1]) / 1024

    def start(self) -> None:
        """Start it and wait until it is ready."""
        log = self.folder / f"log-{len(self.lives)}"
        self.lives.append(log)
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--port", str(self.port), "--index", str(self.index)],
                stderr=stream,
                env=os.environ | self.env,
            )
        deadline = time.monotonic() + _START_S
        while not self._is_ready():
            told = log.read_text("utf-8")
            assert self.process.poll() is None, f"the service ended: {told}"
            assert time.monotonic() < deadline, f"the service did not start: {told}"
            time.sleep(0.1)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal and wait for its end; the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(90)

    def _is_ready(self) -> bool:
        try:
            ready = httpx.get(f"{self.address}/health/ready", trust_env=False, timeout=5)
        except httpx.TransportError:
            return False
        return ready.is_success
