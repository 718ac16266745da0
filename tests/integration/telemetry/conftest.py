"""One service that is watched in every way, and what a morning's traffic leaves of it.

Its chat model is a scripted server, which can fail on demand; service, archive, models and
collector are real ones. Whatever a client could say holds a marker, so that a test can look
for it where it must not be.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api import ROUTES
from service.web import WEB
from tests.chat_servers import CUT, Script, ScriptedServer, Status, Step, says, scripted
from tests.integration.telemetry.collector import Collector, collecting
from tests.services import Finished, Service, start

#: Stand in questions, articles, ids, paths and bodies.
WORDS = "Svartisfjord"
#: Stand in keys.
LLM_KEY, QDRANT_KEY, CLIENT_KEY = "sk-llm-7f3a9c", "qdrant-51c0de", "fs_client-0ddba11"

TRUE = "Kyiv and Europe are not sitting at the table in these talks [{Kiew und Europa sitzen}]."
FALSE = "The plan was drawn up by 400 Chinese generals in Paris in 1987 [1]."
EXCLUDED = "Who is excluded from the talks?"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@dataclass
class Watched:
    """The service, and everything that can be seen of it."""

    service: Service
    http: httpx.Client
    chat_model: ScriptedServer
    collector: Collector
    metrics: str = ""

    @property
    def log(self) -> str:
        """All that it logged so far."""
        return self.service.log.read_text("utf-8")

    def ask(self, question: str, **more: Any) -> httpx.Response:
        """A question, with headers where they are given."""
        headers = more.pop("headers", {})
        body = {"question": question, **more}
        return self.http.post("/v1/questions", json=body, headers=headers)


class ChatModel:
    """Writes two sentences, of which one is true, or ``fails`` in one way or another."""

    def __init__(self) -> None:
        self.fails = ""

    def __call__(self, request: dict[str, Any]) -> Iterable[Step]:
        known = "Kiew und Europa sitzen" in request["messages"][-1]["content"]
        script: Script = says(f"{TRUE} {FALSE}" if known else FALSE)
        match self.fails:
            case "refused":  # by a server that repeats what it was sent, key and all
                yield Status(500, f'{{"error": {{"message": "{WORDS} {LLM_KEY}"}}}}'.encode())
            case "cut_off":
                yield from (step for step in script(request) if isinstance(step, str))
                yield CUT
            case "nonsense":
                yield f"data: {WORDS} is not JSON\n\n".encode()
            case _:
                yield from script(request)


@pytest.fixture(scope="session")
def watched(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished]
) -> Iterator[Watched]:
    """A service after traffic over all its routes, at its most talkative."""
    folder = tmp_path_factory.mktemp("watched")
    index = Path(shutil.copytree(seed_index[0], folder / "index"))
    chat_model = ChatModel()
    with collecting() as collector, scripted(chat_model) as server:
        env = {
            "FUNDSTELLE_LLM_URL": server.url,
            "FUNDSTELLE_LLM_MODEL": "scripted",
            "FUNDSTELLE_LLM_API_KEY": LLM_KEY,
            "FUNDSTELLE_QDRANT_API_KEY": QDRANT_KEY,
            "FUNDSTELLE_FEEDBACK": str(folder / "feedback.jsonl"),
            "FUNDSTELLE_LOG_LEVEL": "debug",
            "FUNDSTELLE_OTLP_URL": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "300",
            "OTEL_SERVICE_NAME": "newsroom",
        }
        service = start(index, folder / "log", ready=True, env=env)
        try:
            with httpx.Client(base_url=service.address, trust_env=False, timeout=120) as client:
                found = Watched(service, client, server, collector)
                _ask(found, chat_model)
                _say_everything_everywhere(found)
                found.metrics = client.get("/metrics").text
                yield found
        finally:
            service.stop()


def _ask(watched: Watched, chat_model: ChatModel) -> None:
    """Each way in which a question can end."""
    parent = f"00-{TRACE}-{PARENT}-01"
    watched.ask(EXCLUDED, headers={"traceparent": parent, "baggage": f"user={WORDS}"})
    watched.ask(EXCLUDED, mode="extractive")
    watched.ask(f"What is the price of {WORDS} oil?", mode="extractive")
    watched.ask(EXCLUDED, mode="extractive", language="ja")
    for chat_model.fails in ("refused", "nonsense", "cut_off"):
        watched.ask(EXCLUDED)
    watched.ask(EXCLUDED, stream=True)
    chat_model.fails = ""
    talk = [{"role": "user", "content": f"{EXCLUDED} {WORDS}"}]
    for stream in (False, True):
        chat = {"model": "fundstelle", "messages": talk, "stream": stream}
        watched.http.post("/v1/chat/completions", json=chat)
        watched.http.post("/v1/messages", json=chat | {"max_tokens": 9})
    watched.ask(f"And {WORDS}?", history=talk)
    watched.http.get("/v1/search", params={"q": f"{WORDS} tunnel", "rerank": True})
    article = {"id": f"{WORDS}-1", "text": f"{WORDS} ist seit Montag gesperrt. Kein Zug fährt."}
    watched.http.post("/v1/articles", json=[article])
    watched.http.delete(f"/v1/articles/{WORDS}-1")


def _say_everything_everywhere(watched: Watched) -> None:
    """Markers in every path, query, header and body of every route; most of it is refused."""
    token = watched.service.owner["token"]
    query = dict.fromkeys(("q", "cursor", "article_id", "ui", "how"), WORDS)
    bodies = (f'{{"question": "{WORDS}"}}', f"{{{WORDS}", f'[{{"id": "{WORDS}"}}]', WORDS * 50)
    handlers = [(path, handler.http_methods) for handler in ROUTES for path in handler.paths]
    for path, methods in [*handlers, *((r.path_format, r.methods) for r in WEB.routes)]:
        address = path.partition("{")[0] + (WORDS if "{" in path else "")
        for method in sorted(methods):
            # What asks for the owner would begin to reindex, were it let in.
            for key in (CLIENT_KEY, *([token] if method == "GET" else [])):
                for body in bodies:
                    watched.http.request(
                        method,
                        address,
                        params=query,
                        content=body,
                        headers={
                            "authorization": f"Bearer {key}",
                            "x-api-key": key,
                            "content-type": "application/json",
                            "x-request-id": f"{WORDS} {key}",
                            "user-agent": WORDS,
                            "cookie": f"a={WORDS}",
                        },
                    )
    watched.http.get(f"/{WORDS}")
