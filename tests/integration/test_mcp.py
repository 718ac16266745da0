"""The archive as an MCP server, used by the protocol's own client: over a pipe and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from service.exit_status import ExitStatus
from tests.local_servers import mcp_over_http
from tests.services import COMMAND, Finished, Service, defects, read, run

pytestmark = pytest.mark.model

_TALKS = "Who is excluded from the talks?"
_EMOJI = "Was schrieb Oberbürgermeisterin Henrike Sasbach am Abend des Bürgerentscheids im Netz?"


def _over_pipe(index: Path) -> StdioServerParameters:
    # The client hands down only part of the environment.
    environment = {k: v for k, v in os.environ.items() if k.startswith(("FUNDSTELLE_", "HF_"))}
    return StdioServerParameters(
        command=sys.executable, args=[*COMMAND[1:], "mcp", "--index", str(index)], env=environment
    )


def _with(server: Any, work: Callable[[Client], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        async with Client(server, read_timeout_seconds=200) as client:
            return await work(client)

    return asyncio.run(connected())


def _text(result: CallToolResult) -> str:
    return "".join(part.text for part in result.content if part.type == "text")


def _same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Two answers but for the time they took."""
    apart = {"timings_ms"}
    assert {k: v for k, v in ours.items() if k not in apart} == {
        k: v for k, v in theirs.items() if k not in apart
    }


async def _use(client: Client, seeds: Path, http: httpx.Client) -> None:
    """Everything a model does, on whichever way to the archive."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert list(tools) == ["ask", "search", "read_article"]
    for tool in tools.values():
        assert tool.input_schema["type"] == "object"
        assert tool.output_schema is not None
        assert "code points" in (tool.description or "")
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint

    for question in (_TALKS, _EMOJI, "What is the price of oil?"):
        asked = await client.call_tool("ask", {"question": question, "top_k": 2})
        assert not asked.is_error, _text(asked)
        answer = asked.structured_content
        _same(answer, http.post("/v1/questions", json={"question": question, "top_k": 2}).json())
        for citation in answer["citations"]:
            source = citation["source"]
            text = read(seeds / source["article_id"])
            assert text[source["start"] : source["end"]] == source["quote"]
            assert f"{source['article_id']} [{source['start']}:{source['end']}]" in _text(asked)
            assert source["quote"] in _text(asked)
        if not answer["citations"]:
            assert _text(asked).startswith("The archive does not answer this.")

    history = [{"role": "user", "content": "Wann wurde die Mühlentorbrücke gesperrt?"}]
    for given in (history, json.dumps(history)):  # some clients send lists as text
        followed = await client.call_tool("ask", {"question": "Und warum?", "history": given})
        assert "Mühlentorbrücke" in followed.structured_content["rewritten_question"]

    found = await client.call_tool(
        "search", {"query": "Straßenbahn 🚋", "top_k": 3, "language": "de", "rerank": True}
    )
    results = found.structured_content["results"]
    assert len(results) == 3
    assert {r["language"] for r in results} == {"de"}

    # 🚋💚 stand before what is read: offsets are code points, not UTF-16.
    article = "tramtunnel-2025-03-23.txt"
    text = read(seeds / article)
    at = text.index("💚") + 1
    window = {"article_id": article, "start": at, "end": at + 40}
    extract = await client.call_tool("read_article", window)
    assert extract.structured_content["text"] == text[at : at + 40]
    assert extract.structured_content["total"] == len(text)
    assert f"go on with start={at + 40}" in _text(extract)
    whole = await client.call_tool("read_article", {"article_id": article})
    assert whole.structured_content["text"] == text
    assert "go on" not in _text(whole)

    for name, arguments, said in (
        ("ask", {"question": " "}, "question: it is empty"),
        ("ask", {"question": "Wer?", "top_k": 99}, "top_k"),
        ("ask", {"question": "Wer?", "mode": "generative"}, "FUNDSTELLE_LLM_URL"),
        ("ask", {"question": "Wer?", "published_after": "gestern"}, "published_after"),
        ("ask", {}, "question"),
        ("search", {"query": "x", "nothing": 1}, "nothing"),
        ("read_article", {"article_id": "none/../such"}, "take the id from a citation"),
        ("read_article", {"article_id": article, "start": 10**9}, f"has {len(text)} characters"),
        ("read_article", {"article_id": article, "start": 9, "end": 9}, "end: 9"),
        ("nothing", {}, "there are ask, search, read_article"),
    ):
        failed = await client.call_tool(name, arguments)
        assert failed.is_error, (name, arguments)
        assert said in _text(failed)
        assert "Traceback" not in _text(failed)


def test_over_a_pipe_with_an_index_of_its_own(
    seed_copy: Path, seeds: Path, http: httpx.Client
) -> None:
    async def work(client: Client) -> None:
        await _use(client, seeds, http)
        # The index is let go of while the server lives, and taken again when it is needed.
        # On a busy machine closing it may take longer than a command waits.
        until = time.monotonic() + 60
        done = await asyncio.to_thread(run, "index", seeds, "--index", seed_copy, "--json")
        while done.status == ExitStatus.UNAVAILABLE and time.monotonic() < until:
            done = await asyncio.to_thread(run, "index", seeds, "--index", seed_copy, "--json")
        assert done.status == 0, done.err
        asked = await client.call_tool("ask", {"question": _TALKS})
        assert asked.structured_content["answer"]["text"] == "Kiew und Europa"

    _with(_over_pipe(seed_copy), work)
    assert run("status", "--index", seed_copy).status == 0


def test_over_a_pipe_through_the_service_that_owns_the_index(
    running_service: Service, seeds: Path, http: httpx.Client
) -> None:
    _with(_over_pipe(running_service.index), lambda client: _use(client, seeds, http))


def test_an_index_that_is_not_there_is_told_by_each_tool(tmp_path: Path) -> None:
    async def work(client: Client) -> None:
        asked = await client.call_tool("ask", {"question": "Wer?"})
        assert asked.is_error
        assert "fundstelle index" in _text(asked)

    _with(_over_pipe(tmp_path / "none"), work)
    assert not (tmp_path / "none").exists()


def test_standard_output_holds_the_protocol_alone(seed_copy: Path) -> None:
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }  # fmt: skip
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    ask = {
        "jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": "Wer rammte die Mole?"}},
    }  # fmt: skip
    process = subprocess.Popen(
        [*COMMAND, "mcp", "--index", str(seed_copy)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    for message in (hello, ready, ask):
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
    lines = [json.loads(process.stdout.readline()) for _ in range(2)]
    rest, told = process.communicate(timeout=60)
    assert [line["id"] for line in lines] == [1, 2]
    assert lines[1]["result"]["structuredContent"]["status"] in {"answered", "unanswerable"}
    assert rest == b""
    assert defects(told.decode()) == []
    assert process.returncode == 0


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished]
) -> Iterator[str]:
    """Where a server over HTTP answers, in a process of its own."""
    folder = tmp_path_factory.mktemp("mcp")
    index = Path(shutil.copytree(seed_index[0], folder / "index"))
    with mcp_over_http(folder / "log", "--index", index, within=60) as found:
        yield found


def test_over_http(address: str, seeds: Path, http: httpx.Client) -> None:
    _with(address, lambda client: _use(client, seeds, http))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "archive.example"}, 421),
        ({"origin": "https://archive.example"}, 403),
        ({"host": "127.0.0.1.archive.example:8001"}, 421),
    ],
)
def test_no_web_page_of_others_reaches_it(
    headers: dict[str, str], status: int, address: str
) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    response = httpx.post(address, json=message, headers=accept | headers, trust_env=False)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--port", "1"], "are for --http"), (["--http", "--port", "-1"], "can't listen")],
)
def test_a_wrong_use(arguments: list[str], said: str, seed_copy: Path) -> None:
    done = run("mcp", *arguments, "--index", seed_copy)
    assert done.status in {1, 2}
    assert done.out == ""
    assert said in done.err
    assert "Traceback" not in done.err
