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
from service.settings import ServiceSettings

pytestmark = pytest.mark.model

# Words that stand in one article alone, so that it can be told by them.
_NAMES = ("Quillbrook", "Zarnow", "Ympelthal", "Drusenau", "Okselfjord")
_EVENTS = (
    "The harbour of {} was closed on Monday after a storm.",
    "Der Rat von {} hat die alte Brücke gesperrt.",
    "Le pont de {} rouvrira en mai.",
)
_MARKS = ("", "\u202e", "<b>&amp;</b> ", "\u200b", "\r\n", "👩‍👩‍👧 ")
# Whatever is found is answered, so that there is something to hold citations to.
_EVERYTHING = ServiceSettings(threshold=0)
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
        self.engine = Engine(ArchiveSettings(index=path), _EVERYTHING, create=True)
        self.engine.adopt_models(self.models)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.close()
            self.folder.cleanup()

    @rule(
        numbers=st.lists(st.integers(0, len(_NAMES) - 1), min_size=1, max_size=3, unique=True),
        event=st.sampled_from(_EVENTS),
        mark=st.sampled_from(_MARKS),
        repeated=st.integers(1, 3),
    )
    def write(self, numbers: list[int], event: str, mark: str, repeated: int) -> None:
        sent = {_IDS[n]: mark + "\n\n".join([event.format(_NAMES[n])] * repeated) for n in numbers}
        before = [self.texts.get(name) for name in sent]
        report = self.engine.index([Article(*each, language="en") for each in sent.items()])
        added = before.count(None)
        unchanged = sum(self.texts.get(name) == text for name, text in sent.items())
        counts = (report.added, report.updated, report.unchanged, len(report.skipped))
        assert counts == (added, len(sent) - added - unchanged, unchanged, 0)
        self.texts |= sent

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        article_id = data.draw(st.sampled_from(sorted(self.texts)))
        assert self.engine.remove([article_id]) == {"removed": 1, "unknown": []}
        del self.texts[article_id]

    @rule(number=st.integers(0, len(_NAMES) - 1))
    def remove_what_is_not_there(self, number: int) -> None:
        article_id = f"{_IDS[number]}/"
        assert self.engine.remove([article_id]) == {"removed": 0, "unknown": [article_id]}

    @rule(opened_again=st.booleans())
    def look_after(self, opened_again: bool) -> None:
        if not opened_again:
            self.engine.optimize()
            return
        archive = self.engine.archive
        self.engine.close()
        self.engine = Engine(archive, _EVERYTHING)
        self.engine.adopt_models(self.models)

    @rule(number=st.integers(0, len(_NAMES) - 1))
    def search_and_ask(self, number: int) -> None:
        found, _ = self.engine.search(parse_question(_NAMES[number], top_k=50), rerank=False)
        for passage in found:
            assert passage.text == self.texts[passage.article_id][passage.start : passage.end]
        named = [p.article_id for p in found if _NAMES[number] in p.text]
        assert (_IDS[number] in named) == (_IDS[number] in self.texts)
        name = _NAMES[number]
        answer = self.engine.answer(parse_question(f"What was closed in {name}?"))
        assert (answer.answer is None) == (not answer.citations)
        for citation in answer.citations:
            source = citation.source
            text = self.texts[source.article_id]
            assert text[source.start : source.end] == source.quote
            assert hashlib.sha256(text.encode()).hexdigest() == source.content_sha256
            self.cited.append((source, text))

    @invariant()
    def citations_hold_until_their_text_is_changed(self) -> None:
        for source, text in self.cited[-5:] if hasattr(self, "cited") else ():
            self._verify(source, text)

    def _verify(self, source: Source, text: str) -> None:
        span = Span(source.start, source.end)
        told = self.engine.verify(source.article_id, span, source.content_sha256, source.quote)
        now = self.texts.get(source.article_id)
        if now is None:
            assert told.status == "gone"
        elif now == text:
            assert (told.status, told.quote) == ("valid", source.quote)
        elif source.quote in now:
            assert told.status != "gone"
            # Only what stands before it was changed: it moved by as much.
            if now.count(source.quote) == text.count(source.quote) and (
                now.endswith(text) or text.endswith(now)
            ):
                assert told.start == source.start + len(now) - len(text)
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
    ("examples", "steps"), [(6, 30), pytest.param(200, 40, marks=pytest.mark.long)]
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


def test_a_life_in_which_what_was_cited_moves(tmp_path: Path, cache: Path) -> None:
    """Chance seldom cites an article and then changes what stands before it."""
    with _loaded(tmp_path / "models", cache) as models:
        life = type("Archive", (_Archive,), {"models": models})()
        life.begin()
        life.write([0], _EVENTS[0], "", 1)
        life.search_and_ask(0)
        assert life.cited
        for mark in _MARKS[1:]:
            life.write([0], _EVENTS[0], mark, 1)
            life.citations_hold_until_their_text_is_changed()
        life.teardown()
