"""Copies of one story in a real archive: kept, read once, and named; over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from service.cli import main
from tests.copies import credited, cut, edited, other_headline, story
from tests.integration.conftest import Finished, Service

pytestmark = pytest.mark.model

_QUESTION = "How much is the first contract for the tram tunnel in Lindstetten worth?"
_ORIGINAL = "tramtunnel-2025-04-02.txt"
_OWN = (
    "The Valley Courier asked in the Red Lion, where the landlady Apollonia Zwick had bet a "
    "barrel of cider on the result. She will pour it on Sunday."
)


@pytest.fixture(scope="module")
def copies(
    http: httpx.Client,
    running_service: Service,
    tmp_path_factory: pytest.TempPathFactory,
    seeds: Path,
) -> Iterator[dict[str, str]]:
    """Four copies, sent by the command line to the service that owns the index."""
    text = story(seeds)
    texts = {
        "evening": other_headline(text),
        "agency": credited(text),
        "brief": cut(text),
        "corrected": edited(text),
    }
    lines = [
        {
            "id": name,
            "text": body,
            "title": f"Tram tunnel: the {name} report",
            "published_at": "2025-04-03",
            "outlet": f"The {name}",
            "language": "en",
        }
        for name, body in texts.items()
    ]
    file = tmp_path_factory.mktemp("copies") / "copies.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert main(["index", str(file), "--index", str(running_service.index)]) == 0
    yield texts
    for name in texts:
        http.delete(f"/v1/articles/{name}")


def _ask(http: httpx.Client, question: str = _QUESTION, **body: Any) -> dict[str, Any]:
    response = http.post("/v1/questions", json={"question": question, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def _check(http: httpx.Client, quoted: str, copy: dict[str, Any]) -> None:
    found = http.get(f"/v1/articles/{quote(copy['article_id'], safe='')}").json()
    assert found["text"][copy["start"] : copy["end"]] == quoted
    assert found["content_sha256"] == copy["content_sha256"]


def test_one_copy_is_cited_and_the_others_are_named(
    http: httpx.Client, copies: dict[str, str]
) -> None:
    answer = _ask(http)
    (citation,) = answer["citations"]
    source = citation["source"]
    assert source["article_id"] == _ORIGINAL  # published first
    assert "7.2 million" in source["quote"]
    same = {c["article_id"]: c for c in source["also_in"] if c["start"] is not None}
    retold = {c["article_id"]: c for c in source["also_in"] if c["start"] is None}
    assert set(same) == {"evening", "agency"}
    assert set(retold) == {"brief", "corrected"}  # one lacks it, one has another figure
    assert same["evening"]["outlet"] == "The evening"
    assert same["evening"]["title"] == "Tram tunnel: the evening report"
    for copy in same.values():
        assert copy["quote"] == source["quote"]
        _check(http, source["quote"], copy)


def test_copies_leave_room_for_others(http: httpx.Client, copies: dict[str, str]) -> None:
    grouped, single = _ask(http), _ask(http, group=False)
    assert len({p["article_id"] for p in grouped["passages"]} & {_ORIGINAL, *copies}) == 1
    assert len({p["article_id"] for p in single["passages"]} & {_ORIGINAL, *copies}) >= 4
    assert all(not p["also_in"] for p in single["passages"])
    assert all(not c["source"]["also_in"] for c in single["citations"])


def test_what_only_one_copy_says_is_found(
    http: httpx.Client, copies: dict[str, str], seeds: Path
) -> None:
    courier = {"id": "courier", "text": f"{story(seeds)}\n\n{_OWN}", "language": "en"}
    http.post("/v1/articles", content=json.dumps(courier))
    try:
        answer = _ask(http, "What did the landlady Apollonia Zwick bet on the result?")
    finally:
        http.delete("/v1/articles/courier")
    source = answer["citations"][0]["source"]
    assert source["article_id"] == "courier"
    assert {c["article_id"] for c in source["also_in"]} == {_ORIGINAL, *copies}
    assert all(c["start"] is None for c in source["also_in"])


def test_copies_that_fill_the_search_crowd_out_nothing(
    http: httpx.Client, copies: dict[str, str], seeds: Path
) -> None:
    """More of them than a leg of the search has places."""
    notice = story(seeds).split("\n\n")[-1]
    many = [{"id": f"many/{i}", "text": notice, "language": "en"} for i in range(45)]
    http.post("/v1/articles", content="\n".join(map(json.dumps, many)))
    try:
        params: dict[str, Any] = {"q": notice, "language": "en", "top_k": 5}
        grouped = http.get("/v1/search", params=params).json()["results"]
        single = http.get("/v1/search", params=params | {"group": False}).json()["results"]
    finally:
        for one in many:
            http.delete(f"/v1/articles/{quote(one['id'], safe='')}")
    assert {r["article_id"].partition("/")[0] for r in single} == {"many"}
    assert len(grouped) == 5
    assert sum(r["article_id"].startswith("many/") for r in grouped) <= 1
    assert max(len(r["also_in"]) for r in grouped) >= 44


def test_a_copy_outside_the_filter_is_not_named(http: httpx.Client, copies: dict[str, str]) -> None:
    source = _ask(http, published_before="2025-04-02")["citations"][0]["source"]
    assert (source["article_id"], source["also_in"]) == (_ORIGINAL, [])
    source = _ask(http, outlet="The evening")["citations"][0]["source"]
    assert (source["article_id"], source["also_in"]) == ("evening", [])


def test_search_groups_too(
    http: httpx.Client,
    copies: dict[str, str],
    running_service: Service,
    command: Callable[..., Finished],
) -> None:
    words = "Torben Quill accepted the recount of the tram tunnel vote"
    for rerank in (False, True):
        params: dict[str, Any] = {"q": words, "rerank": rerank}
        results = http.get("/v1/search", params=params).json()["results"]
        mine = [r for r in results if r["article_id"] in {_ORIGINAL, *copies}]
        named = {c["article_id"] for r in mine for c in r["also_in"]}
        assert named | {r["article_id"] for r in mine} == {_ORIGINAL, *copies}
        assert len(mine) == 1
        for result in mine:
            for copy in result["also_in"]:
                if copy["start"] is not None:
                    _check(http, result["text"], copy)
    done = command("search", words, "--index", running_service.index, "--json", "--no-group")
    results = json.loads(done.out)["results"]
    assert sum(r["article_id"] in {_ORIGINAL, *copies} for r in results) >= 4


def test_the_command_line_names_them(
    copies: dict[str, str], running_service: Service, command: Callable[..., Finished]
) -> None:
    shown = command("ask", _QUESTION, "--index", running_service.index).out
    assert "also in" in shown.replace("\n", " ")
    assert "not word for word in The brief, The corrected" in " ".join(shown.split())


def test_a_question_file_may_name_any_copy(
    http: httpx.Client, copies: dict[str, str], seeds: Path
) -> None:
    def figures(article: str) -> dict[str, Any]:
        line = {
            "id": "1", "language": "en", "question": _QUESTION, "article": article,
            "answers": ["7.2 million euros"],
            "evidence": story(seeds).split("\n\n")[-1].split(". ")[1],
        }  # fmt: skip
        found = http.post("/v1/evaluations", content=json.dumps(line)).json()
        overall: dict[str, Any] = found["overall"]
        return overall

    for article in (_ORIGINAL, "evening"):
        found = figures(article)
        assert (found["article_recall_at_1"], found["evidence_hit"]) == (1, 1)
    found = figures("corrected")
    assert (found["article_recall_at_1"], found["evidence_hit"]) == (1, 0)
    assert figures("kaltjoch-2025-01-20.txt")["article_recall_at_1"] == 0
