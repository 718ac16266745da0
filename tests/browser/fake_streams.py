"""Streams as a service with a chat model sends them, from the service's own structures.

What only such a service says (doubt, failure half-way, slowness) is played to the page here;
that it is said rightly is tested where it is made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Page, Route

from indexer.article import Span
from service.answer import Answer, AnswerSpan, AnswerText, Citation, FoundPassage, Source
from service.events import Complete, Event, Passages, Sentence, Stopped

_NAMES = {Passages: "passages", Sentence: "sentence", Complete: "answer", Stopped: "error"}
PLAN = "28-punkte-plan.txt"


class Writer:
    """Writes an answer from one article, sentence after sentence."""

    def __init__(self, seeds: Path, article_id: str = PLAN) -> None:
        self._id = article_id
        self._text = (seeds / article_id).read_bytes().decode()
        self.sentences: list[Sentence] = []

    @property
    def passages(self) -> list[FoundPassage]:
        """The whole article as the one passage found."""
        span = Span(0, len(self._text))
        return [FoundPassage(**self._place(span), text=self._text, score=1.0)]

    def say(self, text: str, *quotes: str, verified: bool = True) -> Sentence:
        """The next sentence, proved by these quotes up to its last character."""
        start = sum(len(sentence.text) for sentence in self.sentences)
        begin = start + len(text) - len(text.lstrip())
        known = sum(len(sentence.citations) for sentence in self.sentences)
        citations = [
            Citation(
                id=known + i,
                answer=AnswerSpan(begin, start + len(text)),
                source=self._source(quote),
                support=0.9 if verified else 0.1,
                verified=verified,
            )
            for i, quote in enumerate(quotes, 1)
        ]
        self.sentences.append(Sentence(start, text, citations))
        return self.sentences[-1]

    def answer(self, question: str, **changes: Any) -> Complete:
        """The answer made of all sentences."""
        told: dict[str, Any] = {
            "question": question,
            "status": "answered",
            "mode": "generative",
            "answer": AnswerText("".join(s.text for s in self.sentences), "en"),
            "confidence": 0.9,
            "citations": [c for s in self.sentences for c in s.citations],
            "passages": self.passages,
            "filters": {},
        }
        return Complete(Answer(**told | changes))

    def _source(self, quote: str) -> Source:
        start = self._text.index(quote)
        return Source(
            **self._place(Span(start, start + len(quote))),
            quote=quote,
            content_sha256=sha256(self._text.encode()).hexdigest(),
            context=quote,
            context_start=start,
        )

    def _place(self, span: Span) -> dict[str, Any]:
        return {
            "article_id": self._id,
            "title": "28 Punkte für die Ukraine",
            "url": None,
            "published_at": "2025-11-19",
            "language": "de",
            "start": span.start,
            "end": span.end,
        }


def encoded(event: Event) -> bytes:
    """An event as the service sends it."""
    content: Any = event
    if isinstance(event, Passages | Complete):
        content = event.passages if isinstance(event, Passages) else event.answer
    data = msgspec.json.encode(content)
    return b"event: %s\r\ndata: %s\r\n\r\n" % (_NAMES[type(event)].encode(), data)


def play(page: Page, *events: Event) -> list[dict[str, Any]]:
    """Answer every question with these events; the questions' bodies as they come."""
    asked: list[dict[str, Any]] = []

    def fulfil(route: Route) -> None:
        asked.append(route.request.post_data_json)
        body = b"".join(map(encoded, events))
        route.fulfill(content_type="text/event-stream; charset=utf-8", body=body)

    page.route("**/v1/questions", fulfil)
    return asked


@contextmanager
def played_slowly(page: Page, events: Sequence[Event]) -> Iterator[threading.Semaphore]:
    """As ``play``, but each event waits until the semaphore is released once more."""
    turn, done = threading.Semaphore(0), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream; charset=utf-8")
            self.end_headers()
            for event in events:
                turn.acquire()
                if done.is_set():
                    return
                try:
                    self.wfile.write(encoded(event))
                except OSError:  # the reader has gone, which is what some tests are about
                    return

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        page.route("**/v1/questions", lambda route: route.continue_(url=address))
        try:
            yield turn
        finally:
            done.set()
            turn.release(len(events))
            server.shutdown()
            thread.join()
