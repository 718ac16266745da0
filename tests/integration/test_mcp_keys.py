"""The MCP server with keys: each reads its own archive, and nobody without one anything."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from service.access.secret import new_secret
from tests.keyed_service import ARTICLE, OTHER, QUESTION, WORDS, KeyedService
from tests.local_servers import mcp_over_http
from tests.services import COMMAND

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def address(keyed: KeyedService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server beside the service that owns the index answers."""
    log = tmp_path_factory.mktemp("mcp") / "log"
    index = keyed.service.index
    with mcp_over_http(log, "--keys", keyed.file, "--index", index, within=120) as found:
        yield found


def _call(address: str, secret: str, tool: str, arguments: dict[str, Any]) -> str:
    async def called() -> str:
        headers = {"authorization": f"Bearer {secret}"}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False, timeout=120) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            result = await client.call_tool(tool, arguments)
            return "".join(part.text for part in result.content if part.type == "text")

    return asyncio.run(called())


def test_each_key_reads_its_own_archive(address: str, keyed: KeyedService) -> None:
    mine, theirs = keyed.secrets["default-read"], keyed.secrets["other-read"]
    assert WORDS in _call(address, mine, "ask", {"question": QUESTION})
    for tool, arguments in (
        ("ask", {"question": QUESTION}),
        ("search", {"query": QUESTION}),
        ("read_article", {"article_id": ARTICLE}),
    ):
        assert WORDS not in _call(address, theirs, tool, arguments)
    assert "Brinmouth" in _call(address, theirs, "read_article", {"article_id": OTHER["id"]})
    assert "no article" in _call(address, mine, "read_article", {"article_id": OTHER["id"]})


_LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": f"Bearer {new_secret()}"}, 401),
        ({"x-api-key": "metrics"}, 403),
        ({"x-api-key": "read", "origin": "https://evil.example"}, 403),
        ({"x-api-key": "read", "host": "evil.example"}, 421),
        ({"x-api-key": "slow"}, 429),
    ],
)
def test_others_read_nothing(
    headers: dict[str, str], status: int, address: str, keyed: KeyedService
) -> None:
    secrets = {"read": keyed.secrets["default-read"], "metrics": keyed.secrets["default-metrics"]}
    if headers.get("x-api-key") == "slow":
        secrets["slow"] = keyed.add("slow-mcp", rate=1)
    if "x-api-key" in headers:
        headers = headers | {"x-api-key": secrets[headers["x-api-key"]]}
    accept = {"accept": "application/json, text/event-stream"}
    for method in ("POST", "GET", "DELETE"):
        response = httpx.request(
            method, address, json=_LIST, headers=accept | headers, trust_env=False
        )
        if status == 429 and method == "POST":
            continue  # the one that it may
        assert response.status_code == status
        assert response.json()["status"] == status
        if status == 401:
            assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_body_beyond_four_mebibytes(address: str, keyed: KeyedService) -> None:
    headers = {"x-api-key": keyed.secrets["default-read"], "content-type": "application/json"}
    body = b"x" * (4 * 1024 * 1024 + 1)
    response = httpx.post(address, content=body, headers=headers, trust_env=False)
    assert response.status_code == 413


def test_a_keys_file_is_for_http(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "mcp", "--keys", str(tmp_path / "keys.json")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "are for --http" in done.stderr) == (2, True)
