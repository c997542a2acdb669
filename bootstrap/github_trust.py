"""Which of GitHub's tokens open a role: those of one repository, for one branch or environment."""

from collections.abc import Sequence
from dataclasses import dataclass

from conducky.policy import Policy, trusting
from conducky.settings import BootstrapSettings

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
# Those whose jobs assume the deploying role, and the removing one. No other file of the repository gets either,
# whatever its environment.
DEPLOYING_WORKFLOWS = ("drift.yml", "stack.yml")
DESTROYING_WORKFLOWS = ("destroy.yml",)


@dataclass(frozen=True)
class GithubRepository:
    """A repository as its tokens name it: `acme/conducky`, and the ids of both, `1234/5678`, where they are known."""

    name: str
    ids: str | None = None

    def subjects(self, context: str) -> Sequence[str]:
        """The subjects of its tokens in a context, such as `ref:refs/heads/main`.

        Repositories created, renamed or moved since July 2026, or opted in, send the ids as well: names can be given up
        and taken by somebody else. Without the ids that form cannot be written exactly, so it is not trusted.
        https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
        """
        forms = [self.name]
        if self.ids:
            (owner, name), (owner_id, name_id) = self.name.split("/"), self.ids.split("/")
            forms.append(f"{owner}@{owner_id}/{name}@{name_id}")
        return [f"repo:{form}:{context}" for form in forms]

    def deploying(self, branch: str, environment: str | None) -> Sequence[str]:
        """The subjects of its deployments. A job with an environment names that instead of its branch."""
        return self.subjects(f"environment:{environment}" if environment else f"ref:refs/heads/{branch}")

    def workflows(self, branch: str, files: Sequence[str] = DEPLOYING_WORKFLOWS) -> Sequence[str]:
        """Workflows as its tokens name them: each with the branch that it comes from."""
        folder = f"{self.name}/.github/workflows"
        return [f"{folder}/{file}@refs/heads/{branch}" for file in files]

    def previewing(self) -> Sequence[str]:
        """The subjects of its previews: jobs in an environment that waits for a reviewer, never any pull request."""
        return self.subjects("environment:preview")


@dataclass(frozen=True)
class Trusted:
    """What each role trusts of GitHub's tokens, a statement for each; None for a role that is not asked for."""

    deploying: dict[str, object]
    destroying: dict[str, object]
    previewing: dict[str, object] | None

    @classmethod
    def of(cls, provider_arn: str, settings: BootstrapSettings) -> "Trusted | None":
        """The statements for these settings; None if they name no repository."""
        if settings.github_repository is None:
            return None
        github, branch = GithubRepository(settings.github_repository, settings.github_ids), settings.github_branch
        subjects = github.deploying(branch, settings.github_environment)
        return cls(
            token_statement(provider_arn, subjects, github.workflows(branch)),
            token_statement(provider_arn, subjects, github.workflows(branch, DESTROYING_WORKFLOWS)),
            token_statement(provider_arn, github.previewing()) if settings.github_previews else None,
        )


def trust_policy(provider_arn: str, subjects: Sequence[str], workflows: Sequence[str] = ()) -> Policy:
    """Trust in tokens of these subjects alone; see `token_statement`."""
    return trusting(token_statement(provider_arn, subjects, workflows))


def token_statement(provider_arn: str, subjects: Sequence[str], workflows: Sequence[str] = ()) -> dict[str, object]:
    """Trust in tokens of exactly these subjects, issued for AWS; no pattern, and a claim that is missing denies.

    With `workflows`, only in those of jobs in these files. A preview cannot name its own: it comes from a branch that
    GitHub makes for the pull request.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    claims: dict[str, object] = {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": list(subjects)}
    if workflows:
        claims[f"{ISSUER}:job_workflow_ref"] = list(workflows)
    return {
        "Sid": "GithubActions",
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": claims},
    }
