"""`make pictures`: rehearse, use the application in a browser, and write what is seen to docs/pictures/."""

import base64
import html
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from conducky.errors import UserError
from conducky.repository import ROOT
from tests.e2e.conftest import BROWSER_FLAGS
from tests.e2e.users import User
from tools.pictures.terminal import Terminal

FOLDER = ROOT / "docs" / "pictures"
_FRAMES = (Path(__file__).parent / "frames.html").read_text(encoding="utf-8")
_WITHIN = 900.0  # seconds: the first time, both applications are installed and built
_QUIET = 3.0
_SHARPNESS = 2  # pixels for each pixel of the page
_WIDTH = 1040
_TITLE = "Shouting in the hallway"
_WHAT = """Between the second and the third talk somebody shouted at a volunteer who had asked to see a badge. \
The whole hallway heard it, and the volunteer went home.

Two people saw it and are willing to talk. One of them knows the name.

I would like somebody to talk with both sides before the afternoon begins."""


def main() -> None:
    """Take all pictures. Raises UserError when the rehearsal does not come up."""
    FOLDER.mkdir(exist_ok=True)
    with _rehearsed() as (terminal, url), _browser() as browser:
        text = terminal.as_html()
        _frame(browser, "terminal", "make rehearse", f"<pre>$ make rehearse\n{text}</pre>", FOLDER / "terminal.png")
        _application(browser, url, _links(terminal)[-1])
    sys.stdout.write("".join(f"{file.relative_to(ROOT)}\n" for file in sorted(FOLDER.glob("*.png"))))


@contextmanager
def _rehearsed() -> Generator[tuple[Terminal, str]]:
    """`make rehearse` in a terminal, up and quiet, and its address."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder) / "outcome.json"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        terminal = Terminal(["make", "rehearse", f"ARGS=--runtime host --json-file {outcome}"], ROOT, own)
        try:
            deadline = time.monotonic() + _WITHIN
            while not (outcome.exists() and _links(terminal) and terminal.is_quiet(_QUIET)):
                if terminal.process.poll() is not None or time.monotonic() > deadline:
                    raise UserError(
                        f"the rehearsal did not come up:\n{terminal.text}", "run `make rehearse` to see why"
                    )
                time.sleep(0.2)
            yield terminal, str(json.loads(outcome.read_text())["url"])
        finally:
            terminal.end()


@contextmanager
def _browser() -> Generator[Browser]:
    found = subprocess.run([ROOT / "tools" / "browser"], capture_output=True, text=True, check=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=BROWSER_FLAGS)
        yield browser
        browser.close()


def _links(terminal: Terminal) -> list[str]:
    """The link that creates an administrator, which is printed last."""
    return re.findall(r"\bhttps?://\S+/\S*#\S+", terminal.unwrapped)


def _application(browser: Browser, url: str, link: str) -> None:
    """A report that is being looked into, as its reader sees it."""
    administrator, reporter = (User.at(browser, url, name, width=_WIDTH) for name in ("Rosa", "Rita"))
    administrator.register(link)
    reporter.register()
    path = reporter.file(_TITLE, _WHAT)
    administrator.goto(path)
    administrator.move("Acknowledge", "Acknowledged")
    administrator.move("Start investigating", "Investigating")
    administrator.comment("Thank you. We have talked with both of them.")
    administrator.goto(path)
    administrator.page.get_by_text("We have talked").wait_for()
    for scheme in ("light", "dark"):
        picture = _page(administrator, scheme)
        image = base64.b64encode(picture).decode()
        content = f'<img width="{_WIDTH}" src="data:image/png;base64,{image}">'
        _frame(browser, f"browser {scheme}", f"{url}{path}", content, FOLDER / f"application-{scheme}.png")


def _page(user: User, scheme: Literal["light", "dark"]) -> bytes:
    user.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    metrics = {"width": _WIDTH, "height": 600, "deviceScaleFactor": _SHARPNESS, "mobile": False}
    user.page.context.new_cdp_session(user.page).send("Emulation.setDeviceMetricsOverride", metrics)  # pyright: ignore[reportUnknownMemberType]  # a bare dict there
    return user.page.screenshot(full_page=True)


def _frame(browser: Browser, kind: str, title: str, content: str, file: Path) -> None:
    """Write a window with a title around something, on a transparent ground and as large as it is."""
    page = browser.new_page(viewport={"width": 2000, "height": 1000}, device_scale_factor=_SHARPNESS)
    filled = _FRAMES.replace("KIND", kind).replace("TITLE", html.escape(title)).replace("CONTENT", content)
    page.set_content(filled)
    page.locator("body").screenshot(path=file, omit_background=True)
    page.close()


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
