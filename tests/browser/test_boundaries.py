"""What the page may load and how much of it: policy, headers, caching, weight."""

from __future__ import annotations

import importlib.resources

import httpx
import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.model

_MOST_BYTES = 100_000


def test_the_page_weighs_little(visit: Visit) -> None:
    page = visit("/schema")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/", wait_until="networkidle")
    assert len(sizes) > 10
    assert sum(sizes) < _MOST_BYTES, sizes


def test_nothing_inline_runs_and_text_never_becomes_markup(visit: Visit) -> None:
    page = visit(watched=False)  # what is refused here stands on the console
    refused = page.evaluate(
        """() => {
            const tried = [
                () => { document.body.innerHTML = "<p>x"; },
                () => { document.createElement("script").text = "1"; },
            ].map((attempt) => { try { attempt(); return "ran"; } catch { return "refused"; } });
            const style = document.createElement("style");
            style.textContent = "body { color: red }";
            document.head.append(style);
            return [...tried, style.sheet ? "ran" : "refused"];
        }"""
    )
    assert refused == ["refused"] * 3


@pytest.mark.parametrize("path", ["/", "/read/28-punkte-plan.txt", "/read/x", "/static/page.js"])
def test_headers(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] in {"no-cache", "private, no-cache"}


def test_files_are_sent_once(http: httpx.Client) -> None:
    for path, kind in (("/", "text/html"), ("/static/page.js", "text/javascript")):
        first = http.get(path)
        assert first.headers["content-type"].partition(";")[0] == kind
        known = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
        again = http.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert http.get(path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["none.js", "..%2Fpage.html", "%2e%2e", "reader.py"])
def test_nothing_but_the_static_files_is_served(http: httpx.Client, name: str) -> None:
    assert http.get(f"/static/{name}").status_code == 404


def test_every_file_is_in_the_package_and_needed() -> None:
    folder = importlib.resources.files("service.web")
    names = {path.name for path in (folder / "static").iterdir()}
    texts = [path.read_text("utf-8") for path in (folder / "static").iterdir()]
    texts += [path.read_text("utf-8") for path in (folder / "templates").iterdir()]
    texts.append((folder / "page.html").read_text("utf-8"))
    assert {name for name in names if not any(name in text for text in texts)} == set()


def test_the_pages_are_not_in_the_schema(http: httpx.Client) -> None:
    paths = http.get("/schema").json()["paths"]
    assert "/v1/languages" in paths
    assert not [path for path in paths if not path.startswith(("/v1/", "/health"))]
