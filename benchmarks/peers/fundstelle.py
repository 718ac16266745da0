"""Fundstelle, by its own engine: it reads and cuts the articles itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.system import Text


class Fundstelle:
    """Fused retrieval, without the reader."""

    def __init__(self, folder: Path, model: Path) -> None:
        self._folder = folder / "index"

    def index(self, articles: Path, texts: Sequence[Text]) -> None:
        from indexer import sources
        from indexer.settings import ArchiveSettings
        from service.engine import Engine

        with Engine(ArchiveSettings(index=self._folder), create=True) as engine:
            for source in sources.resolve([str(articles)]):
                engine.index(sources.read(source))
            engine.optimize()

    def open(self) -> None:
        from indexer.settings import ArchiveSettings
        from service.engine import Engine

        self._engine = Engine(ArchiveSettings(index=self._folder))

    def search(self, question: str, limit: int) -> list[str]:
        from service.question import parse_question

        asked = parse_question(question, top_k=limit)
        found, _ = self._engine.search(asked, rerank=False)
        return [passage.article_id for passage in found]


class FundstelleRead(Fundstelle):
    """The same with the reader, which orders the best of what was found."""

    def search(self, question: str, limit: int) -> list[str]:
        from service.question import parse_question

        found, _ = self._engine.search(parse_question(question, top_k=limit), rerank=True)
        return [passage.article_id for passage in found]
