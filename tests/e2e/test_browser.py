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
from tests.e2e.users import PASSWORD, Scheme, User
from tests.summary import note

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TITLE = "Shouting in the hallway"
DESCRIPTION = "Between the second and the third talk somebody shouted at a volunteer."
ANSWER = "We have talked with both of them. Thank you for telling us."


@dataclass
class Installation:
    """An installation with one report that went its whole way. Nobody's browser may have complained."""

    site: str
    administrator: User
    responder: User
    reporter: User
    used_link: str
    report: str
    seconds: float

    @property
    def users(self) -> tuple[User, User, User]:
        return self.administrator, self.responder, self.reporter


@pytest.fixture(scope="module")
def site(rehearsal: RunningRehearsal) -> str:
    return str(json.loads(rehearsal.outcome_file.read_text())["url"])


@pytest.fixture(scope="module")
def administrators_link(rehearsal: RunningRehearsal, site: str) -> str:
    """What the rehearsal prints for the user at the browser."""
    (link,) = re.findall(rf"^{re.escape(site)}/join#\S+$", rehearsal.output, re.MULTILINE)
    return link


@pytest.fixture(scope="module")
def installation(site: str, administrators_link: str, browser: Browser) -> Generator[Installation]:
    """From the empty installation to the resolved report, as the users in it do it."""
    begin = time.monotonic()
    administrator, responder, reporter = (User.at(browser, site, name) for name in ("Ada", "Rosa", "Rita"))
    administrator.goto("/")
    administrator.picture("01-empty-installation")
    administrator.goto(administrators_link)
    expect(administrator.page.locator("main")).to_contain_text("gives you the role Administrator")
    administrator.register(administrators_link)
    link = administrator.invite("responder", "Rosa")
    expect(administrator.page.get_by_role("listitem").filter(has_text="Responder, for Rosa")).to_be_visible()
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
    expect(responder.page.get_by_role("link", name="Reports 1 with news")).to_be_visible()
    assert responder.page.title() == "(1) Reports · Conducky"
    responder.picture("06-all-reports")
    responder.page.get_by_role("link", name=TITLE).click()
    responder.move("Acknowledge", "Acknowledged")
    responder.move("Start investigating", "Investigating")
    responder.comment(ANSWER)
    responder.move("Resolve", "Resolved")
    responder.picture("07-resolved")
    # The reporter has not loaded the page again since the report was filed
    expect(reporter.page.locator(".facts .badge")).to_have_text("Resolved", timeout=30_000)
    expect(reporter.page.get_by_role("status").filter(has_text="New: Rosa")).to_be_visible()
    expect(reporter.page).to_have_title(f"{TITLE} · Conducky")
    seconds = time.monotonic() - begin
    yield Installation(site, administrator, responder, reporter, link, report, seconds)
    for user in (administrator, responder, reporter):
        user.page.context.close()


def test_from_an_empty_installation_to_a_resolved_report(installation: Installation) -> None:
    note("browser", f"from an empty installation to a resolved report in {installation.seconds:.0f} s")
    page = installation.reporter.page
    installation.reporter.goto(installation.report)
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
    installation.reporter.comment("Thank you.")
    installation.reporter.picture("08-history")


def test_a_finished_report_is_reopened_and_finishing_asks_first(installation: Installation, browser: Browser) -> None:
    responder, page = installation.responder, installation.responder.page
    reporter = User.at(browser, installation.site, "Nora")
    reporter.register()
    path = reporter.file("Settled too soon", "It went on afterwards.")
    responder.goto(path)
    responder.move("Acknowledge", "Acknowledged")
    responder.move("Start investigating", "Investigating")
    _tab_to(responder, "button", "Resolve")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Resolve this report?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    responder.picture("17-resolve-this-report")
    assert responder.axe("dark") == []
    for _ in range(3):  # never out of the dialog
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Resolve")).to_be_focused()
    expect(page.locator(".facts .badge")).to_have_text("Investigating")
    responder.move("Close", "Closed")
    responder.move("Reopen", "Investigating")
    expect(page.locator(".timeline li").last).to_contain_text("reopened it, from Closed to Investigating")

    # A comment that is being typed stays while the page updates itself
    reporter.page.get_by_role("textbox", name="Comment").fill("I was about to say")
    expect(reporter.page.locator(".facts .badge")).to_have_text("Investigating", timeout=30_000)
    expect(reporter.page.get_by_role("textbox", name="Comment")).to_have_value("I was about to say")
    expect(reporter.page.get_by_role("textbox", name="Comment")).to_be_focused()
    reporter.page.context.close()


def test_a_report_is_printed_whole_and_without_buttons(installation: Installation) -> None:
    page = installation.reporter.page
    installation.reporter.goto(installation.report)
    expect(page.locator(".timeline li").first).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".print-only")).to_contain_text("Filed")
    for shown in (".facts", ".timeline li >> nth=0", "h1"):
        expect(page.locator(shown)).to_be_visible()
    for nothing in ("button", "form", "header", "footer", ".skip"):
        assert not any(each.is_visible() for each in page.locator(nothing).all()), nothing
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    installation.reporter.picture("18-on-paper")
    page.emulate_media(media="screen", color_scheme="light")


def test_an_invitation_is_accepted_with_an_account(installation: Installation, browser: Browser) -> None:
    user = User.at(browser, installation.site, "Iris")
    user.register()
    user.page.get_by_role("button", name="Sign out").click()
    expect(user.page.get_by_role("link", name="Create an account")).to_be_visible()
    link = installation.administrator.invite("responder", "Iris")
    user.goto(link)
    user.page.get_by_role("button", name="Sign in to accept").click()
    user.sign_in()
    expect(user.page.get_by_role("button", name="Accept the invitation")).to_be_visible()
    user.picture("19-invited-with-an-account")
    user.page.get_by_role("button", name="Accept the invitation").click()
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Reports")
    expect(user.page.get_by_role("link", name=TITLE)).to_be_visible()
    user.goto(link)
    expect(user.page.get_by_role("alert").filter(has_text="has been used")).to_be_visible()
    assert all("410" in line for line in user.console), user.console
    user.page.context.close()


def test_a_half_written_report_survives_a_reload_and_ends_with_the_session(
    installation: Installation, browser: Browser
) -> None:
    user = User.at(browser, installation.site, "Dora")
    user.register()
    user.goto("/reports/new")
    title, text = user.page.get_by_label("Title"), user.page.get_by_label("What happened?")
    title.fill("Half a title")
    text.fill("Half a text")
    user.page.reload()
    expect(title).to_have_value("Half a title")
    user.page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports").click()
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Your reports")
    user.page.get_by_role("navigation", name="Main").get_by_role("link", name="File a report").click()
    expect(text).to_have_value("Half a text")
    user.picture("20-half-a-report")
    user.page.get_by_role("button", name="Sign out").click()
    expect(user.page.get_by_role("link", name="Create an account")).to_be_visible()
    user.goto("/sign-in?next=/reports/new")
    user.sign_in()
    expect(title).to_have_value("")
    assert user.console == []
    user.page.context.close()


def test_a_link_is_copied_also_without_https(installation: Installation) -> None:
    page = installation.administrator.page
    link = installation.administrator.invite("reporter", "Somebody")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == link


def test_a_strangers_report_is_not_there(installation: Installation, browser: Browser) -> None:
    stranger = User.at(browser, installation.site, "Stan")
    stranger.goto(installation.report)
    expect(stranger.page).to_have_url(f"{installation.site}/sign-in?next={installation.report.replace('/', '%2F')}")
    stranger.register()
    stranger.console.clear()
    stranger.goto(installation.report)
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("There is no such report")
    expect(stranger.page.locator("body")).not_to_contain_text(TITLE)
    stranger.picture("09-not-there")
    # The browser itself notes the 404 that this is about
    assert all("404" in line for line in stranger.console), stranger.console
    stranger.page.context.close()


@pytest.mark.parametrize("link", ["invitation", "administrator"])
def test_a_link_works_once(installation: Installation, administrators_link: str, browser: Browser, link: str) -> None:
    late = User.at(browser, installation.site, "Late")
    late.goto(installation.used_link if link == "invitation" else administrators_link)
    expect(late.page.get_by_role("alert").filter(has_text="has been used")).to_be_visible()
    expect(late.page.get_by_label("Password")).to_have_count(0)
    late.picture(f"10-used-{link}")
    late.page.context.close()


def test_signing_out_leaves_nothing_behind_the_back_button(installation: Installation, browser: Browser) -> None:
    user = User.at(browser, installation.site, "Olga")
    user.register()
    report = user.file("A private matter", "Nobody else may read this.")
    user.page.get_by_role("button", name="Sign out").click()
    expect(user.page.get_by_role("link", name="Create an account")).to_be_visible()
    user.page.go_back()
    expect(user.page.get_by_label("Password")).to_be_visible()
    assert "private matter" not in user.page.locator("body").inner_text().lower()
    assert "private matter" not in user.page.title().lower()

    # Somebody else at the same browser sees their own things only
    other = User(installation.reporter.name, installation.site, user.page)
    other.sign_in()
    expect(user.page.locator("header")).to_contain_text("Rita")
    user.page.goto(f"{installation.site}/reports")
    expect(user.page.get_by_role("link", name=TITLE)).to_be_visible()
    assert "private matter" not in user.page.locator("body").inner_text().lower()
    user.page.goto(f"{installation.site}{report}")
    expect(user.page.get_by_role("heading", level=1)).to_have_text("There is no such report")
    user.page.context.close()


def test_an_ended_session_leads_to_sign_in_and_back_with_the_text(installation: Installation, browser: Browser) -> None:
    user = User.at(browser, installation.site, "Ed")
    user.register()
    user.goto("/reports/new")
    user.page.get_by_label("Title").fill("Typed before the session ended")
    user.page.get_by_label("What happened?").fill("And not lost.")
    user.page.context.clear_cookies()
    user.page.get_by_role("button", name="File report").click()
    expect(user.page.locator("main")).to_contain_text("Your session has ended")
    assert "Typed" not in user.page.url
    user.sign_in()
    expect(user.page.get_by_label("Title")).to_have_value("Typed before the session ended")
    user.page.get_by_role("button", name="File report").click()
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Typed before the session ended")
    user.page.context.close()


def test_from_a_forgotten_password_to_a_disabled_account(installation: Installation, browser: Browser) -> None:
    user, elsewhere = (User.at(browser, installation.site, "Pia") for _ in range(2))
    user.register()
    report = user.file("Kept", "What is reported stays.")
    link = installation.administrator.create_reset("Pia")
    installation.administrator.picture("11-members")

    elsewhere.goto(link)
    expect(elsewhere.page.locator("main")).to_contain_text("pia@example.org")
    elsewhere.picture("12-new-password")
    elsewhere.page.get_by_label("New password").fill("password1234")
    elsewhere.page.get_by_role("button", name="Set password").click()
    expect(elsewhere.page.locator(".field-error")).to_contain_text("easy to guess")
    elsewhere.page.get_by_label("New password").fill("quite another phrase")
    elsewhere.page.get_by_role("button", name="Set password").click()
    elsewhere.page.get_by_role("link", name="Sign in with it").click()

    user.page.reload()
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    user.sign_in()
    expect(user.page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
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

    user.sign_in()
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Kept")
    elsewhere.page.get_by_role("button", name="Sign out everywhere").click()
    expect(elsewhere.page.get_by_role("link", name="Create an account")).to_be_visible()
    user.page.reload()
    user.sign_in()
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Kept")

    administrator = installation.administrator.page
    administrator.get_by_role("button", name="Disable the account of Pia").click()
    expect(administrator.get_by_text("can no longer sign in")).to_be_visible()
    user.page.reload()
    user.sign_in()
    expect(user.page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    installation.administrator.goto(report)
    expect(administrator.get_by_role("heading", level=1)).to_have_text("Kept")
    installation.administrator.goto("/audit")
    expect(administrator.get_by_role("listitem").first).to_contain_text("Someone failed to sign in as Pia")
    expect(administrator.get_by_role("listitem").nth(1)).to_contain_text("Ada disabled the account of Pia")
    installation.administrator.picture("15-audit-log")
    for browsing in (user, elsewhere):
        browsing.page.context.close()


def test_a_report_about_a_responder_is_kept_from_them(installation: Installation, browser: Browser) -> None:
    user = User.at(browser, installation.site, "Cleo")
    user.register()
    user.goto("/reports/new")
    user.page.get_by_label("Title").fill("About a responder")
    user.page.get_by_label("What happened?").fill("It was one of those who read this.")
    user.page.get_by_label("Rosa (responder)").check()
    user.picture("16-about-a-responder")
    user.page.get_by_role("button", name="File report").click()
    expect(user.page.get_by_text("Not shown to Rosa")).to_be_visible()
    path = urlsplit(user.page.url).path
    installation.responder.goto("/reports")
    expect(installation.responder.page.get_by_role("link", name=TITLE)).to_be_visible()
    expect(installation.responder.page.get_by_role("link", name="About a responder")).to_have_count(0)
    installation.responder.goto(path)
    expect(installation.responder.page.get_by_role("heading", level=1)).to_have_text("There is no such report")
    # The browser itself notes the 404 that this is about
    assert all("404" in line for line in installation.responder.console), installation.responder.console
    installation.responder.console.clear()
    installation.administrator.goto(path)
    expect(installation.administrator.page.get_by_role("button", name="Acknowledge")).to_be_visible()
    user.page.context.close()


def test_a_report_is_filed_with_the_keyboard_alone(installation: Installation, browser: Browser) -> None:
    user = User.at(browser, installation.site, "Kim")
    user.register()
    keys = user.page.keyboard
    _tab_to(user, "link", "File a report")
    keys.press("Enter")
    expect(user.page.get_by_role("heading", level=1)).to_be_focused()
    _tab_to(user, "textbox", "Title")
    keys.type("Typed only")
    keys.press("Tab")
    keys.press("Tab")  # past nothing: the description stays empty, and is asked for
    keys.press("Enter")
    expect(user.page.get_by_label("What happened?")).to_be_focused()
    expect(user.page.get_by_label("What happened?")).to_have_attribute("aria-invalid", "true")
    keys.type("By somebody without a mouse.")
    keys.press("Tab")
    keys.press("Enter")
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Typed only")
    assert user.console == []
    user.page.context.close()


def _tab_to(user: User, role: str, name: str) -> None:
    """Press Tab until something has the focus, as somebody does who has no mouse."""
    wanted = user.page.get_by_role(role, name=name).first  # pyright: ignore[reportArgumentType]
    for _ in range(25):
        user.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"no way to the {role} {name} with the Tab key")


SIGNED_OUT = ("/", "/conduct", "/sign-in", "/register", "/join#nonsense", "/reset#nonsense", "/no/such/page")
REPORTS = ("/reports", "/reports?state=resolved", "/reports?search=no+such+words", "/reports/new")
SIGNED_IN = (*REPORTS, "/members", "/audit", "/account", "/status")


@pytest.fixture(scope="module")
def visits(installation: Installation, browser: Browser) -> Generator[list[tuple[User, str]]]:
    """Every page with somebody who sees it."""
    visitor = User.at(browser, installation.site, "Visitor")
    report = installation.report
    link = installation.administrator.create_reset("Rita")
    yield [
        *((visitor, path) for path in SIGNED_OUT),
        (visitor, urlsplit(link).path + "#" + urlsplit(link).fragment),
        *((installation.administrator, path) for path in (*SIGNED_IN, report)),
        (installation.reporter, report),
        (installation.reporter, "/members"),
    ]
    visitor.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(visits: list[tuple[User, str]], scheme: Scheme) -> None:
    found: dict[str, list[str]] = {}
    for user, path in visits:
        user.goto(path)
        expect(user.page.get_by_role("heading", level=1)).to_be_visible()
        expect(user.page.get_by_text("Loading")).to_have_count(0)
        if faults := user.axe(scheme):
            found[f"{path} by {user.name}"] = faults
        if scheme == "dark" and path in {"/", "/reports", "/reports/new", "/members", "/account", "/audit"}:
            user.picture(f"dark{path.replace('/', '-')}-{user.name.lower()}")
    assert found == {}


def test_no_page_needs_sideways_scrolling_on_a_narrow_screen(visits: list[tuple[User, str]]) -> None:
    wide: dict[str, int] = {}
    for number, (user, path) in enumerate(visits):
        before = user.page.viewport_size
        user.page.set_viewport_size({"width": 360, "height": 740})
        user.goto(path)
        expect(user.page.get_by_role("heading", level=1)).to_be_visible()
        expect(user.page.get_by_text("Loading")).to_have_count(0)
        width = user.page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            wide[path] = width
        user.picture(f"narrow-{number:02d}-{user.name.lower()}")
        user.page.set_viewport_size(before or {"width": 1200, "height": 900})
    assert wide == {}


def test_nothing_complains_and_nothing_leaves_the_site(installation: Installation) -> None:
    for user in installation.users:
        user.goto("/reports")
        assert user.console == [], user.name
        assert user.foreign == [], user.name


def test_the_page_allows_no_script_but_its_own(installation: Installation) -> None:
    answer = installation.reporter.page.request.get(f"{installation.site}/")
    policy = answer.headers["content-security-policy"]
    assert "'sha256-" in policy, "the page's own scripts are named"
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy
    assert urlsplit(installation.site).netloc
    assert answer.headers["x-revision"].startswith("build-")
