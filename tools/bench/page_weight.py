"""What a browser gets over the wire for the first page, before anything is cached."""

import subprocess
from collections import Counter
from collections.abc import Mapping

from conducky.repository import ROOT

_FLAGS = [
    *("--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"),
    *("--disable-dev-shm-usage", "--no-first-run"),
]
_KINDS = {"Document": "HTML", "Script": "JS", "Stylesheet": "CSS"}


def first_page(url: str) -> dict[str, int] | None:
    """Bytes as they came, compressed, of HTML, JS, CSS and `other` (headers included); None without a browser."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - half a second

    found = subprocess.run([ROOT / "tools" / "browser"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return None
    kinds: dict[str, str] = {}
    weights: Counter[str] = Counter()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.splitlines()[-1], args=_FLAGS)
        page = browser.new_page()
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")  # pyright: ignore[reportUnknownMemberType] - its answer is a bare dict

        def responded(event: Mapping[str, str]) -> None:
            kinds[event["requestId"]] = _KINDS.get(event["type"], "other")

        def finished(event: Mapping[str, str]) -> None:
            weights[kinds.get(event["requestId"], "other")] += int(event["encodedDataLength"])

        network.on("Network.responseReceived", responded)
        network.on("Network.loadingFinished", finished)
        page.goto(url, wait_until="networkidle")
        browser.close()
    return dict(weights)
