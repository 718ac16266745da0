"""A question that names a time, over real HTTP and the command line of the same archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.cli import main
from tests.integration.conftest import Service

pytestmark = pytest.mark.model

_YEARS = {2013: "4.100", 2014: "5.200", 2015: "6.300"}
_QUESTION = "Wie viele Gäste zählte das Kürbisfest in Ammerlingen {}?"


@pytest.fixture(scope="module")
def festivals(
    http: httpx.Client, running_service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A report a year, none of which says its year in its text."""
    lines = [
        {
            "id": f"fest-{year}",
            "title": "Kürbisfest in Ammerlingen",
            "text": f"Das Kürbisfest in Ammerlingen zählte {guests} Gäste. Es regnete nicht.",
            "published_at": f"{year}-10-{day}",
            "language": "de",
        }
        for day, (year, guests) in enumerate(_YEARS.items(), 10)
    ]
    file = tmp_path_factory.mktemp("festivals") / "festivals.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert main(["index", str(file), "--index", str(running_service.index)]) == 0
    yield
    for year in _YEARS:
        http.delete(f"/v1/articles/fest-{year}")


def ask(http: httpx.Client, when: str, **options: Any) -> dict[str, Any]:
    body = {"question": _QUESTION.format(when), **options}
    answer: dict[str, Any] = http.post("/v1/questions", json=body).raise_for_status().json()
    return answer


@pytest.mark.parametrize("year", _YEARS)
@pytest.mark.usefixtures("festivals")
def test_articles_of_the_year_that_is_named_come_first(http: httpx.Client, year: int) -> None:
    found = http.get("/v1/search", params={"q": _QUESTION.format(f"im Oktober {year}")}).json()
    assert found["results"][0]["article_id"] == f"fest-{year}"
    answer = ask(http, f"im Oktober {year}")
    assert answer["filters"]["dates"] == {
        "text": f"Oktober {year}",
        "first": f"{year}-10-01",
        "last": f"{year}-10-31",
        "bounds": False,
    }
    others = {passage["article_id"] for passage in answer["passages"]}
    assert {f"fest-{other}" for other in _YEARS} <= others  # nothing is left out


@pytest.mark.usefixtures("festivals")
def test_last_year_bounds_and_counts_from_now(http: httpx.Client) -> None:
    answer = ask(http, "letztes Jahr", now="2015-03-01")
    assert answer["filters"]["dates"]["first"] == "2014-01-01"
    assert answer["filters"]["dates"]["bounds"] is True
    assert {passage["article_id"] for passage in answer["passages"]} == {"fest-2014"}
    assert answer["answer"]["text"].startswith("5.200")
    long_after = ask(http, "letztes Jahr", now="2001-03-01")
    assert (long_after["status"], long_after["passages"]) == ("unanswerable", [])


@pytest.mark.usefixtures("festivals")
def test_the_caller_can_switch_it_off_or_go_before_it(http: httpx.Client) -> None:
    off = ask(http, "letztes Jahr", now="2001-03-01", dates=False)
    assert "dates" not in off["filters"]
    assert {f"fest-{year}" for year in _YEARS} <= {p["article_id"] for p in off["passages"]}
    own = ask(http, "letztes Jahr", now="2015-03-01", published_after="2015-01-01")
    assert own["filters"] == {"published_after": "2015-01-01"}
    assert "fest-2014" not in {p["article_id"] for p in own["passages"]}


@pytest.mark.usefixtures("festivals")
def test_the_command_line_switches_it_off_through_the_owner(
    running_service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    question = _QUESTION.format("gestern")
    for options, found in (([], False), (["--no-dates"], True)):
        capsys.readouterr()
        arguments = ["ask", question, "--index", str(running_service.index), "--json", *options]
        main(arguments)
        ids = {r["article_id"] for r in json.loads(capsys.readouterr().out)["passages"]}
        assert ("fest-2014" in ids) == found


@pytest.mark.usefixtures("festivals")
def test_no_search_is_bounded_by_what_a_headline_says(
    running_service: Service, http: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    headline = "Kürbisfest in Ammerlingen zählte letztes Jahr Gäste wie noch nie"
    response = http.get("/v1/search", params={"q": headline, "top_k": 20})
    everywhere = [[p["article_id"] for p in response.raise_for_status().json()["results"]]]
    assert main(["search", headline, "--index", str(running_service.index), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["results"]
    everywhere.append([p["article_id"] for p in printed])
    for ids in everywhere:
        assert any(article_id.startswith("fest-") for article_id in ids)
