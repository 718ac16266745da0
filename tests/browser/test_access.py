"""For every reader: keyboard, screen reader, light and dark, small windows, both languages."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.asking import OIL, TALKS, ask, module, open_citation
from tests.browser.conftest import Visit

pytestmark = pytest.mark.model

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page."""
    found = Axe().run(page, options={"runOnly": _RULES}).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, scheme: str) -> None:
    # Axe is injected, which the policy of the page would not have.
    page = visit(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    found = violations(page)
    page.get_by_text("Only some articles").click()
    ask(page, OIL)
    found += violations(page)
    turn = ask(page, TALKS)
    turn.locator(".others summary").click()
    open_citation(page)
    found += violations(page)
    page.goto("/read/28-punkte-plan.txt?start=450&end=465")
    found += violations(page)
    page.goto("/read/missing")
    found += violations(page)
    assert found == []


def test_everything_by_keyboard(visit: Visit) -> None:
    page = visit()
    box = page.get_by_role("textbox", name="question")
    expect(box).to_be_focused()
    page.keyboard.type("Who is excluded")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("from the talks?")
    page.keyboard.press("Enter")
    expect(page.locator(".asked")).to_have_text("Who is excluded\nfrom the talks?")
    expect(page.locator(".foot")).to_be_visible()
    expect(box).to_be_focused()

    order = []
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        order.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 9)"))
    assert order[:3] == ["Passages ", "28 Punkte", "1"], order
    citation = page.locator(".ref")
    page.keyboard.press("Tab")
    expect(citation).to_be_focused()
    assert citation.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"

    page.keyboard.press("Enter")
    expect(page.locator("#panel mark")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    close = page.get_by_role("button", name="Close the article")
    expect(close).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(citation).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.locator("#panel mark")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    expect(citation).to_be_focused()


def test_the_skip_link_leads_past_the_masthead(visit: Visit) -> None:
    page = visit("/read/28-punkte-plan.txt")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the article")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_roles_and_names(visit: Visit) -> None:
    page = visit()
    ask(page, TALKS)
    expect(page.get_by_role("main")).to_match_aria_snapshot(
        """
        - main:
          - region "Conversation":
            - list:
              - listitem:
                - article "Who is excluded from the talks?":
                  - heading "Who is excluded from the talks?" [level=2]
                  - paragraph:
                    - text: Kiew und Europa
                    - 'link /Source 1: 28 Punkte für die Ukraine/'
                  - heading "Where it says so" [level=3]
                  - list:
                    - listitem:
                      - blockquote:
                        - mark: Kiew und Europa
          - textbox "Your question"
          - button "Ask"
        """
    )


def test_dark_follows_the_system_until_it_is_chosen(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    dark = page.evaluate(_BACKGROUND)
    toggle = page.get_by_role("button", name="Dark colours")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    light = page.evaluate(_BACKGROUND)
    assert light != dark
    page.reload()
    assert page.evaluate(_BACKGROUND) == light
    page.goto("/read/28-punkte-plan.txt")
    assert page.evaluate(_BACKGROUND) == light
    page.emulate_media(color_scheme="light")
    assert page.evaluate(_BACKGROUND) == light


def test_german_for_a_german_browser_until_english_is_chosen(visit: Visit) -> None:
    page = visit(locale="de-CH")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", level=2)).to_have_text("Was sagt das Archiv?")
    expect(page.locator("#about")).to_contain_text("seine 18 Artikel")
    ask(page, OIL)
    expect(page.locator(".turn")).to_contain_text("Das Archiv sagt dazu nichts.")
    english = page.get_by_role("button", name="English")
    expect(english).to_have_attribute("lang", "en")
    english.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".turn")).to_contain_text("The archive does not say.")
    page.reload()
    expect(page.locator(".turn")).to_contain_text("The archive does not say.")
    link = page.locator(".passages a").first.get_attribute("href")
    assert "ui=en" in (link or "")


def test_nothing_moves_for_who_wants_no_motion(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    ask(page, TALKS)
    open_citation(page)
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("width", [320, 360, 768, 1000])
def test_no_width_needs_scrolling_sideways(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 700}, locale="de-DE")
    page.get_by_text("Nur bestimmte Artikel").click()
    ask(page, "Donaudampfschifffahrtsgesellschaftskapitän" * 4)
    ask(page, TALKS)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for target in page.locator("button:visible").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_both_languages_have_all_words(visit: Visit) -> None:
    page = visit()
    words = module(page, "words.js", "({ WORDS }) => WORDS")
    placeholders = {
        code: {name: sorted(re.findall(r"\{\w+\}", text)) for name, text in named.items()}
        for code, named in words.items()
    }
    assert placeholders["de"] == placeholders["en"]
    asked = page.evaluate(
        """() => [...document.querySelectorAll("[data-words], [data-label], [data-hint]")]
            .flatMap(({ dataset }) => [dataset.words, dataset.label, dataset.hint])
            .filter(Boolean)"""
    )
    assert set(asked) <= set(words["en"])
