"""What a failed command printed, in a few words."""

from pathlib import Path

import pytest

from conducky.rehearsal.images.output import telling_lines

PEERS = """
npm error code ERESOLVE
npm error ERESOLVE could not resolve
npm error
npm error While resolving: @acme/web@7.18.5
npm error Found: react@19.0.0
npm error node_modules/react
npm error   react@"^19" from the root project
npm error
npm error For a full report see:
npm error /tmp/npm/_logs/report.txt
npm notice New major version of npm available!
npm error A complete log of this run can be found in: /tmp/npm/_logs/debug-0.log
"""
NO_LOCK = """
preparing
npm error code EUSAGE
npm error
npm error The `npm ci` command can only install with an existing package-lock.json
npm error A complete log of this run can be found in: /tmp/npm/_logs/debug-0.log
"""
SCRIPT = """
> web@1.0.0 build
> vite build
error during build:
Could not resolve entry module "index.html".
npm error Lifecycle script `build` failed with error:
npm error code 1
npm error path /app
"""
FRAMES = "\n".join(["TypeError: no a", *(f"line {number}" for number in range(9))])


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (PEERS, "ERESOLVE could not resolve | While resolving: @acme/web@7.18.5 | Found: react@19.0.0 | node_modules/"),
        (NO_LOCK, "The `npm ci` command can only install with an existing package-lock.json"),
        (SCRIPT, 'error during build: | Could not resolve entry module "index.html".'),
        (
            SCRIPT.replace("code 1", "code ELIFECYCLE"),
            'error during build: | Could not resolve entry module "index.html".',
        ),
        (FRAMES, "TypeError: no a | line 6 | line 7 | line 8"),
        ("", "it printed nothing"),
    ],
)
def test_the_lines_that_say_why(tmp_path: Path, printed: str, told: str) -> None:
    log = tmp_path / "log"
    log.write_text(f"npm error code EBEFORE\nnpm error of another step\n{printed}")
    found = telling_lines(log, log.stat().st_size - len(printed))
    assert found.startswith(told)
    assert "npm notice" not in found
    assert "_logs" not in found
