"""Asking on the page, of a real service: the answer, its citations, and what stands beside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.asking import OIL, TALKS, ask, on_screen, open_citation
from tests.browser.conftest import Visit

pytestmark = pytest.mark.model


def test_an_answer_with_its_citation_and_the_article_beside_it(
    visit: Visit, http: httpx.Client
) -> None:
    page = visit()
    turn = ask(page, TALKS)
    expect(turn.locator(".words")).to_have_text("Kiew und Europa1")
    expect(turn.locator(".words")).to_have_attribute("lang", "de")
    quote = turn.locator(".source blockquote")
    expect(quote).to_have_text("Kiew und Europa sitzen bei diesen Gesprächen nicht am Tisch.")
    expect(quote.locator("mark")).to_have_text("Kiew und Europa")
    expect(quote).to_have_attribute("lang", "de")

    mark = open_citation(page)
    assert mark.text_content() == "Kiew und Europa"
    assert on_screen(mark)
    text = http.get("/v1/articles/28-punkte-plan.txt").json()["text"]
    assert page.locator("#panel .text").evaluate("node => node.textContent") == text
    expect(page.get_by_role("complementary")).to_have_accessible_name(
        "28 Punkte für die Ukraine: Washington und Moskau verhandeln im Stillen"
    )


def test_the_archive_does_not_say(visit: Visit) -> None:
    page = visit()
    turn = ask(page, OIL)
    expect(turn).to_contain_text("The archive does not say.")
    nearest = turn.locator(".passages a")
    assert nearest.count() == 5
    nearest.first.click()
    mark = page.locator("#panel .text mark")
    passage = turn.locator(".passages .excerpt").first.text_content()
    assert (mark.text_content() or "").strip() == passage


def test_filters_are_sent_and_told(visit: Visit) -> None:
    page = visit()
    page.get_by_text("Only some articles").click()
    page.get_by_label("Published from").fill("2025-01-01")
    page.get_by_label("Published until").fill("2025-12-31")
    page.get_by_label("German").check()
    page.get_by_label("French").check()
    with page.expect_request("**/v1/questions") as sent:
        turn = ask(page, TALKS)
    assert sent.value.post_data_json == {
        "question": TALKS,
        "history": [],
        "published_after": "2025-01-01",
        "published_before": "2025-12-31",
        "language": ["de", "fr"],
        "stream": True,
    }
    expect(turn.locator(".narrowed")).to_have_text(
        "from January 1, 2025 · until December 31, 2025 · German, French"
    )
    languages = page.locator("#languages label").all_text_contents()
    assert sorted(languages) == ["English", "French", "German", "Italian", "Ukrainian"]


def test_what_is_wrong_with_a_filter_is_said_at_the_filter(visit: Visit) -> None:
    page = visit()
    page.get_by_text("Only some articles").click()
    page.get_by_label("Published from").fill("2025-12-31")
    page.get_by_label("Published until").fill("2025-01-01")
    turn = ask(page, TALKS)
    expect(turn.get_by_role("alert")).to_contain_text("lies before published_after")
    field = page.get_by_label("Published until")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "2025-01-01 lies before published_after 2025-12-31"
    )
    expect(page.get_by_role("textbox", name="question")).to_have_value(TALKS)


def test_a_conversation_is_sent_kept_and_begun_anew(visit: Visit) -> None:
    page = visit()
    ask(page, TALKS)
    ask(page, OIL)
    with page.expect_request("**/v1/questions") as sent:
        ask(page, "In what year was the ferry Kranich built?")
    assert sent.value.post_data_json["history"] == [
        {"role": "user", "content": TALKS},
        {"role": "assistant", "content": "Kiew und Europa"},
        {"role": "user", "content": OIL},
        {"role": "assistant", "content": "The archive does not say."},
    ]
    page.reload()
    expect(page.locator(".turn .asked")).to_have_text(
        [TALKS, OIL, "In what year was the ferry Kranich built?"]
    )
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("textbox", name="question")).to_be_focused()
    with page.expect_request("**/v1/questions") as sent:
        ask(page, TALKS)
    assert sent.value.post_data_json["history"] == []


def test_on_a_phone_a_citation_leads_to_the_article_and_back(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    turn = ask(page, TALKS)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) == 360
    turn.locator(".ref").tap()
    page.wait_for_url("**/read/**")
    mark = page.locator("#quote")
    expect(mark).to_have_text("Kiew und Europa")
    assert on_screen(mark)
    assert page.evaluate(wide) == 360
    page.go_back()
    expect(page.locator(".words")).to_have_text("Kiew und Europa1")


def test_a_hostile_article_is_text_and_marked_rightly(
    visit: Visit, keep: Callable[..., Any]
) -> None:
    before = (
        "👩‍💻🚋 <script>window.hacked = 1</script> </div></article><img src=x onerror=alert(1)>\r\n"
        "\u202edesrever\u202c \u2067isolate e\u0301 <!-- &amp; &#13; {{ 7 * 7 }} \u2028 𝔘\r"
    )
    text = f"{before}Der Bürgermeister von Quendovia heißt Zorblax Wimpel.</mark>\n\tEnde\r\n"
    article = {
        "id": "x/../<b>&?#%2F.ü",
        "title": "<b>Quendovia</b> \u202e & <script>alert(2)</script>",
        "text": text,
        "author": '"><script>alert(3)</script>',
        "url": "https://example.org/?a=1&b=2",
        "language": "de",
    }
    with keep(article):
        page = visit()
        turn = ask(page, "Wie heißt der Bürgermeister von Quendovia?")
        mark = open_citation(page)
        assert mark.text_content() == "Zorblax Wimpel"
        assert on_screen(mark)
        content = "node => node.textContent"
        assert page.locator("#panel .text").evaluate(content) == text
        assert page.locator("#panel h2").text_content() == article["title"]
        page.goto(turn.locator(".ref").get_attribute("href") or "")
        assert page.locator("#quote").text_content() == "Zorblax Wimpel"
        assert on_screen(page.locator("#quote"))
        assert page.locator("#text").evaluate(content) == text
        assert page.locator("h1").text_content() == article["title"]
        assert page.get_by_role("link", name="Original").get_attribute("href") == article["url"]
        assert page.evaluate("window.hacked") is None


def test_an_article_that_changed_or_went_since_it_was_cited(
    visit: Visit, http: httpx.Client, keep: Callable[..., Any]
) -> None:
    article = {"id": "q-1", "text": "Der Bürgermeister von Quendovia heißt Zorblax Wimpel."}
    page = visit()
    with keep(article):
        ask(page, "Wie heißt der Bürgermeister von Quendovia?")
        changed = article | {"text": "Neu: " + article["text"]}
        http.post("/v1/articles", content=json.dumps(changed)).raise_for_status()
        page.locator(".ref").click()
        expect(page.locator("#panel .notice")).to_contain_text("has changed since it was cited")
        assert page.locator("#panel mark").count() == 0
        expect(page.locator("#panel .text")).to_have_text(changed["text"])
    page.locator(".ref").click()
    expect(page.locator("#panel").get_by_role("alert")).to_contain_text("no article 'q-1'")
