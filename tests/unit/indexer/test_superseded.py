"""Which replaced texts are kept, when the clock was wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from indexer.article import Article
from indexer.recipe import Recipe
from indexer.store import Superseded
from indexer.stores.edge import EdgeStore
from indexer.superseded import keep_replaced


def test_a_text_that_is_replaced_after_the_clock_was_set_back_is_the_newest(
    tmp_path: Path,
) -> None:
    EdgeStore.create(tmp_path / "store", Recipe("a-model", 4, 320, 48))
    store = EdgeStore(tmp_path / "store")
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    early = Article("a", "Zuerst.")
    store.keep_superseded([Superseded("a", early.content_sha256, early.text, ahead)])
    texts = ["Eins.", "Zwei.", "Drei."]
    for before, after in pairwise(texts):
        store.commit([(Article("a", before), 0)])
        keep_replaced(store, [Article("a", after)], store.articles(["a"]), limit=2)
    assert [version.text for version in store.superseded(["a"])] == ["Zwei.", "Eins."]
    store.close()
