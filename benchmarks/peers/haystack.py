"""Haystack: its in-memory document store with an embedding retriever."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.system import Text


class Haystack:
    """Dense vectors, compared one by one."""

    def __init__(self, folder: Path, model: Path) -> None:
        self._file = folder / "haystack.json"
        self._model = str(model)
        self._embedder: Any = None
        self._retriever: Any = None

    def index(self, articles: Path, texts: Sequence[Text]) -> None:
        from haystack import Document
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        embedder = SentenceTransformersDocumentEmbedder(
            model=self._model, prefix="passage: ", progress_bar=False, normalize_embeddings=True
        )
        embedder.warm_up()
        documents = [Document(content=t.text, meta={"article": t.article_id}) for t in texts]
        store = InMemoryDocumentStore()
        store.write_documents(embedder.run(documents=documents)["documents"])
        store.save_to_disk(str(self._file))

    def open(self) -> None:
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersTextEmbedder,
        )

        self._embedder = SentenceTransformersTextEmbedder(
            model=self._model, prefix="query: ", progress_bar=False, normalize_embeddings=True
        )
        self._embedder.warm_up()
        store = InMemoryDocumentStore.load_from_disk(str(self._file))
        self._retriever = InMemoryEmbeddingRetriever(store)

    def search(self, question: str, limit: int) -> list[str]:
        vector = self._embedder.run(text=question)["embedding"]
        found = self._retriever.run(query_embedding=vector, top_k=limit)["documents"]
        return [document.meta["article"] for document in found]
