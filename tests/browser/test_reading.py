"""The reader's page: the article, the marked place, and what it says where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from lxml import html
from playwright.sync_api import expect

from tests.browser.asking import module, on_screen
from tests.browser.conftest import Visit

pytestmark = pytest.mark.model

_PLAN = "/read/28-punkte-plan%2Etxt"
_IDS = ["a/b ü%2F?#😀", "a%2Fb", "../x", "a//", "x.html", "'()*!~", "a b+c", '<"&>', "a\\b"]


def _page(http: httpx.Client, path: str, status: int = 200, **headers: str) -> html.HtmlElement:
    answer = http.get(path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return html.document_fromstring(answer.content.decode())


def _said(page: html.HtmlElement, query: str) -> str:
    return " ".join(page.xpath(f"string({query})").split())


def test_the_place_is_shown_without_javascript_and_without_a_fragment(visit: Visit) -> None:
    page = visit(
        f"{_PLAN}?start=1420&end=1443",
        java_script_enabled=False,
        viewport={"width": 600, "height": 400},
    )
    mark = page.locator("mark")
    expect(mark).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "28 Punkte für die Ukraine: Washington und Moskau verhandeln im Stillen"
    )
    expect(page.locator("#text")).to_have_attribute("dir", "auto")
    expect(page.locator("article")).to_have_attribute("lang", "de")


def test_the_page_is_the_article_character_for_character(visit: Visit, http: httpx.Client) -> None:
    for listed in http.get("/v1/articles").json()["articles"]:
        route = quote(listed["article_id"], safe="")
        text = http.get(f"/v1/articles/{route}").json()["text"]
        page = html.document_fromstring(http.get(f"/read/{route}?start=5&end=150").text)
        assert page.get_element_by_id("text").text_content() == text
        assert page.get_element_by_id("quote").text_content() == text[5:150]


@pytest.mark.parametrize(
    "query",
    [
        "start=5", "end=5", "start=5&end=5", "start=9&end=5", "start=-1&end=5", "start=a&end=b",
        "start=0&end=99999", "start=&end=", "start=1e3&end=2e3", "start=٣&end=٥",
        "start=0&end=99999999999999999999999",
    ],
)  # fmt: skip
def test_a_place_that_is_not_there_leaves_the_article(http: httpx.Client, query: str) -> None:
    page = _page(http, f"{_PLAN}?{query}")
    assert "It is shown without a mark." in _said(page, "//*[@class='notice']")
    assert page.xpath("//mark") == []
    assert page.get_element_by_id("text").text_content().startswith(" date 2025-11-19 28 Punkte")


def test_a_changed_article_says_so(http: httpx.Client) -> None:
    now = http.get("/v1/articles/28-punkte-plan.txt").json()["content_sha256"]
    page = _page(http, f"{_PLAN}?start=450&end=465&content_sha256={now}")
    assert _said(page, "//mark") == "Kiew und Europa"
    page = _page(http, f"{_PLAN}?start=450&end=465&content_sha256={'0' * 64}")
    assert "has changed since it was cited" in _said(page, "//*[@class='notice']")
    assert page.xpath("//mark") == []


def test_a_place_that_moved_is_marked_where_it_stands_now(http: httpx.Client) -> None:
    told = {"id": "umzug", "text": "Das Museum zieht um. Es öffnet im Mai.", "language": "de"}
    http.post("/v1/articles", json=[told]).raise_for_status()
    version = http.get("/v1/articles/umzug").json()["content_sha256"]
    for text, marked, notice in (
        ("Neu: Das Museum zieht um. Es öffnet im Mai.", ["Das Museum zieht um."], "it still says"),
        ("Das Museum bleibt.", [], "so the place is not marked"),
    ):
        http.post("/v1/articles", json=[told | {"text": text}]).raise_for_status()
        page = _page(http, f"/read/umzug?start=0&end=20&content_sha256={version[:12]}")
        assert [mark.text_content() for mark in page.xpath("//mark")] == marked
        assert notice in _said(page, "//*[@class='notice']")
        beyond = _page(http, f"/read/umzug?start=0&end=2000&content_sha256={version[:12]}")
        assert beyond.xpath("//mark") == []
        assert "has changed since it was cited" in _said(beyond, "//*[@class='notice']")
    http.delete("/v1/articles/umzug").raise_for_status()


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html"])
def test_an_unknown_article_is_a_page_too(http: httpx.Client, accept: str) -> None:
    page = _page(http, "/read/no%2Fsuch%3Cb%3E", 404, accept=accept)
    assert _said(page, "//main//h1") == "Not in the archive"
    assert "“no/such<b>”" in _said(page, "//main//p")
    assert page.xpath("//main//b") == []
    _page(http, "/read/%FF", 400, accept=accept)


def test_the_language_of_the_page_is_the_browsers_or_the_one_asked_for(http: httpx.Client) -> None:
    german = {"accept-language": "fr;q=0.9, de-CH;q=0.8, en;q=0.7"}
    assert _said(_page(http, "/read/x", 404, **german), "//main//h1") == "Nicht im Archiv"
    assert _said(_page(http, "/read/x?ui=en", 404, **german), "//main//h1") == "Not in the archive"
    page = _page(http, _PLAN, **german)
    assert page.get("lang") == "de"
    assert _said(page, "//time") == "19. November 2025"


@pytest.mark.parametrize("article_id", _IDS)
def test_any_id_makes_a_link_that_leads_to_its_article(
    visit: Visit, keep: Callable[..., Any], article_id: str
) -> None:
    with keep({"id": article_id, "title": f"T {article_id}", "text": "Eins. Zwei 😀. Drei."}):
        page = visit()
        source = {"article_id": article_id, "start": 6, "end": 12}
        link = module(page, "archive.js", "({ place }, source) => place(source)", source)
        page.goto(link)
        assert page.locator("h1").text_content() == f"T {article_id}"
        mark = page.locator("#quote")
        assert mark.text_content() == "Zwei 😀"
        assert on_screen(mark)
        # The links of the page lead where they should, however many slashes the path has.
        assert page.locator(".masthead .name a").evaluate("a => new URL(a.href).pathname") == "/"
        family = "getComputedStyle(document.body).fontFamily.includes('Palatino')"
        assert page.evaluate(family), "the style sheet was found"


def test_only_web_addresses_become_links(http: httpx.Client, keep: Callable[..., Any]) -> None:
    article = {"id": "q-1", "text": "Ein Text.", "title": "T", "url": "https://example.org/a?b=1&c"}
    with keep(article):
        link = _page(http, "/read/q-1").xpath("//a[contains(., 'Original')]")[0]
    assert (link.get("href"), link.get("rel")) == (article["url"], "noopener noreferrer external")
