"""Users with browsers of their own, and what each of them does on the site."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.e2e.conftest import ARTEFACTS, ROOT

PASSWORD = "a-fake-password-for-tests"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

Scheme = Literal["light", "dark"]

# The steps that ask before they are taken
FINISHING = ("Resolve", "Close")


@dataclass
class User:
    """Somebody with a browser of their own. `console` holds its errors, `foreign` what left the site."""

    name: str
    site: str
    page: Page
    console: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])

    @classmethod
    def at(cls, browser: Browser, site: str, name: str, width: int = 1200) -> "User":
        """Open a browser that knows nothing yet."""
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            ignore_https_errors=site.startswith("https:"),  # of the rehearsal's own authority
        )
        context.set_default_timeout(15_000)
        user = cls(name, site, context.new_page())
        user.page.on("console", user._note)
        user.page.on("request", user._follow)
        return user

    def _note(self, message: ConsoleMessage) -> None:
        # Scenarios beside this one create networks of containers, and Chromium then drops what it is loading
        if message.type == "error" and "ERR_NETWORK_CHANGED" not in message.text:
            self.console.append(message.text)

    def _follow(self, request: Request) -> None:
        if urlsplit(request.url)[:2] != urlsplit(self.site)[:2]:
            self.foreign.append(request.url)

    @property
    def email(self) -> str:
        return f"{self.name.lower()}@example.org"

    def goto(self, path: str) -> None:
        """Open a page, and wait until it knows who is signed in."""
        self.page.goto(f"{self.site}{path}" if path.startswith("/") else path)
        expect(self.page.get_by_role("navigation", name="Main")).to_be_visible(timeout=15_000)

    def register(self, link: str = "/register") -> None:
        """Create an account on the page for it, or by an invitation's link."""
        self.goto(link)
        self.page.get_by_label("Name").fill(self.name)
        self.page.get_by_label("Email address").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Create account").click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("eports")
        expect(self.page.locator("header")).to_contain_text(self.name)

    def sign_in(self, password: str = PASSWORD) -> None:
        """Fill in the sign-in form of the page that is shown."""
        self.page.get_by_label("Email address").fill(self.email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def invite(self, role: str, addressee: str = "Somebody") -> str:
        """Create an invitation; its link."""
        self.goto("/members")
        self.page.get_by_label("Who is it for?").fill(addressee)
        self.page.get_by_label("Role", exact=True).select_option(role)
        self.page.get_by_role("button", name="Create invitation").click()
        link = self.page.get_by_role("group", name="The invitation's link").locator("code").inner_text()
        assert link.startswith(f"{self.site}/join#"), link
        return link

    def create_reset(self, name: str) -> str:
        """Create a link for somebody's new password; the link."""
        self.goto("/members")
        self.page.get_by_role("button", name=f"Reset password of {name}").click()
        link = self.page.get_by_role("group", name=f"A new password for {name}").locator("code").inner_text()
        assert link.startswith(f"{self.site}/reset#"), link
        return link

    def file(self, title: str, description: str) -> str:
        """File a report; its path."""
        self.goto("/reports/new")
        self.page.get_by_label("Title").fill(title)
        self.page.get_by_label("What happened?").fill(description)
        self.page.get_by_role("button", name="File report").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        return urlsplit(self.page.url).path

    def move(self, button: str, badge: str) -> None:
        """Press one of the buttons that move a report on, confirm where that is asked, and see that it did."""
        self.page.get_by_role("button", name=button).click()
        if button in FINISHING:
            self.page.get_by_role("dialog").get_by_role("button", name=button).click()
        expect(self.page.locator(".facts .badge")).to_have_text(badge)

    def comment(self, text: str) -> None:
        """Add a comment to the report that is shown."""
        self.page.get_by_role("textbox", name="Comment").fill(text)
        self.page.get_by_role("button", name="Add comment").click()
        expect(self.page.locator(".timeline li").last).to_contain_text(text)

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)

    def axe(self, scheme: Scheme) -> list[str]:
        """What axe calls serious or critical on the page that is shown, in one colour scheme."""
        self.page.emulate_media(color_scheme=scheme)
        # Through the debugger, not as a script of the page, which its Content-Security-Policy would refuse
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run().then(({ violations }) => violations)")
        return [
            f"{violation['id']}: {node['target']} {violation['help']}"
            for violation in found
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]
