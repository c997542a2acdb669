"""The application in real browsers, through the rehearsal's load balancer: from an empty installation on."""

import json
import re
import time
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import RunningRehearsal
from tests.e2e.people import PASSWORD, Person, Scheme
from tests.summary import note

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TITLE = "Shouting in the hallway"
DESCRIPTION = "Between the second and the third talk somebody shouted at a volunteer."
ANSWER = "We have talked with both of them. Thank you for telling us."


@dataclass
class World:
    """An installation with one report that went its whole way. Nobody's browser may have complained."""

    site: str
    administrator: Person
    responder: Person
    reporter: Person
    used_link: str
    report: str
    seconds: float

    @property
    def people(self) -> tuple[Person, Person, Person]:
        return self.administrator, self.responder, self.reporter


@pytest.fixture(scope="module")
def site(rehearsal: RunningRehearsal) -> str:
    return str(json.loads(rehearsal.outcome_file.read_text())["url"])


@pytest.fixture(scope="module")
def administrators_link(rehearsal: RunningRehearsal, site: str) -> str:
    """What the rehearsal prints for the person at the browser."""
    (link,) = re.findall(rf"^{re.escape(site)}/join#\S+$", rehearsal.output, re.MULTILINE)
    return link


@pytest.fixture(scope="module")
def world(site: str, administrators_link: str, browser: Browser) -> Generator[World]:
    """From the empty installation to the resolved report, as the people in it do it."""
    begin = time.monotonic()
    administrator, responder, reporter = (Person.at(browser, site, name) for name in ("Ada", "Rosa", "Rita"))
    administrator.goto("/")
    administrator.picture("01-empty-installation")
    administrator.goto(administrators_link)
    expect(administrator.page.locator("main")).to_contain_text("gives you the role Administrator")
    administrator.register(administrators_link)
    link = administrator.invite("responder")
    administrator.picture("02-invitation")

    responder.goto(link)
    expect(responder.page.locator("main")).to_contain_text("gives you the role Responder")
    responder.picture("03-invited")
    responder.register(link)

    reporter.register()
    reporter.picture("04-no-report-yet")
    report = reporter.file(TITLE, DESCRIPTION)
    reporter.picture("05-report-filed")

    responder.goto("/reports")
    responder.picture("06-all-reports")
    responder.page.get_by_role("link", name=TITLE).click()
    responder.move("Acknowledge", "Acknowledged")
    responder.move("Start investigating", "Investigating")
    responder.comment(ANSWER)
    responder.move("Resolve", "Resolved")
    responder.picture("07-resolved")
    seconds = time.monotonic() - begin
    yield World(site, administrator, responder, reporter, link, report, seconds)
    for person in (administrator, responder, reporter):
        person.page.context.close()


def test_from_an_empty_installation_to_a_resolved_report(world: World) -> None:
    note("browser", f"from an empty installation to a resolved report in {world.seconds:.0f} s")
    page = world.reporter.page
    world.reporter.goto(world.report)
    expect(page.locator(".facts .badge")).to_have_text("Resolved")
    for entry, words in zip(
        page.locator(".timeline li").all(),
        (
            "Rita filed the report",
            "Rosa (responder) moved it from Submitted to Acknowledged",
            "Rosa (responder) moved it from Acknowledged to Investigating",
            f"Rosa (responder) commented.*{ANSWER}",
            "Rosa (responder) moved it from Investigating to Resolved",
        ),
        strict=True,
    ):
        assert entry.inner_text().replace("\n", " ").startswith(words.split(".*")[0])
        assert words.split(".*")[-1] in entry.inner_text()
    expect(page.get_by_role("group", name="Move this report")).to_have_count(0)
    world.reporter.comment("Thank you.")
    world.reporter.picture("08-history")


def test_a_strangers_report_is_not_there(world: World, browser: Browser) -> None:
    stranger = Person.at(browser, world.site, "Stan")
    stranger.goto(world.report)
    expect(stranger.page).to_have_url(f"{world.site}/sign-in?next={world.report.replace('/', '%2F')}")
    stranger.register()
    stranger.console.clear()
    stranger.goto(world.report)
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("There is no such report")
    expect(stranger.page.locator("body")).not_to_contain_text(TITLE)
    stranger.picture("09-not-there")
    # The browser itself notes the 404 that this is about
    assert all("404" in line for line in stranger.console), stranger.console
    stranger.page.context.close()


@pytest.mark.parametrize("link", ["invitation", "administrator"])
def test_a_link_works_once(world: World, administrators_link: str, browser: Browser, link: str) -> None:
    late = Person.at(browser, world.site, "Late")
    late.goto(world.used_link if link == "invitation" else administrators_link)
    expect(late.page.get_by_role("alert").filter(has_text="has been used")).to_be_visible()
    expect(late.page.get_by_label("Password")).to_have_count(0)
    late.picture(f"10-used-{link}")
    late.page.context.close()


def test_signing_out_leaves_nothing_behind_the_back_button(world: World, browser: Browser) -> None:
    person = Person.at(browser, world.site, "Olga")
    person.register()
    report = person.file("A private matter", "Nobody else may read this.")
    person.page.get_by_role("button", name="Sign out").click()
    expect(person.page.get_by_role("link", name="Create an account")).to_be_visible()
    person.page.go_back()
    expect(person.page.get_by_label("Password")).to_be_visible()
    assert "private matter" not in person.page.locator("body").inner_text().lower()
    assert "private matter" not in person.page.title().lower()

    # Somebody else at the same browser sees their own things only
    other = Person(world.reporter.name, world.site, person.page)
    other.sign_in()
    expect(person.page.locator("header")).to_contain_text("Rita")
    person.page.goto(f"{world.site}/reports")
    expect(person.page.get_by_role("link", name=TITLE)).to_be_visible()
    assert "private matter" not in person.page.locator("body").inner_text().lower()
    person.page.goto(f"{world.site}{report}")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("There is no such report")
    person.page.context.close()


def test_an_ended_session_leads_to_sign_in_and_back_with_the_text(world: World, browser: Browser) -> None:
    person = Person.at(browser, world.site, "Ed")
    person.register()
    person.goto("/reports/new")
    person.page.get_by_label("Title").fill("Typed before the session ended")
    person.page.get_by_label("What happened?").fill("And not lost.")
    person.page.context.clear_cookies()
    person.page.get_by_role("button", name="File report").click()
    expect(person.page.locator("main")).to_contain_text("Your session has ended")
    assert "Typed" not in person.page.url
    person.sign_in()
    expect(person.page.get_by_label("Title")).to_have_value("Typed before the session ended")
    person.page.get_by_role("button", name="File report").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Typed before the session ended")
    person.page.context.close()


def test_from_a_forgotten_password_to_a_disabled_account(world: World, browser: Browser) -> None:
    person, elsewhere = (Person.at(browser, world.site, "Pia") for _ in range(2))
    person.register()
    report = person.file("Kept", "What is reported stays.")
    link = world.administrator.create_reset("Pia")
    world.administrator.picture("11-members")

    elsewhere.goto(link)
    expect(elsewhere.page.locator("main")).to_contain_text("pia@example.org")
    elsewhere.picture("12-new-password")
    elsewhere.page.get_by_label("New password").fill("password1234")
    elsewhere.page.get_by_role("button", name="Set password").click()
    expect(elsewhere.page.locator(".field-error")).to_contain_text("easy to guess")
    elsewhere.page.get_by_label("New password").fill("quite another phrase")
    elsewhere.page.get_by_role("button", name="Set password").click()
    elsewhere.page.get_by_role("link", name="Sign in with it").click()

    person.page.reload()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    person.sign_in()
    expect(person.page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    elsewhere.sign_in("quite another phrase")
    expect(elsewhere.page.locator("main")).to_contain_text("There was 1 failed attempt to sign in")
    elsewhere.picture("13-failed-attempt")
    elsewhere.page.get_by_role("link", name="change your password").click()
    expect(elsewhere.page.get_by_role("listitem").filter(has_text="this one")).to_contain_text("Chrome")
    elsewhere.page.get_by_label("Current password").fill("quite another phrase")
    elsewhere.page.get_by_label("New password").fill(PASSWORD)
    elsewhere.page.get_by_role("button", name="Change password").click()
    expect(elsewhere.page.get_by_text("Your password is changed")).to_be_visible()
    expect(elsewhere.page.get_by_text("failed attempt")).to_have_count(0)
    elsewhere.picture("14-your-account")

    person.sign_in()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Kept")
    elsewhere.page.get_by_role("button", name="Sign out everywhere").click()
    expect(elsewhere.page.get_by_role("link", name="Create an account")).to_be_visible()
    person.page.reload()
    person.sign_in()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Kept")

    administrator = world.administrator.page
    administrator.get_by_role("button", name="Disable the account of Pia").click()
    expect(administrator.get_by_text("can no longer sign in")).to_be_visible()
    person.page.reload()
    person.sign_in()
    expect(person.page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    world.administrator.goto(report)
    expect(administrator.get_by_role("heading", level=1)).to_have_text("Kept")
    world.administrator.goto("/audit")
    expect(administrator.get_by_role("listitem").first).to_contain_text("Someone failed to sign in as Pia")
    expect(administrator.get_by_role("listitem").nth(1)).to_contain_text("Ada disabled the account of Pia")
    world.administrator.picture("15-audit-log")
    for browsing in (person, elsewhere):
        browsing.page.context.close()


def test_a_report_about_a_responder_is_kept_from_them(world: World, browser: Browser) -> None:
    person = Person.at(browser, world.site, "Cleo")
    person.register()
    person.goto("/reports/new")
    person.page.get_by_label("Title").fill("About a responder")
    person.page.get_by_label("What happened?").fill("It was one of those who read this.")
    person.page.get_by_label("Rosa (responder)").check()
    person.picture("16-about-a-responder")
    person.page.get_by_role("button", name="File report").click()
    expect(person.page.get_by_text("Not shown to Rosa")).to_be_visible()
    path = urlsplit(person.page.url).path
    world.responder.goto("/reports")
    expect(world.responder.page.get_by_role("link", name=TITLE)).to_be_visible()
    expect(world.responder.page.get_by_role("link", name="About a responder")).to_have_count(0)
    world.responder.goto(path)
    expect(world.responder.page.get_by_role("heading", level=1)).to_have_text("There is no such report")
    # The browser itself notes the 404 that this is about
    assert all("404" in line for line in world.responder.console), world.responder.console
    world.responder.console.clear()
    world.administrator.goto(path)
    expect(world.administrator.page.get_by_role("button", name="Acknowledge")).to_be_visible()
    person.page.context.close()


def test_a_report_is_filed_with_the_keyboard_alone(world: World, browser: Browser) -> None:
    person = Person.at(browser, world.site, "Kim")
    person.register()
    keys = person.page.keyboard
    _tab_to(person, "link", "File a report")
    keys.press("Enter")
    expect(person.page.get_by_role("heading", level=1)).to_be_focused()
    _tab_to(person, "textbox", "Title")
    keys.type("Typed only")
    keys.press("Tab")
    keys.press("Tab")  # past nothing: the description stays empty, and is asked for
    keys.press("Enter")
    expect(person.page.get_by_label("What happened?")).to_be_focused()
    expect(person.page.get_by_label("What happened?")).to_have_attribute("aria-invalid", "true")
    keys.type("By somebody without a mouse.")
    keys.press("Tab")
    keys.press("Enter")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Typed only")
    assert person.console == []
    person.page.context.close()


def _tab_to(person: Person, role: str, name: str) -> None:
    """Press Tab until something has the focus, as somebody does who has no mouse."""
    wanted = person.page.get_by_role(role, name=name).first  # pyright: ignore[reportArgumentType]
    for _ in range(25):
        person.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"no way to the {role} {name} with the Tab key")


SIGNED_OUT = ("/", "/sign-in", "/register", "/join#nonsense", "/reset#nonsense", "/no/such/page")
REPORTS = ("/reports", "/reports?state=resolved", "/reports?state=closed", "/reports/new")
SIGNED_IN = (*REPORTS, "/members", "/audit", "/account")


@pytest.fixture(scope="module")
def visits(world: World, browser: Browser) -> Generator[list[tuple[Person, str]]]:
    """Every page with somebody who sees it."""
    visitor = Person.at(browser, world.site, "Visitor")
    report = world.report
    link = world.administrator.create_reset("Rita")
    yield [
        *((visitor, path) for path in SIGNED_OUT),
        (visitor, urlsplit(link).path + "#" + urlsplit(link).fragment),
        *((world.administrator, path) for path in (*SIGNED_IN, report)),
        (world.reporter, report),
        (world.reporter, "/members"),
    ]
    visitor.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(visits: list[tuple[Person, str]], scheme: Scheme) -> None:
    found: dict[str, list[str]] = {}
    for person, path in visits:
        person.goto(path)
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        expect(person.page.get_by_text("Loading")).to_have_count(0)
        if faults := person.axe(scheme):
            found[f"{path} by {person.name}"] = faults
        if scheme == "dark" and path in {"/", "/reports", "/reports/new", "/members", "/account", "/audit"}:
            person.picture(f"dark{path.replace('/', '-')}-{person.name.lower()}")
    assert found == {}


def test_no_page_needs_sideways_scrolling_on_a_narrow_screen(visits: list[tuple[Person, str]]) -> None:
    wide: dict[str, int] = {}
    for number, (person, path) in enumerate(visits):
        before = person.page.viewport_size
        person.page.set_viewport_size({"width": 360, "height": 740})
        person.goto(path)
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        expect(person.page.get_by_text("Loading")).to_have_count(0)
        width = person.page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[path] = width
        person.picture(f"narrow-{number:02d}-{person.name.lower()}")
        person.page.set_viewport_size(before or {"width": 1200, "height": 900})
    assert wide == {}


def test_nothing_complains_and_nothing_leaves_the_site(world: World) -> None:
    for person in world.people:
        person.goto("/reports")
        assert person.console == [], person.name
        assert person.foreign == [], person.name


def test_the_page_allows_no_script_but_its_own(world: World) -> None:
    answer = world.reporter.page.request.get(f"{world.site}/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy
    assert urlsplit(world.site).netloc
    assert answer.headers["x-revision"].startswith("build-")
