"""The articles of a question set, indexed for as long as a block runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.data import QuestionSet
from indexer import sources
from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.evaluation import Gold, parse_questions


@contextmanager
def indexed(chosen: QuestionSet) -> Iterator[Engine]:
    """An engine on a fresh index of the articles, which is removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        settings = ArchiveSettings(index=Path(folder) / "index")
        with Engine(settings, create=True) as engine:
            paths = [chosen.articles, *([chosen.more] if chosen.more else [])]
            for source in sources.resolve(list(map(str, paths))):
                engine.index(sources.read(source))
            engine.optimize()
            yield engine


def questions_of(chosen: QuestionSet) -> list[Gold]:
    """The questions of a set."""
    return parse_questions(chosen.questions.read_bytes().splitlines(), str(chosen.questions))
