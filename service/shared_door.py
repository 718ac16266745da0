"""One way into the archive for a program that runs for hours and is mostly idle.

Goes through the service that owns the index where there is one, else opens it, and lets
go of it again a few seconds after the last call: so neither ``fundstelle index`` nor a
service finds it taken. The loaded models are kept, so that opening again is quick.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from indexer.ownership import PATIENCE
from indexer.settings import ArchiveSettings
from service.answer import Answer, FoundPassage
from service.article_shapes import FullArticle, full_article
from service.asking import Asker
from service.client import OwnerClient
from service.door import open_door
from service.engine import Engine
from service.question import Question
from service.settings import ServiceSettings
from service.workers import Workers

#: How long an index is held after the last call, in seconds: less than a command waits for it.
IDLE = PATIENCE / 4


@dataclass
class _Open:
    """An open door and how many calls are on their way through it."""

    door: Engine | OwnerClient
    asker: Asker | None
    calls: int = 0


class SharedDoor:
    """Answers, searches and reads; safe for several calls at once on one event loop.

    Every method raises what opening a door raises, and IndexLocked where another program
    holds the index for longer than a command would wait.
    """

    def __init__(
        self, archive: ArchiveSettings, service: ServiceSettings, *, idle: float = IDLE
    ) -> None:
        self._archive = archive
        self._service = service
        self._idle = idle
        self._workers = Workers(service.workers, service.queue)
        self._changing = asyncio.Lock()
        self._opened: _Open | None = None
        self._models_of: Engine | None = None
        self._releasing: asyncio.Task[None] | None = None

    async def answer(self, question: Question) -> Answer:
        """The answer; raises QuestionError where the mode can't be served."""
        async with self._through() as opened:
            if opened.asker is not None:
                return await opened.asker.answer(question)
            return await self._workers.run(opened.door.answer, question)

    async def search(self, question: Question, *, rerank: bool) -> list[FoundPassage]:
        """The passages nearest to a question."""
        async with self._through() as opened:
            found, _ = await self._workers.run(opened.door.search, question, rerank=rerank)
            return found

    async def article(self, article_id: str) -> FullArticle | None:
        """The article with its text, None where the archive has none of this id."""
        async with self._through() as opened:
            door = opened.door
            if isinstance(door, OwnerClient):
                return await self._workers.run(door.article, article_id)
            found = (await self._workers.run(door.articles, [article_id])).get(article_id)
            return full_article(found) if found else None

    async def close(self) -> None:
        """Let go at once."""
        if self._releasing is not None:
            self._releasing.cancel()
            with suppress(asyncio.CancelledError):
                await self._releasing
        async with self._changing:
            await self._release()

    @asynccontextmanager
    async def _through(self) -> AsyncGenerator[_Open, None]:
        async with self._changing:
            if self._opened is None:
                door = await self._workers.run(self._open)
                asker = None
                if isinstance(door, Engine):
                    asker = Asker(door, self._workers, self._service)
                self._opened = _Open(door, asker)
            opened = self._opened
            opened.calls += 1
        try:
            with self._workers.place():
                yield opened
        finally:
            opened.calls -= 1
            # A service may be stopped between two calls, so it is looked for each time.
            wait = self._idle if opened.asker else 0.0
            if not opened.calls and (self._releasing is None or self._releasing.done()):
                self._releasing = asyncio.create_task(self._release_when_idle(wait))

    async def _release_when_idle(self, wait: float) -> None:
        quiet, step = 0.0, wait / 5
        while quiet < wait:
            await asyncio.sleep(step)
            busy = self._opened is not None and self._opened.calls
            quiet = 0.0 if busy else quiet + step
        async with self._changing:
            if self._opened is not None and not self._opened.calls:
                await self._release()

    def _open(self) -> Engine | OwnerClient:
        door = open_door(self._archive, self._service)
        if isinstance(door, Engine) and self._models_of is not None:
            door.adopt_models(self._models_of)
        return door

    async def _release(self) -> None:
        opened, self._opened = self._opened, None
        if opened is None:
            return
        if isinstance(opened.door, Engine):
            self._models_of = opened.door
        if opened.asker is not None:
            await opened.asker.close()
        await self._workers.run(opened.door.close)
