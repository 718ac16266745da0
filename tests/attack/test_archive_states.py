"""An archive lives: articles come, change and go in any order, and it keeps its promises.

A state machine over a real embedded index and the real model. What must hold is kept beside it in
a dictionary: what was committed is found by its own words and stands as it was sent, what was
removed is found by nobody, and a citation holds until the text that it cites is changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from indexer.article import Article, Span
from indexer.settings import ArchiveSettings
from service.answer import Source
from service.engine import Engine
from service.question import parse_question

pytestmark = pytest.mark.model

# Words that stand in one article alone, so that it can be told by them.
_NAMES = ("Quillbrook", "Zarnow", "Ympelthal", "Drusenau", "Okselfjord")
_EVENTS = (
    "The harbour of {} was closed on Monday after a storm.",
    "Der Rat von {} hat die alte Brücke gesperrt.",
    "Le pont de {} rouvrira en mai.",
)
_MARKS = ("", "\u202e", "<b>&amp;</b> ", "\u200b", "\r\n", "👩‍👩‍👧 ")
_IDS = tuple(f"{mark}{name}/a%2F.txt" for mark, name in zip(_MARKS, _NAMES, strict=False))


class _Archive(RuleBasedStateMachine):
    """``texts`` is what must be there; ``cited`` are citations, each with the text cited."""

    engine: Engine
    models: Engine

    @initialize()
    def begin(self) -> None:
        self.texts: dict[str, str] = {}
        self.cited: list[tuple[Source, str]] = []
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "index"
        self.engine = Engine(ArchiveSettings(index=path), create=True)
        self.engine.adopt_models(self.models)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.close()
            self.folder.cleanup()

    @rule(
        number=st.integers(0, len(_NAMES) - 1),
        event=st.sampled_from(_EVENTS),
        mark=st.sampled_from(_MARKS),
        repeated=st.integers(1, 3),
    )
    def write(self, number: int, event: str, mark: str, repeated: int) -> None:
        article_id = _IDS[number]
        text = mark + "\n\n".join([event.format(_NAMES[number])] * repeated)
        before = self.texts.get(article_id)
        report = self.engine.index([Article(article_id, text, language="en")])
        counts = (report.added, report.updated, report.unchanged, len(report.skipped))
        assert counts == (before is None, before not in (None, text), before == text, 0)
        self.texts[article_id] = text

    @rule(number=st.integers(0, len(_NAMES) - 1))
    def remove(self, number: int) -> None:
        article_id = _IDS[number]
        gone = self.engine.remove([article_id])
        assert gone == {
            "removed": int(article_id in self.texts),
            "unknown": [] if article_id in self.texts else [article_id],
        }
        self.texts.pop(article_id, None)

    @rule()
    def optimize(self) -> None:
        self.engine.optimize()

    @rule()
    def open_again(self) -> None:
        archive = self.engine.archive
        self.engine.close()
        self.engine = Engine(archive)
        self.engine.adopt_models(self.models)

    @rule(number=st.integers(0, len(_NAMES) - 1))
    def search(self, number: int) -> None:
        found, _ = self.engine.search(parse_question(_NAMES[number], top_k=50), rerank=False)
        for passage in found:
            assert passage.text == self.texts[passage.article_id][passage.start : passage.end]
        named = [p.article_id for p in found if _NAMES[number] in p.text]
        assert (_IDS[number] in named) == (_IDS[number] in self.texts)

    @rule(number=st.integers(0, len(_NAMES) - 1))
    def ask(self, number: int) -> None:
        answer = self.engine.answer(parse_question(f"What was closed in {_NAMES[number]}?"))
        assert (answer.answer is None) == (not answer.citations)
        for citation in answer.citations:
            source = citation.source
            text = self.texts[source.article_id]
            assert text[source.start : source.end] == source.quote
            assert hashlib.sha256(text.encode()).hexdigest() == source.content_sha256
            self.cited.append((source, text))

    @precondition(lambda self: self.cited)
    @rule(data=st.data())
    def verify(self, data: st.DataObject) -> None:
        source, text = data.draw(st.sampled_from(self.cited))
        span = Span(source.start, source.end)
        told = self.engine.verify(source.article_id, span, source.content_sha256, source.quote)
        now = self.texts.get(source.article_id)
        if now is None:
            assert told.status == "gone"
        elif now == text:
            assert (told.status, told.quote) == ("valid", source.quote)
        if told.status != "gone":
            assert now is not None
            assert now[told.start : told.end] == told.quote == source.quote

    @invariant()
    def the_archive_holds_what_was_committed(self) -> None:
        if not hasattr(self, "engine"):
            return
        stored = self.engine.articles(list(_IDS))
        assert {name: each.article.text for name, each in stored.items()} == self.texts
        assert self.engine.status()["articles"] == len(self.texts)


@contextmanager
def _loaded(folder: Path, cache: Path) -> Iterator[Engine]:
    """An engine whose models the others share."""
    settings = ArchiveSettings(index=folder, cache=cache)
    with Engine(settings, create=True) as engine:
        engine.warm()
        yield engine


@pytest.mark.parametrize(
    ("examples", "steps"), [(8, 12), pytest.param(200, 40, marks=pytest.mark.long)]
)
def test_an_archive_keeps_its_promises(
    examples: int, steps: int, tmp_path: Path, cache: Path
) -> None:
    with _loaded(tmp_path / "models", cache) as models:
        machine = type("Archive", (_Archive,), {"models": models})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=timedelta(seconds=60),
                suppress_health_check=list(HealthCheck),
            ),
        )
