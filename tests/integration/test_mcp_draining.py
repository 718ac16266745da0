"""``fundstelle mcp --http`` is stopped while a tool is called: the answer comes, or a word instead.

A real process and a real signal; the chat model is a scripted server that stands still.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_servers import scripted
from tests.integration.conftest import defects
from tests.integration.test_draining import QUESTION, says_after, with_chat_model
from tests.services import COMMAND

pytestmark = pytest.mark.model

_HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@pytest.mark.parametrize("in_time", [True, pytest.param(False, marks=pytest.mark.long)])
def test_scripted_answer_of_a_tool_is_finished_or_told_to_be_stopped(
    in_time: bool, seed_copy: Path, tmp_path: Path
) -> None:
    go_on, log = threading.Event(), tmp_path / "log"
    with scripted(says_after(go_on)) as model, ThreadPoolExecutor() as threads:
        env = with_chat_model(model.url, 60 if in_time else 1)
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*COMMAND, "mcp", "--http", "--port", "0", "--index", str(seed_copy)],
                stderr=stream,
                env=os.environ | env,
            )
        _until(lambda: re.search(r"http://\S+/mcp", log.read_text("utf-8")) is not None)
        found = re.search(r"http://\S+/mcp", log.read_text("utf-8"))
        assert found is not None
        with httpx.Client(timeout=120, trust_env=False, headers=_HEADERS) as client:
            session = _initialised(client, found[0])
            asked = threads.submit(_ask, client, found[0], session)
            listening = threads.submit(_listen, client, found[0], session)
            _until(lambda: len(model.requests) > 0)
            process.send_signal(signal.SIGTERM)
            if in_time:
                _until(lambda: _initialise(client, found[0]).status_code == 503)
                go_on.set()
            result = asked.result(60)
            listening.result(60)  # nobody waits for its end
        assert process.wait(30) == 0
    assert result["isError"] is not in_time
    assert ("in detail" if in_time else "is stopping") in result["content"][0]["text"]
    assert defects(log.read_text("utf-8")) == []


def _initialise(client: httpx.Client, url: str) -> httpx.Response:
    about = {"protocolVersion": "2025-06-18", "capabilities": {}}
    parameters = about | {"clientInfo": {"name": "test", "version": "1"}}
    return client.post(url, json=_message("initialize", parameters, number=1))


def _initialised(client: httpx.Client, url: str) -> dict[str, str]:
    response = _initialise(client, url)
    session = {"mcp-session-id": response.headers["mcp-session-id"]}
    client.post(url, headers=session, json=_message("notifications/initialized"))
    return session


def _ask(client: httpx.Client, url: str, session: dict[str, str]) -> dict[str, Any]:
    called = {"name": "ask", "arguments": {"question": QUESTION}}
    response = client.post(url, headers=session, json=_message("tools/call", called, number=2))
    (data,) = re.findall(r"^data: (\{.*\})", response.text, re.MULTILINE)
    result: dict[str, Any] = json.loads(data)["result"]
    return result


def _listen(client: httpx.Client, url: str, session: dict[str, str]) -> None:
    with suppress(httpx.RemoteProtocolError):  # it has no end of its own
        client.get(url, headers=session)


def _message(method: str, parameters: Any = None, number: int | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    message |= {"params": parameters} if parameters else {}
    return message | ({"id": number} if number else {})


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
