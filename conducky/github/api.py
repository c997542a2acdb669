"""The few calls of GitHub's REST API that comment on a pull request, keep an issue and read an environment's rules.

https://docs.github.com/en/rest/issues
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from string import ascii_letters
from typing import Any, Final, cast
from urllib.parse import quote

import httpx

from conducky.environment import variable
from conducky.errors import UserError, printable

# GitHub takes 65,536 characters.
LONGEST_BODY: Final = 65_000
_CUT: Final = "\n\n… the rest is in the log of the run."
_PAGE: Final = 100
_US: Final = "github-actions[bot]"
_NOT_FOUND: Final = 404


class GitHub:
    """One repository, with the workflow job's token. Raises UserError without GITHUB_REPOSITORY or GITHUB_TOKEN."""

    def __init__(self) -> None:
        token, repository = variable("GITHUB_TOKEN"), variable("GITHUB_REPOSITORY")
        if token is None or repository is None:
            raise UserError(
                "GITHUB_TOKEN and GITHUB_REPOSITORY are not both set, which only GitHub Actions does for you",
                'run `export GITHUB_TOKEN="$(gh auth token)" GITHUB_REPOSITORY=owner/name`',
            )
        self._http = httpx.Client(
            base_url=f"{variable('GITHUB_API_URL') or 'https://api.github.com'}/repos/{repository}/",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            timeout=30,
            transport=httpx.HTTPTransport(retries=3),
        )

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """The workflows' own comments on an issue or pull request; a mark in anybody else's counts for nothing."""
        return (each for each in self._pages(f"issues/{number}/comments") if _is_ours(each))

    def issues(self) -> Iterator[dict[str, Any]]:
        """The workflows' own open issues; pull requests are not among them."""
        open_issues = self._pages(f"issues?state=open&creator={quote(_US)}")
        return (each for each in open_issues if "pull_request" not in each and _is_ours(each))

    def environment(self, name: str) -> dict[str, Any] | None:
        """An environment's rules; None if there is no such environment."""
        return self._found(f"environments/{quote(name, safe='')}")

    def deployment_branches(self, environment: str) -> list[dict[str, Any]]:
        """The branches and tags that an environment with a list of its own is for: `name`, and `type`."""
        found = self._found(f"environments/{quote(environment, safe='')}/deployment-branch-policies?per_page={_PAGE}")
        return cast("list[dict[str, Any]]", (found or {}).get("branch_policies", []))

    def is_protected(self, branch: str) -> bool:
        """Whether a rule protects a branch."""
        return bool((self._found(f"branches/{quote(branch, safe='')}") or {}).get("protected"))

    def comment(self, number: int, body: str) -> None:
        """Add a comment."""
        self._call("POST", f"issues/{number}/comments", {"body": truncate_body(body)})

    def change_comment(self, comment_id: int, body: str) -> None:
        """Replace a comment's text."""
        self._call("PATCH", f"issues/comments/{comment_id}", {"body": truncate_body(body)})

    def open_issue(self, title: str, body: str) -> int:
        """Open an issue; returns its number."""
        return int(self._call("POST", "issues", {"title": title, "body": truncate_body(body)}).json()["number"])

    def change_issue(self, number: int, **changes: str) -> None:
        """Change an issue's `body` or `state`."""
        self._call("PATCH", f"issues/{number}", changes)

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        address: str | None = f"{path}{'&' if '?' in path else '?'}per_page={_PAGE}"
        while address:
            answer = self._call("GET", address)
            yield from cast("list[dict[str, Any]]", answer.json())
            address = answer.links.get("next", {}).get("url")

    def _found(self, path: str) -> dict[str, Any] | None:
        answer = self._call("GET", path, missing_is_none=True)
        return None if answer.status_code == _NOT_FOUND else cast("dict[str, Any]", answer.json())

    def _call(
        self, method: str, path: str, content: dict[str, str] | None = None, *, missing_is_none: bool = False
    ) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=content)
            if not (missing_is_none and answer.status_code == _NOT_FOUND):
                answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            answer = printable(error.response.text[:200])
            raise UserError(
                f"GitHub answered {error.response.status_code} to {method} {path.partition('?')[0]} ({answer})",
                "check the `permissions` of the job",
            ) from None
        except httpx.HTTPError as error:
            raise UserError(
                f"GitHub does not answer ({str(error) or type(error).__name__})", "run this again"
            ) from None
        return answer


def _is_ours(written: dict[str, Any]) -> bool:
    """Whether a workflow wrote it; the author of a comment or issue can rewrite it at any time."""
    author = cast("dict[str, Any] | None", written.get("user"))  # None once the account is deleted
    return author is not None and author.get("login") == _US


def truncate_body(body: str) -> str:
    """A body that is short enough for GitHub; a block of code that is cut off is closed."""
    if len(body) <= LONGEST_BODY:
        return body
    kept = body[: LONGEST_BODY - len(_CUT) - 100].rpartition("\n")[0]
    fences = [line for line in kept.splitlines() if line.startswith("```")]
    closing = f"\n{fences[-1].rstrip(ascii_letters)}" if len(fences) % 2 else ""
    return f"{kept}{closing}{_CUT}"


def pull_request_number() -> int:
    """The number of the pull request that started this run. Raises UserError when none did."""
    file = os.environ.get("GITHUB_EVENT_PATH")
    try:
        event: Any = json.loads(Path(file or "").read_text(encoding="utf-8"))
        return int(event["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            "no pull request started this run (GITHUB_EVENT_PATH)", "run this in a workflow on `pull_request`"
        ) from None
