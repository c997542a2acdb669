"""The steps of docs/pipeline.md for one stack: which are done, the command of each other, and how to carry it out."""

import json
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from conducky.environment import APPLICATION_SECRETS, variable
from conducky.errors import UserError
from conducky.github.gh import gh
from conducky.operations.setup_github.state import GithubState
from conducky.settings.schema import BootstrapSettings

_KEYS: Final = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
_GENERATED_BYTES: Final = 32


@dataclass(frozen=True)
class Step:
    """One step. `run` carries it out; None where only a person can. `safe`: it needs no answer and replaces nothing."""

    title: str
    done: bool
    command: str
    run: Callable[[], object] | None = None
    safe: bool = False


@dataclass(frozen=True)
class Plan:
    """The steps for one stack.

    `exports` are what bootstrap exports, `stored` the secret settings in the stack file, `secrets` what the
    applications need. `ask` asks a person for a secret, without showing it. `domain` is where people open the app, if
    they have a domain.
    """

    stack: str
    state: GithubState
    settings: BootstrapSettings
    exports: Mapping[str, Any]
    stored: frozenset[str]
    secrets: Sequence[str]
    ask: Callable[[str], str]
    reviewers: tuple[int, ...] = ()
    domain: str = ""

    @property
    def without_environments(self) -> bool:
        """Whether the repository says that its plan has no environments: then everything is the repository's."""
        return self.state.shared_variables.get("ENVIRONMENTS") == "none"

    def steps(self) -> Iterator[Step]:
        """In the order in which they are done."""
        yield self._bootstrap()
        if not self.without_environments:
            yield self._environment()
            yield self._branch_rule()
            if self.reviewers:
                yield self._approval()
        yield self._secret("PULUMI_ACCESS_TOKEN", lambda: self.ask("PULUMI_ACCESS_TOKEN, from app.pulumi.com: "))
        yield self._variable("PULUMI_ORG", variable("PULUMI_ORG") or "", shared=True)
        yield self._variable("AWS_REGION", variable("AWS_REGION") or "", shared=True)
        for name in self.secrets:
            if APPLICATION_SECRETS.get(name) not in self.stored:
                yield self._secret(name, lambda name=name: variable(name) or self._new(name))
        yield from self._sign_in()
        yield self._stacks()
        if self.exports.get("preview_role_arn"):
            yield self._variable("AWS_PREVIEW_ROLE_ARN", str(self.exports["preview_role_arn"]), shared=True)
        if self.domain:
            yield self._variable("FRONTEND_BASE_URL", self.domain)

    def _bootstrap(self) -> Step:
        """Bootstrap is deployed, and trusts tokens of exactly this repository and environment."""
        repository, stack = self.state.repository, self.stack
        wanted = {"githubRepository": repository.name, "githubIds": repository.ids}
        if not self.without_environments:
            wanted["githubEnvironment"] = stack
        present = {
            "githubRepository": self.settings.github_repository,
            "githubIds": self.settings.github_ids,
            "githubEnvironment": self.settings.github_environment,
        }
        keys = self.state.secrets | self.state.shared_secrets >= _KEYS
        missing = {} if keys else {name: value for name, value in wanted.items() if present[name] != value}
        sets = [f"pulumi -C bootstrap config set {name} {value} --stack {stack}" for name, value in missing.items()]
        return Step(
            f"bootstrap/{stack} is deployed, and trusts {repository.name}",
            bool(self.exports) and not missing,
            "\n".join([*sets, f"make deploy STACK={stack} LAYER=bootstrap   # as an AWS admin"]),
        )

    def _environment(self) -> Step:
        path = f"repos/{self.state.repository.name}/environments/{self.stack}"
        policy: dict[str, Any] = {"protected_branches": False, "custom_branch_policies": True}
        text = json.dumps({"deployment_branch_policy": policy})

        def create() -> None:
            has = "environments in private repositories with a paid plan only"
            with self._plan_explained(has, "run `gh variable set ENVIRONMENTS --body none`"):
                gh("api", "--method", "PUT", path, "--input", "-", given=text)

        done = bool((self.state.environment or {}).get("deployment_branch_policy"))
        command = f"gh api --method PUT {path} --input - <<'JSON'\n{text}\nJSON"
        return Step(f"the environment {self.stack}, for chosen branches only", done, command, create, safe=True)

    def _approval(self) -> Step:
        """Its reviewers are asked once: on the stack's own environment, GitHub would ask them for each job."""
        name = f"{self.stack}-approval"
        words = ["api", "--method", "PUT", f"repos/{self.state.repository.name}/environments/{name}", "--input", "-"]
        text = json.dumps({"reviewers": [{"type": "User", "id": ident} for ident in self.reviewers]})

        def create() -> None:
            with self._plan_explained("reviewers in private repositories with Enterprise only", "protect the branch"):
                gh(*words, given=text)

        return Step(
            f"the environment {name}, which asks its reviewers once for each release",
            done=False,
            command=f"gh {' '.join(words)} <<'JSON'\n{text}\nJSON",
            run=create,
            safe=True,
        )

    @contextmanager
    def _plan_explained(self, has: str, instead: str) -> Generator[None]:
        """Say of what GitHub refuses in a private repository that it may be the plan's."""
        try:
            yield
        except UserError as error:
            if not self.state.repository.private:
                raise
            plan = f" (this is {self.state.repository.plan})" if self.state.repository.plan else ""
            raise UserError(
                f"{error.problem}; GitHub has {has}{plan}",
                f"upgrade the plan, or {instead}: docs/pipeline-access.md says what is lost then",
            ) from None

    def _branch_rule(self) -> Step:
        branch = self.state.repository.branch
        path = f"repos/{self.state.repository.name}/environments/{self.stack}/deployment-branch-policies"
        words = ["api", "--method", "POST", path, "-f", f"name={branch}"]
        return Step(
            f"only {branch} may use the environment {self.stack}",
            self.state.is_guarded,
            f"gh {' '.join(words)}",
            lambda: gh(*words),
            safe=True,
        )

    def _secret(self, name: str, value: Callable[[], str]) -> Step:
        words = ["secret", "set", name, *self._where()]
        held = self.state.shared_secrets if self.without_environments else self.state.secrets
        generated = name in APPLICATION_SECRETS
        source = "openssl rand -hex 32 | " if generated else ""

        def store() -> None:
            secret = value()
            if not secret:
                raise UserError(f"{name} was not given", f"run `gh {' '.join(words)}`")
            gh(*words, secret=secret)

        title = f"the secret {name}{' (generated)' if generated else ''}"
        return Step(title, name in held, f"{source}gh {' '.join(words)}", store, safe=generated)

    def _new(self, name: str) -> str:
        """A new value for one of our own secrets; anyone else's can only be asked for."""
        return secrets.token_hex(_GENERATED_BYTES) if name in APPLICATION_SECRETS else self.ask(f"{name}: ")

    def _variable(self, name: str, value: str, *, shared: bool = False, done: bool = False) -> Step:
        words = ["variable", "set", name, *self._where(shared=shared), "--body", value or "VALUE"]

        def store() -> None:
            if not value:
                raise UserError(f"{name} is not set in this shell", f"run `export {name}=...` and this again")
            gh(*words)

        return Step(
            f"the variable {name}", done or bool(self.state.variable(name)), _shown(words), store, safe=bool(value)
        )

    def _sign_in(self) -> list[Step]:
        """The roles that bootstrap exports; keys that are stored already do as well."""
        keys = self.state.secrets | self.state.shared_secrets >= _KEYS
        return [
            self._variable(f"AWS_{verb.upper()}_ROLE_ARN", str(self.exports.get(f"{verb}_role_arn") or ""), done=keys)
            for verb in ("deploy", "destroy")
        ]

    def _stacks(self) -> Step:
        text = self.state.variable("STACKS")
        try:
            listed: list[str] = json.loads(text) if text else ["dev"]
        except ValueError:
            listed = []
        done = self.stack in listed
        body = json.dumps(listed if done else [*listed, self.stack])
        words = ["variable", "set", "STACKS", *self._where(shared=True), "--body", body]
        return Step("the variable STACKS", done, _shown(words), lambda: gh(*words), safe=True)

    def _where(self, *, shared: bool = False) -> list[str]:
        repository = ["--repo", self.state.repository.name]
        return repository if shared or self.without_environments else ["--env", self.stack, *repository]


def _shown(words: list[str]) -> str:
    return "gh " + " ".join(f"'{word}'" if '"' in word else word for word in words)
