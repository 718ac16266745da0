"""What a reader does on the page, in one call each."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

TALKS = "Who is excluded from the talks?"
OIL = "What is the price of oil?"


def ask(page: Page, question: str) -> Locator:
    """Ask, wait for the end of the answer, and return its turn."""
    before = page.locator(".turn").count()
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").nth(before)
    turn.wait_for()
    page.locator("#stop").wait_for(state="hidden")
    return turn


def open_citation(page: Page, number: int = 1) -> Locator:
    """Click a citation of the last answer; the mark in the panel."""
    page.locator(".turn").last.locator(".ref").nth(number - 1).click()
    mark = page.locator("#panel .text mark")
    mark.wait_for()
    return mark


def on_screen(node: Locator) -> bool:
    """Whether all of it is within the window, or as much as fits."""
    found: bool = node.evaluate(
        """node => {
            const box = node.getBoundingClientRect();
            return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
        }"""
    )
    return found


def module(page: Page, name: str, script: str, argument: Any = None) -> Any:
    """Run ``script``, a function of a module of the page and an argument."""
    return page.evaluate(
        f"async (argument) => ({script})(await import('/static/{name}'), argument)", argument
    )
