"""A real Chromium, and pages in it that are watched: nothing foreign is loaded, nothing refused.

Chromium is looked for on the path, or where ``FUNDSTELLE_TEST_CHROMIUM`` says. Without one
these tests are skipped, but in CI they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.services import Service

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WAIT_MS = 30_000  # the machine may have other work

Visit = Callable[..., Page]


# Not for the session: Playwright's event loop would be in the way of tests that run their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    named = os.environ.get("FUNDSTELLE_TEST_CHROMIUM")
    path = named or next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        missing = "no Chromium: apt-get install chromium, or set FUNDSTELLE_TEST_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    expect.set_options(timeout=_WAIT_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=_QUIET)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, running_service: Service) -> Iterator[Visit]:
    """Opens a path of the service in a browser of its own, with Playwright's context options.

    When the test is done: no page loaded anything from elsewhere, broke the policy or threw,
    but for those opened with ``watched=False``.
    """
    seen: list[str] = []
    contexts = []

    def told(message: ConsoleMessage) -> None:
        # A status that is no success is for the page to show; Chromium names it as an error, too.
        expected = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not expected:
            seen.append(f"{message.type}: {message.text}")

    def watch(page: Page) -> None:
        page.on("console", told)
        page.on("pageerror", lambda error: seen.append(f"threw: {error}"))
        page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(running_service.address)
                or seen.append(f"request: {request.url}")
            ),
        )

    def opened(path: str = "/", *, watched: bool = True, **options: Any) -> Page:
        settings = {"locale": "en-US", "viewport": {"width": 1280, "height": 800}, **options}
        context = browser.new_context(base_url=running_service.address, **settings)
        context.set_default_timeout(_WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        if watched:
            watch(page)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert seen == []


@pytest.fixture
def keep(http: httpx.Client) -> Callable[..., Any]:
    """Articles that are in the archive for as long as a ``with`` block lasts."""

    @contextmanager
    def kept(*articles: dict[str, Any]) -> Iterator[None]:
        report = http.post("/v1/articles", json=list(articles)).raise_for_status().json()
        assert report["skipped"] == []
        try:
            yield
        finally:
            for article in articles:
                route = "".join(f"%{byte:02X}" for byte in article["id"].encode())
                http.delete(f"/v1/articles/{route}").raise_for_status()

    return kept
