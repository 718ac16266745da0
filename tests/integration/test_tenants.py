"""Every route there is, with keys: nobody without one, nobody beyond their scope or archive.

The routes are those of the application itself, so that a new one which nobody thought of here
fails a test.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from litestar.routes import HTTPRoute

from indexer.settings import ArchiveSettings
from service.access.boundary import Boundary
from service.access.gate import Gate
from service.access.scope import Scope
from service.api.admission import NEEDED
from service.app import create_app
from service.archives import Archives
from service.engine import Engine
from service.settings import ServiceSettings
from tests.keyed_service import ARTICLE, OTHER, QUESTION, WORDS, KeyedService

pytestmark = pytest.mark.model

_OPEN = {
    *("GET /", "GET /static/{name}", "GET /sign-in", "POST /sign-in", "POST /sign-out"),
    *("GET /health/live", "GET /health/ready"),
    *("GET /schema", "GET /schema/openapi.json", "GET /schema/{path}"),
}
_OWNER_ALONE = {
    *("GET /v1/backup", "POST /v1/reindex", "POST /v1/restore", "GET /v1/renewal"),
    "DELETE /v1/former",
}
_PARAMETERS = {
    "article_id": quote(ARTICLE),
    "name": "fundstelle",
    "path": "x",
}


@pytest.fixture(scope="module")
def routes(
    seed_index: tuple[Path, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Scope | None]:
    """``METHOD /path`` of every route, and the scope that it needs."""
    index = shutil.copytree(seed_index[0], tmp_path_factory.mktemp("routes") / "index")
    found: dict[str, Scope | None] = {}
    with Engine(ArchiveSettings(index=Path(index))) as engine:
        gate = Gate(Boundary.of(ServiceSettings(), None), "default")
        app = create_app(Archives(engine), gate)
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: the gate knows HTTP alone"
        for handler in route.route_handlers:
            for method in set(handler.http_methods) - {"OPTIONS"}:
                path = "/".join(
                    f"{{{part.strip('{}').partition(':')[0]}}}" if part.startswith("{") else part
                    for part in route.path_format.split("/")
                )
                found[f"{method} {path}"] = handler.opt.get(NEEDED, Scope.ADMIN)
    assert len(found) > 30
    return found


def _send(http: httpx.Client, route: str, **given: Any) -> httpx.Response:
    method, path = route.split(" ")
    return http.request(method, path.format_map(_PARAMETERS), **given)


@pytest.fixture(scope="module")
def clients(keyed: KeyedService) -> Iterator[dict[str | None, httpx.Client]]:
    opened = {name: keyed.client(name) for name in (None, *keyed.secrets)}
    yield opened
    for client in opened.values():
        client.close()


def test_without_a_key_only_what_shows_no_archive_is_open(
    routes: dict[str, Scope | None], clients: dict[str | None, httpx.Client]
) -> None:
    assert {route for route, needed in routes.items() if needed is None} <= _OPEN
    for route in routes:
        for headers in ({}, {"authorization": "Bearer fs_wrong"}, {"cookie": "fundstelle_key=x"}):
            response = _send(clients[None], route, headers=headers)
            if route in _OPEN:
                assert response.status_code in {200, 303, 401, 404}, route
                assert WORDS not in response.text
                if response.status_code == 401:  # a wrong key at the sign-in
                    assert route == "POST /sign-in"
            else:
                assert response.status_code == 401, route
                assert response.headers["www-authenticate"].startswith("Bearer"), route


def test_no_key_goes_beyond_its_scope(
    routes: dict[str, Scope | None], clients: dict[str | None, httpx.Client]
) -> None:
    refused = 0
    for route, needed in routes.items():
        for scope in Scope:
            if needed is not None and not scope.allows(needed):
                response = _send(clients[f"other-{scope}"], route)
                assert response.status_code == 403, (route, scope)
                refused += 1
    assert refused > 40


def test_what_is_for_the_command_line_is_not_for_admins(
    routes: dict[str, Scope | None], clients: dict[str | None, httpx.Client]
) -> None:
    assert set(routes) >= _OWNER_ALONE
    for route in _OWNER_ALONE:
        response = _send(clients["default-admin"], route, json={})
        assert response.status_code == 403, route
        assert "command line" in response.text


def _ask(content: str) -> dict[str, Any]:
    message = {"role": "user", "content": content}
    return {"json": {"model": "fundstelle", "messages": [message], "max_tokens": 1}}


_GOLD = {"id": "1", "language": "en", "question": QUESTION, "article": ARTICLE, "answers": [WORDS]}


def _requests(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """For each route, what shows or touches the seeds where it is sent with a key for them."""
    source = answer["citations"][0]["source"]
    cited = {key: source[key] for key in ("article_id", "start", "end", "content_sha256", "quote")}
    rating = {"question": QUESTION, "rating": "up", "answer": answer}
    return {
        "POST /v1/questions": {"json": {"question": QUESTION}},
        "GET /v1/search": {"params": {"q": QUESTION}},
        "GET /v1/articles": {},
        "GET /v1/articles/{article_id}": {},
        "DELETE /v1/articles/{article_id}": {},
        "POST /v1/articles": {"json": [{"id": ARTICLE, "text": "Short."}]},
        "POST /v1/chat/completions": _ask(QUESTION),
        "POST /v1/messages": _ask(QUESTION),
        "GET /v1/citations/verify": {"params": cited},
        "GET /v1/languages": {},
        "GET /v1/status": {},
        "POST /v1/evaluations": {"content": json.dumps(_GOLD)},
        "POST /v1/feedback": {"json": rating},
        "GET /read/{article_id}": {"params": {"start": source["start"], "end": source["end"]}},
        "GET /health": {},
        "GET /v1/access": {},
    }


#: The same for every archive, so there is nothing of one in them.
_ALIKE = {
    *("GET /v1/feedback", "GET /v1/models", "GET /v1/models/{name}"),
    *(f"{method} /v1/chat/completions" for method in ("GET", "PUT", "PATCH", "DELETE")),
    *(f"{method} /v1/messages" for method in ("GET", "PUT", "PATCH", "DELETE")),
    "GET /metrics",  # figures of the whole service, for who runs it
}
_LATE = {"DELETE /v1/articles/{article_id}", "POST /v1/articles"}


def test_every_route_has_a_tenant_s_test(routes: dict[str, Scope | None]) -> None:
    answer = {"citations": [{"source": dict.fromkeys(
        ("article_id", "start", "end", "content_sha256", "quote"), 0)}]}  # fmt: skip
    tested = set(_requests(answer)) | _ALIKE | _OWNER_ALONE | _OPEN
    assert set(routes) <= tested, "a new route: what would it show of another's archive?"


def _what_matters(response: httpx.Response) -> Any:
    """The answer without what differs from time to time."""
    if "json" not in response.headers.get("content-type", ""):
        return response.text
    found = response.json()
    if isinstance(found, dict):
        for key in (
            "timings_ms",
            "latency_ms",
            "id",
            "created",
            "bytes",
            "indexed_at",
            "request_id",
        ):
            found.pop(key, None)
    return found


def test_a_key_sees_its_own_archive_and_no_other(
    clients: dict[str | None, httpx.Client], keyed: KeyedService
) -> None:
    mine, theirs = clients["default-admin"], clients["other-admin"]
    answer = mine.post("/v1/questions", json={"question": QUESTION}).json()
    assert answer["answer"]["text"] == WORDS
    requests = _requests(answer)
    titles = {a["title"] for a in mine.get("/v1/articles").json()["articles"]} - {None}
    assert len(titles) > 10
    for route in sorted(requests, key=lambda route: route in _LATE):
        shown = _send(theirs, route, **requests[route])
        for word in (WORDS, *titles):
            # An evaluation's and a rating's own words are what was sent.
            assert word not in shown.text, route
        assert shown.status_code < 500, route
        if route not in _LATE:
            own = _send(mine, route, **requests[route])
            assert own.is_success, (route, own.text)
            assert _what_matters(shown) != _what_matters(own), route

    assert theirs.get("/v1/citations/verify", **requests["GET /v1/citations/verify"]).json()[
        "status"
    ] == "gone"  # fmt: skip
    assert theirs.post("/v1/feedback", **requests["POST /v1/feedback"]).status_code == 400
    assert len(keyed.feedback.read_text("utf-8").splitlines()) == 1
    assert not keyed.feedback.with_name("ratings.other.jsonl").exists()
    # Their article of the same id came into their archive alone, where it can be removed again.
    assert WORDS in mine.get(f"/v1/articles/{ARTICLE}").json()["text"]
    assert theirs.get(f"/v1/articles/{ARTICLE}").json()["text"] == "Short."
    assert theirs.delete(f"/v1/articles/{ARTICLE}").json()["removed"] == 1
    assert mine.get("/v1/status").json()["articles"] == 18
    assert theirs.get("/v1/status").json()["articles"] == 1


def test_and_the_other_way_round(clients: dict[str | None, httpx.Client]) -> None:
    mine, theirs = clients["default-read"], clients["other-read"]
    found = theirs.post("/v1/questions", json={"question": "Why did the harbour close?"}).json()
    assert {p["article_id"] for p in found["passages"]} == {OTHER["id"]}
    assert mine.get(f"/v1/articles/{OTHER['id']}").status_code == 404
    listed = mine.get("/v1/articles").json()["articles"]
    assert OTHER["id"] not in {a["article_id"] for a in listed}
    assert mine.get("/v1/access").json()["archive"] == "default"
    assert theirs.get("/v1/access").json() == {
        "archive": "other", "scope": "read", "key": "other-read", "rate": None,
    }  # fmt: skip


def test_only_an_admin_learns_where_things_lie_on_the_machine(
    clients: dict[str | None, httpx.Client], keyed: KeyedService, seeds: Path
) -> None:
    routes = ("/v1/status", "/v1/articles", f"/v1/articles/{ARTICLE}")
    for route in routes:
        shown = clients["default-read"].get(route).text
        assert str(seeds) not in shown
        assert str(keyed.service.index) not in shown
    assert clients["default-read"].get("/v1/status").json()["store"] == "edge"
    told = [clients["default-admin"].get(route).text for route in routes]
    assert str(keyed.service.index) in told[0]
    assert str(seeds) in told[1]
    assert str(seeds) in told[2]


def test_no_header_leads_into_another_archive(clients: dict[str | None, httpx.Client]) -> None:
    headers = {"fundstelle-archive": "default", "fundstelle-create": "yes"}
    status = clients["other-admin"].get("/v1/status", headers=headers).json()
    assert status["articles"] == 1
