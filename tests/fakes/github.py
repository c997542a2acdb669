"""A GitHub with the issues, comments and pages of one repository."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.web_server import Answer, Asked, WebServer, serve

US = "github-actions[bot]"
_REPOSITORY = "/repos/acme/conducky/"


@dataclass
class FakeGitHub:
    """Issues by number; comments by the number of their issue. `page` is how many things a page holds."""

    issues: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict[int, list[dict[str, Any]]])
    environments: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    protected: set[str] = field(default_factory=set[str])
    page: int = 2
    refuses: bool = False
    address: str = ""
    server: WebServer | None = None

    def issue(self, number: int, body: str, login: str = US, **more: Any) -> None:  # noqa: ANN401
        self.issues[number] = {"number": number, "body": body, "state": "open", "user": {"login": login}, **more}

    def environment(self, name: str, *branches: str, reviewers: bool = False, **policy: Any) -> None:  # noqa: ANN401
        """One that these branches may use, `tag:NAME` for a tag; `policy` replaces its rule for branches."""
        rule = {"protected_branches": False, "custom_branch_policies": True} if branches else None
        self.environments[name] = {
            "name": name,
            "protection_rules": [{"type": "required_reviewers"}] if reviewers else [],
            "deployment_branch_policy": policy.get("deployment_branch_policy", rule),
            "branches": [
                {"name": branch.removeprefix("tag:"), "type": "tag" if branch.startswith("tag:") else "branch"}
                for branch in branches
            ],
        }

    def comment(self, number: int, body: str, login: str = US) -> None:
        of_it = self.comments.setdefault(number, [])
        of_it.append({"id": sum(map(len, self.comments.values())) + 1000, "body": body, "user": {"login": login}})

    @property
    def changes(self) -> list[str]:
        assert self.server
        return [f"{asked.method} {asked.path}" for asked in self.server.asked if asked.method != "GET"]

    def answer(self, asked: Asked) -> Answer:
        assert asked.headers["Authorization"] == "Bearer fake-token-of-the-job"
        if self.refuses:
            return Answer({"message": "Resource not accessible by integration"}, 403)
        path = asked.path.removeprefix(_REPOSITORY)
        assert path != asked.path, f"{asked.path} is of another repository"
        if asked.method == "GET" and path.startswith(("environments/", "branches/")):
            return self._rule(path)
        if asked.method == "GET":
            return self._list(path)
        return self._change(asked.method, path, asked.content)

    def _rule(self, path: str) -> Answer:
        kind, name, *of_it = path.partition("?")[0].split("/")
        if kind == "branches":
            return Answer({"name": name, "protected": name in self.protected})
        found = self.environments.get(name)
        if found is None:
            return Answer({"message": "Not Found"}, 404)
        return Answer({"branch_policies": found["branches"]} if of_it else found)

    def _list(self, path: str) -> Answer:
        comments = re.match(r"issues/(\d+)/comments", path)
        things = self.comments.get(int(comments[1]), []) if comments else self._open()
        number = int(match[1]) if (match := re.search(r"[?&]page=(\d+)", path)) else 1
        begin = (number - 1) * self.page
        more = len(things) > begin + self.page
        following = f"{self.address}{_REPOSITORY}{path.split('&page=', maxsplit=1)[0]}&page={number + 1}"
        return Answer(things[begin : begin + self.page], headers={"Link": f'<{following}>; rel="next"'} if more else {})

    def _open(self) -> list[dict[str, Any]]:
        return [issue for issue in self.issues.values() if issue["state"] == "open"]

    def _change(self, method: str, path: str, content: dict[str, Any]) -> Answer:
        match method, path.split("/"):
            case "POST", ["issues"]:
                number = max(self.issues, default=0) + 1
                self.issue(number, content["body"], title=content["title"])
                return Answer({"number": number}, 201)
            case "POST", ["issues", number, "comments"]:
                self.comment(int(number), content["body"])
                return Answer({}, 201)
            case "PATCH", ["issues", "comments", which]:
                found = [each for of_it in self.comments.values() for each in of_it if each["id"] == int(which)]
                found[0].update(content)
                return Answer({})
            case "PATCH", ["issues", number]:
                self.issues[int(number)].update(content)
                return Answer({})
            case _:
                return Answer({"message": "Not Found"}, 404)


@contextmanager
def fake_github() -> Generator[FakeGitHub]:
    """Run one; its address is for GITHUB_API_URL."""
    made = FakeGitHub()
    with serve(made.answer) as server:
        made.address, made.server = server.address, server
        yield made
