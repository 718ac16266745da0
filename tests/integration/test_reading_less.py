"""Reading stops early where nothing could come before what was read, and the answer is the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.settings import ArchiveSettings
from service.engine import Engine
from service.finding import Finding
from service.question import parse_question
from tests.services import Finished

pytestmark = pytest.mark.model

_FILE = Path(__file__).parents[1] / "data" / "seeds-questions.jsonl"


@pytest.fixture(scope="module")
def engine(
    seed_index: tuple[Path, Finished], cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An archive of the seeds, opened here."""
    index = tmp_path_factory.mktemp("reading") / "index"
    shutil.copytree(seed_index[0], index)
    # Two at once, whatever this machine has.
    with Engine(ArchiveSettings(index=index, cache=cache, threads=2, device="cpu")) as opened:
        yield opened


def _read(finding: Finding) -> int:
    return sum(ranked.reading is not None for ranked in finding.ranked)


def test_the_answer_is_the_same_and_less_was_read_for_it(engine: Engine) -> None:
    lines = _FILE.read_text("utf-8").splitlines()[::3]
    asked = [parse_question(json.loads(line)["question"]) for line in lines]
    early, thorough = 0, 0
    with engine.reading() as archive:
        for question in asked:
            retrieved = archive.answerer.retrieve(question)
            one = archive.answerer.read(question, retrieved)
            other = archive.answerer.read(question, retrieved, thorough=True)
            assert _read(other) == min(8, len(retrieved.candidates))
            assert one.confidence == other.confidence
            assert one.best is not None
            assert other.best is not None
            assert (one.best.candidate, one.best.span) == (other.best.candidate, other.best.span)
            # What was not read stands below what was, and nothing is lost.
            assert len(one.ranked) == len(other.ranked)
            scores = [ranked.score for ranked in one.ranked]
            assert scores == sorted(scores, reverse=True)
            early, thorough = early + _read(one), thorough + _read(other)
    assert early < thorough


def test_a_reranked_search_reads_all_that_it_may(engine: Engine) -> None:
    question = parse_question("Who is excluded from the talks?")
    with engine.reading() as archive:
        found = archive.answerer.find(question, thorough=True)
        shown, _ = archive.answerer.search(question)
    assert _read(found) == 8
    assert [p.start for p in shown] == [r.candidate.start for r in found.ranked[: len(shown)]]
