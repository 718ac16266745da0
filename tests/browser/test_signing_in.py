"""The page of a service that asks for keys, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.asking import TALKS, ask
from tests.browser.test_access import violations
from tests.keyed_service import ARTICLE, WORDS, KeyedService

pytestmark = pytest.mark.model


@pytest.fixture
def fresh(browser: Browser, keyed: KeyedService) -> Iterator[Callable[..., Page]]:
    """A browser that has no key yet; nothing that it loads breaks the policy."""
    told: list[str] = []
    contexts = []

    def opened(**options: object) -> Page:
        settings = {"base_url": keyed.service.address, "locale": "de-DE", **options}
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda m: told.append(m.text) if "Policy" in m.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert told == []


def _sign_in(page: Page, secret: str) -> None:
    page.get_by_label("Ihr Schlüssel").fill(secret)
    page.keyboard.press("Enter")


def test_the_page_asks_for_a_key_once(fresh: Callable[..., Page], keyed: KeyedService) -> None:
    page = fresh()
    page.goto("/")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    _sign_in(page, keyed.secrets["default-read"][:-1])
    expect(page.get_by_text("Tippfehler")).to_be_visible()
    _sign_in(page, keyed.secrets["default-read"])
    expect(page.get_by_role("button", name="Abmelden")).to_be_visible()
    assert WORDS in ask(page, TALKS).inner_text()
    assert page.evaluate("document.cookie") == ""  # no script reads it
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    assert WORDS not in page.evaluate("JSON.stringify(sessionStorage)")
    page.goto("/")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()


def test_a_link_to_an_article_leads_there_after_signing_in(
    fresh: Callable[..., Page], keyed: KeyedService
) -> None:
    page = fresh()
    page.goto(f"/read/{ARTICLE}?start=450&end=465#quote")
    _sign_in(page, keyed.secrets["default-read"])
    expect(page.locator("mark")).to_have_text(WORDS)


def test_without_keys_nobody_can_sign_out(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_text("articles report").wait_for()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#leave")).to_be_hidden()


def test_axe_finds_nothing(fresh: Callable[..., Page]) -> None:
    page = fresh(bypass_csp=True)
    page.goto("/sign-in")
    found = violations(page)
    _sign_in(page, "fs_wrong")
    expect(page.get_by_text("Tippfehler")).to_be_visible()
    assert found + violations(page) == []
