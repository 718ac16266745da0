"""One question at every door: whoever asks, and however, is shown the same places.

Command line (through the service, and by itself), the question endpoint whole and
streamed, OpenAI's and Anthropic's clients whole and streamed, MCP over a pipe, and the
page in a browser.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest
from anthropic import Anthropic
from mcp import Client, StdioServerParameters
from openai import OpenAI
from playwright.sync_api import Locator

from tests.browser.asking import OIL, TALKS, ask
from tests.browser.conftest import Visit
from tests.services import COMMAND, Finished, Service, run

pytestmark = pytest.mark.model

_EMOJI = "Was schrieb Oberbürgermeisterin Henrike Sasbach am Abend des Bürgerentscheids im Netz?"
_CHAT = "fundstelle-extractive"

Shown = set[tuple[str, int, int]]
"""The places that prove an answer: article, start, end."""


def of_answer(answer: dict[str, Any]) -> Shown:
    sources = [citation["source"] for citation in answer["citations"]]
    return {(s["article_id"], s["start"], s["end"]) for s in sources}


def of_link(url: str) -> tuple[str, int, int]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    article = unquote(parts.path.partition("read/")[2])
    return article, int(query["start"][0]), int(query["end"][0])


def of_annotations(annotations: Any) -> Shown:
    found = [a if isinstance(a, dict) else a.to_dict() for a in annotations or []]
    return {of_link(a["url_citation"]["url"]) for a in found}


def of_message(message: Any, documents: list[dict[str, Any]]) -> Shown:
    cited = [c for block in message.content for c in block.citations or []]
    return {
        (documents[c.document_index]["article_id"], c.start_char_index, c.end_char_index)
        for c in cited
    }


def of_page(turn: Locator) -> Shown:
    return {of_link(str(link.get_attribute("href"))) for link in turn.locator(".ref").all()}


def _posted(http: httpx.Client, question: str, **more: Any) -> httpx.Response:
    body = {"question": question, "mode": "extractive", **more}
    return http.post("/v1/questions", json=body).raise_for_status()


def _streamed(http: httpx.Client, question: str) -> Shown:
    blocks = [b.splitlines() for b in _posted(http, question, stream=True).text.split("\r\n\r\n")]
    events = {b[0]: b[1].removeprefix("data: ") for b in blocks if len(b) > 1}
    return of_answer(json.loads(events["event: answer"]))


def _through_pipe(index: Path, question: str) -> Shown:
    environment = {k: v for k, v in os.environ.items() if k.startswith(("FUNDSTELLE_", "HF_"))}
    server = StdioServerParameters(
        command=sys.executable, args=[*COMMAND[1:], "mcp", "--index", str(index)], env=environment
    )

    async def call() -> Any:
        async with Client(server, read_timeout_seconds=200) as client:
            asked = {"question": question, "mode": "extractive"}
            return (await client.call_tool("ask", asked)).structured_content

    # In a thread of its own: this one has Playwright's event loop.
    with ThreadPoolExecutor(1) as thread:
        return of_answer(thread.submit(asyncio.run, call()).result())


def _openai_stream(client: OpenAI, question: str) -> Shown:
    messages: Any = [{"role": "user", "content": question}]
    chunks = client.chat.completions.create(model=_CHAT, messages=messages, stream=True)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    return {place for d in deltas for place in of_annotations(getattr(d, "annotations", None))}


def _anthropic(client: Anthropic, question: str) -> Shown:
    messages: Any = [{"role": "user", "content": question}]
    message: Any = client.messages.create(model=_CHAT, max_tokens=1024, messages=messages)
    return of_message(message, message.fundstelle_documents)


def _anthropic_stream(client: Anthropic, question: str) -> Shown:
    messages: Any = [{"role": "user", "content": question}]
    with client.messages.stream(model=_CHAT, max_tokens=1024, messages=messages) as stream:
        last: Any = next(event for event in stream if event.type == "message_delta")
        return of_message(stream.get_final_message(), last.fundstelle_documents)


@pytest.mark.parametrize("question", [TALKS, pytest.param(_EMOJI, marks=pytest.mark.long), OIL])
def test_every_door_shows_the_same_places(
    question: str,
    visit: Visit,
    http: httpx.Client,
    running_service: Service,
    seed_index: tuple[Path, Finished],
) -> None:
    address, index = running_service.address, running_service.index
    messages: Any = [{"role": "user", "content": question}]
    extractive = ["--mode", "extractive", "--json"]
    with (
        OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as openai,
        Anthropic(base_url=address, api_key="none", max_retries=0) as anthropic,
    ):
        doors: dict[str, Callable[[], Shown]] = {
            "endpoint, streamed": lambda: _streamed(http, question),
            "command, through the service": lambda: of_answer(
                run("ask", question, "--index", index, *extractive).json
            ),
            "command, by itself": lambda: of_answer(
                run("ask", question, "--index", seed_index[0], *extractive).json
            ),
            "OpenAI": lambda: of_annotations(
                openai.chat.completions.create(model=_CHAT, messages=messages)
                .choices[0]
                .message.annotations
            ),
            "OpenAI, streamed": lambda: _openai_stream(openai, question),
            "Anthropic": lambda: _anthropic(anthropic, question),
            "Anthropic, streamed": lambda: _anthropic_stream(anthropic, question),
            "MCP": lambda: _through_pipe(index, question),
            "page": lambda: of_page(ask(visit(), question)),
        }
        first = of_answer(_posted(http, question).json())
        shown = {door: look() for door, look in doors.items()}
    assert bool(first) == (question != OIL)
    assert shown == dict.fromkeys(doors, first)
