"""How much may be sent: at each edge what still fits, and one more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.api.sizes import CHAT_BYTES, MOST_AT_ONCE, MOST_MESSAGES, QUESTION_BYTES
from service.question import MOST_TURNS_SENT, MOST_VALUE
from tests.keyed_service import KeyedService

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def http(keyed: KeyedService) -> Iterator[httpx.Client]:
    """A service with the sizes that it has by itself."""
    with keyed.client("other-admin") as client:
        yield client


_JSON = {"content-type": "application/json"}


def _problem(response: httpx.Response, status: int, said: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert said in response.json()["detail"]


def _padded(body: dict[str, Any], size: int) -> bytes:
    """A body of so many bytes, filled up with white space."""
    return json.dumps(body).encode().ljust(size)


def _message(text: str) -> dict[str, Any]:
    return {"model": "fundstelle", "messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize(
    ("route", "body", "most"),
    [
        ("/v1/questions", {"question": " "}, QUESTION_BYTES),
        ("/v1/chat/completions", _message(" "), CHAT_BYTES),
        ("/v1/messages", _message(" "), CHAT_BYTES),
    ],
)
def test_bodies_that_ask(route: str, body: dict[str, Any], most: int, http: httpx.Client) -> None:
    assert http.post(route, content=_padded(body, most), headers=_JSON).status_code == 400
    assert http.post(route, content=_padded(body, most + 1), headers=_JSON).status_code == 413


def test_articles_at_once_and_none_of_too_many(http: httpx.Client) -> None:
    lines = [json.dumps({"id": f"n{i}", "text": "."}) for i in range(MOST_AT_ONCE + 1)]
    before = http.get("/v1/status").json()["articles"]
    _problem(http.post("/v1/articles", content="\n".join(lines)), 413, f"{MOST_AT_ONCE} articles")
    array = f"[{','.join(lines)}]"
    _problem(http.post("/v1/articles", content=array), 413, "several requests")
    assert http.get("/v1/status").json()["articles"] == before
    broken = "\n".join(["{"] * MOST_AT_ONCE)  # as many lines as fit, and nothing to write
    assert http.post("/v1/articles", content=broken).json()["articles"]["skipped"] == MOST_AT_ONCE


def test_questions_to_evaluate(http: httpx.Client) -> None:
    content = "\n".join(["{}"] * (MOST_AT_ONCE + 1))
    _problem(http.post("/v1/evaluations", content=content), 413, f"{MOST_AT_ONCE} questions")
    _problem(http.post("/v1/evaluations", content=content[:-3]), 400, "body:1")


def test_turns_and_messages(http: httpx.Client) -> None:
    def asked(turns: int) -> httpx.Response:
        history = [{"role": "user", "content": "x"}] * turns
        return http.post("/v1/questions", json={"question": " ", "history": history})

    _problem(asked(MOST_TURNS_SENT), 400, "question")
    turns = [{"role": "user", "content": "x"}] * (MOST_TURNS_SENT + 1)
    response = http.post("/v1/questions", json={"question": "Wer?", "history": turns})
    _problem(response, 400, "history")
    for messages, said in (
        ([{"role": "user", "content": " "}] * MOST_MESSAGES, "content"),
        ([{"role": "user", "content": " "}] * (MOST_MESSAGES + 1), f"{MOST_MESSAGES} are the most"),
    ):
        body = {"model": "fundstelle", "messages": messages}
        error = http.post("/v1/chat/completions", json=body).json()["error"]
        assert said in error["message"]


@pytest.mark.parametrize("name", ["outlet", "author", "section", "tags", "language"])
def test_values_to_filter_by(name: str, http: httpx.Client) -> None:
    params = {"q": "x", name: "x" * (MOST_VALUE + 1)}
    _problem(http.get("/v1/search", params=params), 400, f"{MOST_VALUE} are the most")
    question = {"question": "x", name: "x" * (MOST_VALUE + 1)}
    _problem(http.post("/v1/questions", json=question), 400, f"{name}: ")
    if name != "language":
        fits = http.get("/v1/search", params={"q": "x", name: "x" * MOST_VALUE})
        assert fits.json()["results"] == []


def test_numbers_beyond_every_article(http: httpx.Client) -> None:
    for start, end in ((0, 10**18), (10**18, 10**18 + 1), (-1, 5), (10**30, 10**31)):
        params = {"article_id": "x", "start": start, "end": end, "content_sha256": "a" * 64}
        assert http.get("/v1/citations/verify", params=params).status_code in {200, 400}


def test_headers(http: httpx.Client) -> None:
    fits = http.get("/v1/search", params={"q": "x" * 50_000})
    _problem(fits, 400, "4000 are the most")
    for headers, fit in (({"x-filler": "x" * 50_000}, True), ({"x-filler": "x" * 65_600}, False)):
        response = http.get("/health/live", headers=headers)
        # Where they come in pieces it is the HTTP parser that refuses them.
        assert response.status_code in ({200} if fit else {400, 431})
    assert http.get("/health/live").is_success


def test_the_sign_in(http: httpx.Client) -> None:
    assert http.post("/sign-in", data={"key": "x" * 20_000}).status_code == 413
