"""The HTTP API over a socket, against a running service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.integration.conftest import BODY_LIMIT, Service, read

pytestmark = pytest.mark.model

_TALKS = "Who is excluded from the talks?"
_NOT_THERE = "Kiew und Europa sitzen bei den Gesprächen nicht am Tisch"
_OIL = "What is the price of oil?"
_ODD_ID = "a/b ü%2F?#😀"


def _ask(http: httpx.Client, **body: Any) -> dict[str, Any]:
    response = http.post("/v1/questions", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def _route(article_id: str) -> str:
    return f"/v1/articles/{quote(article_id, safe='')}"


@contextmanager
def _articles(http: httpx.Client, *articles: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Articles that are there for a while; gives what posting them returned."""
    response = http.post("/v1/articles", content="\n".join(map(json.dumps, articles)))
    assert response.status_code == 200, response.text
    try:
        yield response.json()
    finally:
        for article in articles:
            http.delete(_route(article["id"]))


def _problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """A problem document, checked for what all of them have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert all(isinstance(problem[key], str) and problem[key] for key in ("type", "title"))
    assert problem["detail"]
    return problem


def _paths(problem: dict[str, Any]) -> list[str]:
    assert all(error["message"] for error in problem["errors"])
    return [error["path"] for error in problem["errors"]]


def test_a_question_is_answered_to_the_character(http: httpx.Client, seeds: Path) -> None:
    answer = _ask(http, question=_TALKS)
    assert list(answer) == [
        *("question", "status", "mode", "answer", "confidence", "citations", "passages"),
        *("filters", "other_answers", "fallback_reason", "rewritten_question"),
        *("offset_unit", "timings_ms"),
    ]
    assert answer["status"] == "answered"
    assert answer["question"] == _TALKS
    assert answer["offset_unit"] == "codepoint"
    assert {"embed", "search", "read", "total"} <= set(answer["timings_ms"])
    (citation,) = answer["citations"]
    source = citation["source"]
    text = read(seeds / source["article_id"])
    assert source["quote"] == text[source["start"] : source["end"]] == "Kiew und Europa"
    assert text[source["context_start"] :].startswith(source["context"])
    part = citation["answer"]
    assert answer["answer"]["text"][part["start"] : part["end"]] == "Kiew und Europa"
    assert (citation["id"], citation["verified"]) == (1, True)
    assert len(answer["passages"]) == 5
    for passage in answer["passages"]:
        article = read(seeds / passage["article_id"])
        assert passage["text"] == article[passage["start"] : passage["end"]]


def test_what_the_archive_does_not_say_is_not_made_up(http: httpx.Client) -> None:
    answer = _ask(http, question=_OIL)
    assert answer["status"] == "unanswerable"
    assert answer["answer"] is None
    assert answer["citations"] == []
    assert answer["passages"]
    assert answer["confidence"] < 0.5


@pytest.mark.parametrize("language", ["uk", "uk,en", ["uk", "en"], ["UK", "eng"]])
def test_only_articles_of_the_languages_asked_for(http: httpx.Client, language: Any) -> None:
    answer = _ask(http, question=_TALKS, language=language, top_k=50)
    wanted = {"uk"} if language == "uk" else {"uk", "en"}
    assert {p["language"] for p in answer["passages"]} == wanted
    assert set(answer["filters"]["language"]) == wanted


def test_dates_are_inclusive(http: httpx.Client) -> None:
    day = "2025-11-19"
    answer = _ask(http, question=_TALKS, published_after=day, published_before=day, top_k=50)
    assert {p["article_id"] for p in answer["passages"]} == {"28-punkte-plan.txt"}
    assert answer["filters"] == {"published_after": day, "published_before": day}
    answer = _ask(http, question=_TALKS, published_before="2025-11-18", top_k=50)
    assert "28-punkte-plan.txt" not in {p["article_id"] for p in answer["passages"]}
    assert max(p["published_at"] for p in answer["passages"]) <= "2025-11-18"


def test_filters_that_leave_nothing(http: httpx.Client) -> None:
    answer = _ask(http, question=_TALKS, published_before="1800-01-01")
    assert (answer["status"], answer["passages"]) == ("unanswerable", [])
    assert answer["confidence"] < 0.01


@pytest.mark.parametrize("top_k", [1, 3, 50])
def test_top_k_passages(http: httpx.Client, top_k: int) -> None:
    answer = _ask(http, question=_TALKS, top_k=top_k)
    assert len(answer["passages"]) == min(top_k, 35)
    scores = [p["score"] for p in answer["passages"]]
    assert scores == sorted(scores, reverse=True)


def _events(response: httpx.Response) -> list[tuple[str, Any]]:
    assert response.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in response.text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        events.append((fields["event"], json.loads(fields["data"])))
    return events


def test_a_stream_tells_the_same(http: httpx.Client) -> None:
    whole = _ask(http, question=_TALKS)
    response = http.post("/v1/questions", json={"question": _TALKS, "stream": True})
    (first, passages), (second, sentence), (third, answer) = _events(response)
    assert (first, second, third) == ("passages", "sentence", "answer")
    assert len(passages) == len(whole["passages"])
    assert sentence == {
        "start": 0,
        "text": whole["answer"]["text"],
        "citations": whole["citations"],
    }
    assert answer | {"timings_ms": None} == whole | {"timings_ms": None}


def test_a_stream_without_an_answer_has_no_sentence(http: httpx.Client) -> None:
    response = http.post("/v1/questions", json={"question": _OIL, "stream": True})
    events = _events(response)
    assert [name for name, _ in events] == ["passages", "answer"]
    assert events[1][1]["status"] == "unanswerable"


def test_a_stream_begins_before_the_answer_stands(http: httpx.Client) -> None:
    begun = []
    for _ in range(5):
        started = time.perf_counter()
        with http.stream(
            "POST", "/v1/questions", json={"question": _TALKS, "stream": True}
        ) as sent:
            content = sent.iter_raw()
            assert next(content).startswith(b"event: passages")
            begun.append(time.perf_counter() - started)
            assert b"event: answer" in b"".join(content)
    # The best of five: other tests may be at work on this machine.
    assert min(begun) < 0.5


def test_a_follow_up_is_understood_by_what_was_said(http: httpx.Client) -> None:
    history = [
        {"role": "user", "content": "Who is Witkoff close to?"},
        {"role": "assistant", "content": "Präsident Donald Trump"},
    ]
    answer = _ask(http, question="And what about Dmitrijew?", history=history)
    assert answer["question"] == "And what about Dmitrijew?"
    assert "close to" in answer["rewritten_question"]
    assert answer["citations"][0]["source"]["article_id"] == "28-punkte-plan.txt"
    assert _ask(http, question=_TALKS)["rewritten_question"] is None


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("stream", 0, "Expected `bool`, got `int`"),
        ("dates", "no", "Expected `bool`, got `str`"),
        ("top_k", "3", "Expected `int`, got `str`"),
    ],
)
def test_a_value_of_nearly_the_right_type_is_refused(
    http: httpx.Client, field: str, value: object, message: str
) -> None:
    refused = http.post("/v1/questions", json={"question": _TALKS, field: value})
    assert refused.status_code == 400
    assert refused.json()["errors"] == [{"path": field, "message": message}]


@pytest.mark.parametrize("rerank", ["false", "true"])
def test_search(http: httpx.Client, rerank: str) -> None:
    response = http.get("/v1/search", params={"q": _NOT_THERE, "rerank": rerank, "top_k": 4})
    found = response.raise_for_status().json()
    assert list(found) == ["results", "timings_ms"]
    assert len(found["results"]) == 4
    assert list(found["results"][0]) == [
        *("article_id", "title", "url", "published_at", "language"),
        *("start", "end", "text", "score", "also_in"),
    ]
    assert "28-punkte-plan.txt" in {r["article_id"] for r in found["results"]}
    assert ("read" in found["timings_ms"]) == (rerank == "true")


def test_search_filters(http: httpx.Client) -> None:
    response = http.get(
        "/v1/search",
        params={"q": _TALKS, "language": "fr,uk", "published_after": "2025-01-01", "top_k": 50},
    )
    results = response.raise_for_status().json()["results"]
    assert {r["language"] for r in results} == {"fr", "uk"}
    assert min(r["published_at"] for r in results) >= "2025-01-01"


@pytest.mark.parametrize(
    ("name", "mine", "other"),
    [
        ("outlet", "Seeblatt", "Tagblatt"),
        ("author", "Ida Rohr", "Urs Rohr"),
        ("section", "Wirtschaft", "Sport"),
        ("tags", "Hafen", "Schiff"),
    ],
)
def test_only_articles_with_the_metadata_asked_for(
    http: httpx.Client, name: str, mine: str, other: str
) -> None:
    text = "Der Hafen von Kranau wird im Mai für zwei Wochen gesperrt."
    value, others = ([mine, "See"], [other]) if name == "tags" else (mine, other)
    articles = ({"id": "m-1", "text": text, name: value}, {"id": "m-2", "text": text, name: others})
    with _articles(http, *articles):
        answer = _ask(http, question="Wann wird der Hafen von Kranau gesperrt?", **{name: mine})
        found = http.get("/v1/search", params={"q": "Hafen Kranau", name: mine}).json()
    assert answer["filters"] == {name: mine}
    assert {p["article_id"] for p in answer["passages"]} == {"m-1"}
    assert {p["article_id"] for p in found["results"]} == {"m-1"}


def test_articles_page_by_page(http: httpx.Client, seeds: Path) -> None:
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 7}
    while True:
        page = http.get("/v1/articles", params=params).raise_for_status().json()
        assert list(page) == ["articles", "next_cursor"]
        assert len(page["articles"]) <= 7
        assert "text" not in page["articles"][0]
        seen += [a["article_id"] for a in page["articles"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(p.name for p in seeds.glob("*.txt"))


def test_an_article_with_its_text(http: httpx.Client, seeds: Path) -> None:
    article = http.get("/v1/articles/28-punkte-plan.txt").raise_for_status().json()
    assert article["text"].encode() == (seeds / "28-punkte-plan.txt").read_bytes()
    assert article["offset_unit"] == "codepoint"
    assert article["published_at"] == "2025-11-19"
    assert article["passages"] >= 1
    assert article["source"] == "28-punkte-plan.txt"


@pytest.mark.parametrize("article_id", [_ODD_ID, "a%2Fb", ".", "..", "../x", "a//"])
def test_any_id_makes_a_route(http: httpx.Client, article_id: str) -> None:
    text = "Der Bürgermeister von Quendovia heißt Zorblax Wimpel."
    route = f"/v1/articles/{''.join(f'%{byte:02X}' for byte in article_id.encode())}"
    assert _problem(http.get(route), 404)
    posted = http.post("/v1/articles", json=[{"id": article_id, "text": text}]).json()
    try:
        assert (posted["articles"]["added"], posted["skipped"]) == (1, [])
        article = http.get(route).raise_for_status().json()
        assert (article["article_id"], article["text"]) == (article_id, text)
        answer = _ask(http, question="Wie heißt der Bürgermeister von Quendovia?")
        assert answer["citations"][0]["source"]["article_id"] == article_id
        assert answer["citations"][0]["source"]["quote"] == "Zorblax Wimpel"
    finally:
        removed = http.delete(route)
    assert removed.json() == {"removed": 1, "unknown": []}
    _problem(http.get(route), 404)
    _problem(http.delete(route), 404)


def test_ids_that_differ_by_their_encoding_are_two(http: httpx.Client) -> None:
    plain, encoded = {"id": "a/b", "text": "Eins."}, {"id": "a%2Fb", "text": "Zwei."}
    with _articles(http, plain, encoded):
        for route, text in (
            ("a/b", "Eins."), ("a%2Fb", "Eins."), ("a%252Fb", "Zwei."),
        ):  # fmt: skip
            assert http.get(f"/v1/articles/{route}").json()["text"] == text


def _verified(http: httpx.Client, source: dict[str, Any], **more: Any) -> dict[str, Any]:
    keys = ("article_id", "start", "end", "content_sha256")
    response = http.get("/v1/citations/verify", params={k: source[k] for k in keys} | more)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_a_citation_is_followed_while_its_article_changes(http: httpx.Client) -> None:
    told = "Die Sternwarte Quellhof zählte am Dienstag 4711 Meteore. Der Himmel war klar."
    given = {"id": "sternwarte", "text": told, "language": "de"}
    http.post("/v1/articles", json=[given]).raise_for_status()
    try:
        answer = _ask(http, question="Wie viele Meteore zählte die Sternwarte Quellhof?")
        source = answer["citations"][0]["source"]
        assert source["article_id"] == "sternwarte"
        assert _verified(http, source)["status"] == "valid"
        for text, status in (
            (f"{told} Mehr folgt.", "valid"),
            (f"Nachtrag: {told}", "moved"),
            ("Die Sternwarte Quellhof hat geschlossen.", "gone"),
        ):
            http.post("/v1/articles", json=[given | {"text": text}]).raise_for_status()
            found = _verified(http, source)
            assert found["status"] == status, text
            if status != "gone":
                assert text[found["start"] : found["end"]] == found["quote"] == source["quote"]
    finally:
        http.delete("/v1/articles/sternwarte").raise_for_status()
    assert _verified(http, source)["status"] == "gone"


@pytest.mark.parametrize(
    ("wrong", "path"),
    [({"start": "x"}, "start"), ({"content_sha256": "1"}, "content_sha256"), ({"end": -1}, "end")],
)
def test_a_citation_that_is_none_is_named(
    http: httpx.Client, wrong: dict[str, Any], path: str
) -> None:
    given = {"article_id": "x", "start": 0, "end": 1, "content_sha256": "0" * 64} | wrong
    problem = _problem(http.get("/v1/citations/verify", params=given), 400)
    assert _paths(problem) == [path]


def test_articles_as_json_lines_and_as_an_array(http: httpx.Client) -> None:
    article = {
        "id": "post-1",
        "text": "Emoji davor 👩‍💻🚋: Die Brücke in Quendovia ist 77 Meter lang.\r\n",
        "title": "Brücke",
        "published_at": "2025-05-01",
        "url": "https://example.org/b",
        "language": "de",
        "outlet": "Post",
        "tags": ["a", "b"],
    }
    with _articles(http, article) as report:
        assert report["articles"] == {
            "added": 1, "updated": 0, "unchanged": 0, "removed": 0, "skipped": 0
        }  # fmt: skip
        assert report["skipped"] == []
        assert report["passages"] == 1
        again = http.post("/v1/articles", json=[article]).json()
        assert again["articles"]["unchanged"] == 1
        updated = http.post("/v1/articles", json=[article | {"title": "Die Brücke"}]).json()
        assert updated["articles"]["updated"] == 1
        found = http.get("/v1/articles/post-1").json()
        assert found["text"] == article["text"]
        assert (found["title"], found["published_at"]) == ("Die Brücke", "2025-05-01")
        assert found["metadata"] == {"outlet": "Post", "tags": ["a", "b"]}
        source = _ask(http, question="Wie lang ist die Brücke in Quendovia?")["citations"][0][
            "source"
        ]
        assert source["quote"] == found["text"][source["start"] : source["end"]]
        assert source["quote"] == "77 Meter"


def test_broken_lines_are_reported_and_the_rest_is_kept(http: httpx.Client) -> None:
    good = json.dumps({"id": "good-1", "text": "Gut."})
    lines = [good, "{broken", json.dumps({"id": "no-text"}), json.dumps({"id": "", "text": "x"})]
    response = http.post("/v1/articles", content="\n".join(lines).encode() + b"\n\xff\n")
    try:
        report = response.raise_for_status().json()
        assert report["articles"]["added"] == 1
        assert report["articles"]["skipped"] == 4
        assert [s["line"] for s in report["skipped"]] == [2, 3, 4, 5]
        assert all(s["reason"] for s in report["skipped"])
    finally:
        assert http.delete("/v1/articles/good-1").is_success


_WORDLESS = ["— — —", "\u200b\u200b", "?!", "\x07"]


def test_articles_without_words_do_no_harm(http: httpx.Client) -> None:
    """What holds no answer may be found first, and does not stand in the way of one."""
    question = "Wie heißt der Bürgermeister von Quendovia?"
    empty = [
        {"id": f"empty-{n}", "title": question, "text": text, "language": "de"}
        for n, text in enumerate(_WORDLESS)
    ]
    real = {"id": "real", "text": "Der Bürgermeister von Quendovia heißt Zorblax Wimpel."}
    with _articles(http, *empty, real):
        for top_k in (1, 5, 50):
            answer = _ask(http, question=question, top_k=top_k)
            assert answer["citations"][0]["source"]["quote"] == "Zorblax Wimpel"
            assert all(isinstance(p["score"], float) for p in answer["passages"])


_PARAMETERS = [
    ({"question": ""}, "question"),
    ({"question": "   "}, "question"),
    ({"question": "x" * 4001}, "question"),
    ({"question": 7}, "question"),
    ({}, "question"),
    ({"question": "Wer?", "published_after": "gestern"}, "published_after"),
    ({"question": "Wer?", "published_before": "2025-02-30"}, "published_before"),
    ({"question": "Wer?", "now": "soon"}, "now"),
    ({"question": "Wer?", "top_k": 0}, "top_k"),
    ({"question": "Wer?", "top_k": 51}, "top_k"),
    ({"question": "Wer?", "language": "german"}, "language"),
    ({"question": "Wer?", "language": 5}, "language"),
    ({"question": "Wer?", "mode": "magic"}, "mode"),
    ({"question": "Wer?", "stream": "yes"}, "stream"),
    ({"question": "Wer?", "mode": "generative"}, "mode"),
    ({"question": "Wer?", "history": [{"role": "system", "content": "x"}]}, "history[0].role"),
    ({"question": "Wer?", "history": [{"role": "user"}]}, "history[0].content"),
    ({"question": "Wer?", "topk": 5}, "topk"),
]


@pytest.mark.parametrize(("body", "field"), _PARAMETERS)
def test_a_question_that_can_not_be_asked_names_its_field(
    http: httpx.Client, body: dict[str, Any], field: str
) -> None:
    problem = _problem(http.post("/v1/questions", json=body), 400)
    assert _paths(problem) == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000])
def test_a_body_that_is_no_question(http: httpx.Client, body: bytes) -> None:
    response = http.post(
        "/v1/questions", content=body, headers={"content-type": "application/json"}
    )
    _problem(response, 400)


@pytest.mark.parametrize(
    ("route", "field"),
    [
        ("/v1/search", "q"),
        ("/v1/search?q=", "q"),
        ("/v1/search?q=a&top_k=0", "top_k"),
        ("/v1/search?q=a&top_k=x", "top_k"),
        ("/v1/search?q=a&rerank=perhaps", "rerank"),
        ("/v1/search?q=a&published_after=x", "published_after"),
        ("/v1/search?q=a&language=xx", "language"),
        ("/v1/articles?limit=0", "limit"),
        ("/v1/articles?limit=1001", "limit"),
        ("/v1/articles?limit=x", "limit"),
        ("/v1/articles?cursor=x", "cursor"),
        ("/v1/articles/%FF", "article_id"),
    ],
)
def test_a_parameter_that_can_not_be_used_is_named(
    http: httpx.Client, route: str, field: str
) -> None:
    assert _paths(_problem(http.get(route), 400)) == [field]


def test_routes_and_methods_that_are_not_there(http: httpx.Client) -> None:
    for route in ("/v1", "/v1/nothing", "/v1/articles/none.txt"):
        _problem(http.get(route), 404)
    refused = http.put("/v1/questions", json={})
    _problem(refused, 405)
    assert refused.headers["allow"]


def test_a_body_that_is_too_large(http: httpx.Client) -> None:
    body = b'{"id": "big", "text": "' + b"x" * BODY_LIMIT + b'"}'
    _problem(http.post("/v1/articles", content=body), 413)
    _problem(
        http.post(
            "/v1/articles", content=(body[n : n + 99_999] for n in range(0, len(body), 99_999))
        ),
        413,
    )
    assert http.get("/v1/articles/big").status_code == 404


def test_an_empty_body_is_no_article(http: httpx.Client) -> None:
    _problem(http.post("/v1/articles", content=b" \n"), 400)


def test_the_internal_format_is_for_the_owner_alone(http: httpx.Client) -> None:
    body = json.dumps({"id": "x", "text": "x", "source_root": "/etc", "source": "passwd"})
    for token in ("", "Bearer wrong", "Bearer ü".encode()):
        response = http.post(
            "/v1/articles",
            content=body,
            headers={
                "content-type": "application/vnd.fundstelle.articles+jsonl",
                "authorization": token,
            },
        )
        _problem(response, 400)
    assert http.get("/v1/articles/x").status_code == 404


def test_evaluations(http: httpx.Client) -> None:
    gold = {"id": "1", "language": "en", "question": _TALKS, "article": "28-punkte-plan.txt"}
    body = json.dumps(gold | {"answers": ["Kiew und Europa"]})
    figures = http.post("/v1/evaluations", content=body).raise_for_status().json()
    assert (figures["questions"], figures["overall"]["span_exact"]) == (1, 1.0)
    problem = _problem(http.post("/v1/evaluations", content=f"{body}\n{{"), 400)
    assert "body:2" in problem["detail"]
    _problem(http.post("/v1/evaluations", content=b""), 400)


def test_the_schema_lists_every_route(http: httpx.Client) -> None:
    schema = http.get("/schema").raise_for_status().json()
    assert schema["openapi"].startswith("3.")
    listed = {
        (method, path)
        for path, methods in schema["paths"].items()
        for method in methods
        if method in {"get", "post", "delete", "put", "patch"}
    }
    assert {
        ("post", "/v1/questions"),
        ("get", "/v1/search"),
        ("get", "/v1/articles"),
        ("post", "/v1/articles"),
        ("get", "/v1/articles/{article_id}"),
        ("delete", "/v1/articles/{article_id}"),
        ("post", "/v1/evaluations"),
        ("get", "/v1/status"),
        ("get", "/health"),
        ("get", "/health/live"),
        ("get", "/health/ready"),
    } <= listed
    body = schema["components"]["schemas"]
    assert "Answer" in "".join(body)


def test_health(http: httpx.Client, running_service: Service) -> None:
    health = http.get("/health").raise_for_status().json()
    assert (health["status"], health["archive"], health["owner"]) == ("ok", "default", False)
    assert health["version"]
    for token, owner in ((running_service.owner["token"], True), ("wrong", False)):
        given = http.get("/health", headers={"authorization": f"Bearer {token}"})
        assert given.json()["owner"] is owner
    for page in ("/health/live", "/health/ready"):
        assert http.get(page).raise_for_status().json() == {"status": "ok"}


def test_status(http: httpx.Client) -> None:
    status = http.get("/v1/status").raise_for_status().json()
    assert list(status) == ["articles", "passages", "store", "recipe", "bytes", "generation"]
    assert (status["articles"], status["passages"]) == (18, 35)


def test_many_at_once_all_get_their_own_answer(http: httpx.Client) -> None:
    expected = {
        _TALKS: "Kiew und Europa",
        "In what year was the ferry Kranich built?": "1984",
        "Wo traf Trump im August Wladimir Putin?": "Alaska",
        _OIL: None,
    }

    def quoted(question: str) -> tuple[str, Any]:
        citations = _ask(http, question=question)["citations"]
        return question, citations[0]["source"]["quote"] if citations else None

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(quoted, [*expected] * 4))
    assert found == [*expected.items()] * 4
