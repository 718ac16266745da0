"""Thumbs up and down over HTTP, from a real answer to a line that ``eval`` reads."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services import Finished, Service, defects, run, start

pytestmark = pytest.mark.model

_TALKS = "Who is excluded from the talks?"
_OIL = "What is the price of oil?"


@pytest.fixture(scope="module")
def keeping(
    tmp_path_factory: pytest.TempPathFactory, seed_index: tuple[Path, Finished]
) -> Iterator[tuple[Service, Path]]:
    """A service that keeps ratings, and the file it keeps them in (its folder is not there)."""
    folder = tmp_path_factory.mktemp("feedback")
    file = folder / "kept" / "feedback.jsonl"
    index = Path(shutil.copytree(seed_index[0], folder / "index"))
    service = start(index, folder / "log", ready=True, env={"FUNDSTELLE_FEEDBACK": str(file)})
    yield service, file
    service.stop()
    assert defects(service.log.read_text("utf-8")) == []


@pytest.fixture(scope="module")
def client(keeping: tuple[Service, Path]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=keeping[0].address, trust_env=False, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def answers(client: httpx.Client) -> dict[str, Any]:
    """Answers as they were given: an answered question, an unanswerable one, a follow-up."""
    asked = {
        "answered": {"question": _TALKS},
        "unanswerable": {"question": _OIL},
        "follow-up": {
            "question": "Und wann?",
            "history": [{"role": "user", "content": "Wer überquerte die Mühlentorbrücke?"}],
        },
    }
    return {n: client.post("/v1/questions", json=body).json() for n, body in asked.items()}


def _rated(answer: dict[str, Any], rating: str = "up", **more: Any) -> dict[str, Any]:
    return {"question": answer["question"], "rating": rating, "answer": answer} | more


def test_by_default_nothing_is_kept(http: httpx.Client) -> None:
    assert http.get("/v1/feedback").json() == {"enabled": False}
    answer = http.post("/v1/questions", json={"question": _TALKS}).json()
    refused = http.post("/v1/feedback", json=_rated(answer))
    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/problem+json"
    assert "FUNDSTELLE_FEEDBACK" in refused.json()["detail"]


def test_ratings_become_questions_that_eval_reads(
    client: httpx.Client, keeping: tuple[Service, Path], answers: dict[str, Any]
) -> None:
    service, file = keeping
    assert client.get("/v1/feedback").json() == {"enabled": True}

    lost = client.post("/v1/feedback", json=_rated(answers["answered"]))
    assert lost.status_code == 503
    assert "FUNDSTELLE_FEEDBACK has to name a file" in lost.json()["detail"]
    assert "could not be kept" in service.log.read_text("utf-8")

    file.parent.mkdir()
    ratings = [
        _rated(answers["answered"], comment="genau 👍"),
        _rated(answers["unanswerable"]),
        _rated(answers["follow-up"], "down"),
        _rated(answers["unanswerable"], "down"),
    ]
    for rating in ratings:
        kept = client.post("/v1/feedback", json=rating)
        assert (kept.status_code, kept.content) == (204, b"")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    up, nothing, down, missed = map(json.loads, file.read_text("utf-8").splitlines())
    source = answers["answered"]["citations"][0]["source"]
    assert (up["article"], up["answers"]) == ("28-punkte-plan.txt", ["Kiew und Europa"])
    assert (up["evidence"], up["comment"]) == (source["context"], "genau 👍")
    assert (up["question"], up["language"], up["rating"]) == (_TALKS, "en", "up")
    assert up["mode"] == "extractive"
    assert (nothing["article"], nothing["answers"]) == (None, [])
    followed = answers["follow-up"]
    assert (down["question"], down["asked"]) == (followed["rewritten_question"], "Und wann?")
    assert down["rejected"]["answers"] == [c["source"]["quote"] for c in followed["citations"]]
    assert missed["rejected"] == {"article": None, "answers": []}

    done = run("eval", file, "--json", "--index", service.index)
    assert done.status == 0, done.err
    figures = done.json
    assert (figures["questions"], figures["answerable"], figures["unanswerable"]) == (2, 1, 1)
    assert figures["overall"]["article_recall_at_1"] == 1.0
    assert figures["overall"]["span_exact"] == 1.0
    assert figures["rejected"] == {"questions": 2, "repeated": 2}
    told = run("eval", file, "--index", service.index)
    assert "2 answers were rejected by readers; 2 of them are given again" in told.out


def _without_citations(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"citations": []}


def _of_source(answer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    citation = answer["citations"][0]
    source = citation["source"] | changes
    return answer | {"citations": [citation | {"source": source}]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a | {"question": "Something else?"}, "not the one that the answer answers"),
        (_without_citations, "exactly an answer has citations"),
        (lambda a: _of_source(a, article_id="junk.txt"), "retrieved"),
        (lambda a: _of_source(a, content_sha256="0" * 64), "ask again"),
        (
            lambda a: _of_source(
                a, quote="Paris und Lyon!", context="Paris und Lyon!", context_start=450
            ),
            "",
        ),
        (
            lambda a: a | {"answer": {"text": "Kiew oder Europa", "language": "de"}},
            "one of its quotes",
        ),
        (lambda a: a | {"status": "maybe"}, ""),
        (lambda a: a | {"answer": "Kiew"}, ""),
    ],
)
def test_an_answer_that_we_did_not_give_is_refused(
    change: Any, said: str, client: httpx.Client, keeping: tuple[Service, Path],
    answers: dict[str, Any],
) -> None:  # fmt: skip
    given = answers["answered"]
    body = {"question": given["question"], "rating": "up", "answer": change(given)}
    refused = client.post("/v1/feedback", json=body)
    assert refused.status_code == 400, refused.text
    problem = refused.json()
    assert said in json.dumps(problem)
    assert problem["errors"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": _TALKS, "rating": "sideways"},
        {"question": _TALKS, "rating": "up"},
        {"question": _TALKS, "rating": "up", "answer": None},
        [],
    ],
)
def test_a_body_that_is_no_rating_is_refused(body: Any, client: httpx.Client) -> None:
    refused = client.post("/v1/feedback", json=body)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"


def test_what_is_too_large_is_refused(client: httpx.Client, answers: dict[str, Any]) -> None:
    long = client.post("/v1/feedback", json=_rated(answers["answered"], comment="x" * 2001))
    assert long.status_code == 400
    huge = client.post("/v1/feedback", json=_rated(answers["answered"], comment="x" * 600_000))
    assert huge.status_code == 413


def test_a_passage_that_is_not_in_the_archive_is_refused(
    client: httpx.Client, answers: dict[str, Any]
) -> None:
    given = answers["unanswerable"]
    passages = [given["passages"][0] | {"text": "Oil costs 70 dollars."}]
    refused = client.post("/v1/feedback", json=_rated(given | {"passages": passages}))
    assert refused.status_code == 400
    assert "does not have this text" in refused.json()["detail"]
