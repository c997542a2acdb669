"""The application in a real browser, through the rehearsal's load balancer."""

import json

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.e2e.conftest import ARTEFACTS, RunningRehearsal

pytestmark = pytest.mark.engine


def url_of(rehearsal: RunningRehearsal) -> str:
    return str(json.loads(rehearsal.outcome_file.read_text())["url"])


def watched_page(browser: Browser, errors: list[str], **options: object) -> Page:
    page = browser.new_context(**options).new_page()  # pyright: ignore[reportArgumentType]

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("console", note)
    return page


def test_the_page_shows_data_from_postgres(rehearsal: RunningRehearsal, browser: Browser) -> None:
    errors: list[str] = []
    page = watched_page(browser, errors)
    page.goto(url_of(rehearsal))
    expect(page.locator("#status")).to_contain_text("PostgreSQL 15.", timeout=15_000)
    expect(page.locator("#status")).to_contain_text("Migration 20260201090000_init")
    assert errors == []


def test_an_incident_is_reported_and_followed_up(rehearsal: RunningRehearsal, browser: Browser) -> None:
    errors: list[str] = []
    page = watched_page(browser, errors, viewport={"width": 1200, "height": 900})
    page.goto(url_of(rehearsal))
    expect(page.locator("#status")).to_contain_text("PostgreSQL 15.", timeout=15_000)
    page.locator("#title").fill("Shouting in the hallway")
    page.locator("#description").fill("Between the second and the third talk somebody shouted at a volunteer.")
    page.get_by_role("button", name="Send report").click()
    link = page.locator("#follow-up-link")
    expect(link).to_be_visible(timeout=15_000)
    expect(page.locator(".reports li")).to_contain_text("Shouting in the hallway")
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / "report-filed.png", full_page=True)

    address = link.get_attribute("href") or link.inner_text()
    elsewhere = watched_page(browser, errors)
    elsewhere.goto(address)
    expect(elsewhere.locator("main")).to_contain_text("Shouting in the hallway", timeout=15_000)
    elsewhere.goto(url_of(rehearsal))
    expect(elsewhere.locator("#status")).to_contain_text("PostgreSQL 15.", timeout=15_000)
    expect(elsewhere.locator("main")).not_to_contain_text("Shouting in the hallway")
    assert errors == []


def test_a_narrow_screen_needs_no_sideways_scrolling(rehearsal: RunningRehearsal, browser: Browser) -> None:
    page = watched_page(browser, [], viewport={"width": 360, "height": 740})
    page.goto(url_of(rehearsal))
    expect(page.locator("#status")).to_contain_text("PostgreSQL 15.", timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
