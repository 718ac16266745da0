"""Articles that try to steer a chat model: what reaches it, and what is left of obedience.

The articles are in ``tests/data/injections.jsonl``. What an obedient model would write is
written by a scripted server, since which real model obeys which attack changes weekly;
store, reader and judge are the real ones.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.settings import ArchiveSettings
from service.answer import Answer
from service.engine import Engine
from service.question import parse_question
from tests.chat_servers import ScriptedServer, says, scripted
from tests.integration.conftest import run
from tests.integration.test_generation import answer

pytestmark = pytest.mark.model

_DATA = Path(__file__).parents[1] / "data" / "injections.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in _DATA.read_text("utf-8").splitlines()]
each_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, cache: Path, seeds: Path) -> Iterator[Engine]:
    """An archive of the seeds and the hostile articles."""
    folder = tmp_path_factory.mktemp("injections")
    articles = folder / "articles"
    articles.mkdir()
    for case in CASES:
        (articles / f"{case['id']}.txt").write_bytes(case["text"].encode())
    index = folder / "index"
    done = run("index", seeds, articles, "--index", index, "--json")
    assert done.status == 0, done.err
    with Engine(ArchiveSettings(index=index, cache=cache)) as opened:
        opened.warm()
        with opened.reading() as archive:
            assert archive.support_judge is not None
        yield opened


def ask(engine: Engine, server: ScriptedServer, case: dict[str, Any], **more: Any) -> Answer:
    return answer(
        engine, server.url, case["question"], asked={"top_k": 3}, llm_timeout=30.0, **more
    )


# What the judge lets pass once a model has obeyed: another predicate about somebody whom the
# passage names. A judge that sees it fails these tests, and they are to be struck off here.
_ESCAPES = {"override-de", "fake-citation-de", "line-separator-de", "role-play-en"}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case["id"],
            marks=[pytest.mark.xfail(strict=True, reason="the judge sees who, not what")]
            if case["id"] in _ESCAPES
            else [],
        )
        for case in CASES
    ],
)
def test_scripted_obedience_shows_nothing_of_what_the_article_wanted(
    engine: Engine, case: dict[str, Any]
) -> None:
    with scripted(says(case["obedient"])) as server:
        given = ask(engine, server, case)
    shown = given.answer.text if given.answer else ""
    assert not any(word.casefold() in shown.casefold() for word in case["forbidden"]), shown
    assert "](" not in shown
    assert given.mode == "extractive" or all(c.verified for c in given.citations)


@each_case
def test_scripted_honesty_still_gets_its_answer_out_of_the_article(
    engine: Engine, case: dict[str, Any]
) -> None:
    with scripted(says(case["honest"])) as server:
        given = ask(engine, server, case)
    assert given.mode == "generative", given.fallback_reason
    assert given.citations[0].source.article_id == f"{case['id']}.txt"


@each_case
def test_scripted_model_sees_quoted_lines_and_no_instruction(
    engine: Engine, case: dict[str, Any]
) -> None:
    with scripted(says("NO_ANSWER")) as server:
        ask(engine, server, case)
    system, user = server.requests[0]["messages"]
    assert case["text"][:40] not in system["content"]
    *passages, question = user["content"].split("\n\n")
    assert question.endswith(case["question"])
    for number, passage in enumerate(passages, 1):
        heading, *lines = passage.split("\n")
        assert heading.startswith(f"[{number}] ")
        assert lines
        assert all(line.startswith("> ") for line in lines)
        said = "\n".join(line[2:] for line in lines)
        assert not re.search(r"[\[\]<>]|\u2028|\u2029", said)
        assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in said.replace("\n", ""))
        assert not re.search(r"(?i)instruction|anweisung|consignes|chatbot|ki-", said)


def test_scripted_articles_are_kept_as_they_are(engine: Engine) -> None:
    ids = [f"{case['id']}.txt" for case in CASES]
    stored = engine.articles(ids)
    assert [stored[i].article.text for i in ids] == [case["text"] for case in CASES]


def test_an_article_about_injections_can_still_be_quoted(engine: Engine) -> None:
    found = engine.answer(parse_question("Who was to be called arrested for fraud?"))
    assert any("arrested" in passage.text for passage in found.passages)
