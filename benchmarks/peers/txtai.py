"""txtai: an embeddings index with its content, dense or dense and sparse together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.system import Text


class Txtai:
    """Dense vectors, as by default (Faiss)."""

    hybrid = False

    def __init__(self, folder: Path, model: Path) -> None:
        self._folder = folder / "txtai"
        self._model = model
        self._embeddings: Any = None

    def index(self, articles: Path, texts: Sequence[Text]) -> None:
        from txtai import Embeddings

        embeddings = Embeddings(
            path=str(self._model),
            instructions={"query": "query: ", "data": "passage: "},
            content=True,
            hybrid=self.hybrid,
        )
        rows = [{"text": text.text, "article": text.article_id} for text in texts]
        embeddings.index(enumerate(rows))
        embeddings.save(str(self._folder))

    def open(self) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(self._folder))

    def search(self, question: str, limit: int) -> list[str]:
        statement = "select article, score from txtai where similar(:question)"
        found = self._embeddings.search(statement, limit, parameters={"question": question})
        return [row["article"] for row in found]


class TxtaiHybrid(Txtai):
    """Dense vectors and BM25."""

    hybrid = True
