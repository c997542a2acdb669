"""What an application is: the settings `frontend` and `backend` of `services`, the one place that names what it needs.

Checks, pages, the tests' fakes, the masks of secrets and the workflows are derived from these.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

SHORTEST_RANDOM = 32  # characters; what is shorter may be a word
_DISTINCT = 8  # fewer different characters than this are a filler and not random
_CHANGES = 0.25  # how often random text goes from letter to digit or changes case, at the least
# The whole task definition may have 64 KiB: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
_LONGEST_VARIABLES = 48 * 1024
# Values and wildcards of one listener rule:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_PATHS, _WILDCARDS = 5, 6
HTTPS_PORT = 443

NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
SECRET_NAME = r"^[A-Z_][A-Z0-9_]{0,127}$"  # noqa: S105  # as GitHub stores every name
_OURS = re.compile(
    r"PORT|HOSTNAME|DATABASE_URL|DATABASE_POOL_SIZE|APP_REVISION|MIGRATION_WAIT_SECONDS|MIGRATE_ON_START|TRUSTED_PROXIES|CLIENT_ADDRESS_HEADER"
)
# Credentials would win over the task's role, and ECS Exec would stop working.
_AWS = re.compile(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|CONTAINER_.*)|ECS_.*")
# What a deployment itself reads in its environment: a secret of that name would replace it there.
_DEPLOYMENTS = re.compile(
    r"(AWS|CI|GITHUB|PULUMI|PYTHON|RUNNER|UV|LD|DYLD)_.*|CI|PATH|HOME|SHELL|USER|TMPDIR|ENV|BASH_ENV|NODE_OPTIONS|"
    r"(HTTPS?|ALL|NO)_PROXY|FRONTEND_BASE_URL|CORS_ORIGIN|NEXT_PUBLIC_API_URL|ENVIRONMENTS|STACKS?|LAYER|LOG|PYTHON\w*"
)
_SECRET_FORMS = (
    (re.compile(r"-----BEGIN [A-Z ]+-----"), "a PEM block"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key"),
    (re.compile(r"://[^\s/@:]*:[^\s/@]+@"), "an address with a password"),
    (
        re.compile(
            r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|pul-[0-9a-f]{40}|xox[abp]-[\w-]{20,}|"
            r"[rs]k_(live|test)_\w{16,}|sk-[\w-]{20,})"
        ),
        "a token",
    ),
)
# What these tools build into pages, every visitor gets; and an identifier such as AZURE_CLIENT_ID is not what signs in
_READABLE = re.compile(
    r"(NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC|VITE|REACT_APP|GATSBY)_.+|(?!.*(SECRET|TOKEN|KEY|PASS)).+_ID"
)


def secret_in(text: str, name: str = "") -> str | None:
    """What kind of secret a text looks like as the value of a variable of this name, or None."""
    for form, kind in _SECRET_FORMS:
        if form.search(text):
            return kind
    if _READABLE.fullmatch(name):
        return None
    words: list[str] = re.findall(rf"[A-Za-z0-9+/_=-]{{{SHORTEST_RANDOM},}}", text)
    return f"{SHORTEST_RANDOM} or more random characters" if any(map(_is_random, words)) else None


def _is_random(word: str) -> bool:
    """Whether it is not words with separators: one long run, or one that changes between letters and digits a lot."""
    bare = re.sub(r"[^A-Za-z0-9]", "", word)
    if len(set(bare)) < _DISTINCT:
        return False
    kinds = ["d" if each.isdigit() else "u" if each.isupper() else "l" for each in bare]
    changes = sum(one != other for one, other in pairwise(kinds)) / len(kinds)
    return changes >= _CHANGES or re.search(rf"[A-Za-z0-9]{{{SHORTEST_RANDOM},}}", word) is not None


def _text(value: object) -> object:
    """YAML's numbers and booleans as the text that a container gets."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _no_secrets(values: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in values.items():
        if kind := secret_in(value, name):
            raise PydanticCustomError("plain_secret", "looks like {kind}", {"kind": kind, "name": name})
    return values


def _free(name: str) -> str:
    if _OURS.fullmatch(name):
        raise PydanticCustomError("ours", "is set by the deployment itself")
    if _AWS.fullmatch(name):
        raise PydanticCustomError("ours", "is set by ECS, for the task's own role")
    return name


def _free_secret(name: str) -> str:
    if _DEPLOYMENTS.fullmatch(_free(name)):
        raise PydanticCustomError("ours", "is read by the deployment itself: give the secret another name")
    return name


def _different(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("not_different", "must not name anything twice")
    return values


def _with_https(ports: tuple[int, ...]) -> tuple[int, ...]:
    if HTTPS_PORT not in ports:
        raise PydanticCustomError("no_https", "must contain 443: tasks get images, secrets and logs through it")
    return ports


def _few_wildcards(paths: tuple[str, ...]) -> tuple[str, ...]:
    if sum(path.count("*") + path.count("?") for path in paths) > _WILDCARDS:
        raise PydanticCustomError("wildcards", "must have at most 6 wildcards in all, the limit of a listener rule")
    return paths


def _inside(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        raise PydanticCustomError("outside", "must be a path inside of this repository")
    return path


def whole_command(words: tuple[str, ...]) -> tuple[str, ...]:
    """A command without secrets in it."""
    if kind := next(filter(None, map(secret_in, words)), None):
        raise PydanticCustomError("plain_secret", "looks like {kind}", {"kind": kind})
    return words


Name = Annotated[str, Field(pattern=NAME), AfterValidator(_free)]
SecretName = Annotated[str, Field(pattern=SECRET_NAME), AfterValidator(_free_secret)]
Variables = Annotated[Mapping[Name, Annotated[str, BeforeValidator(_text)]], AfterValidator(_no_secrets)]
Address = Literal["frontend", "backend", "corsOrigin"]
RepositoryPath = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_inside)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
PathPattern = Annotated[str, Field(pattern=r"""^/[A-Za-z0-9_.$/~"'@:+&*?-]{0,127}$""")]


# Fields whose defaults the applications have of their own, with their descriptions
Context = Annotated[RepositoryPath, Field(description="The folder that its image is built from.")]
Port = Annotated[PortNumber, Field(description="The port that it listens on. It gets the number as PORT.")]
BuildAddresses = Annotated[
    Mapping[Name, Address],
    Field(description="Build arguments that hold an address: of the `frontend` or the `backend`."),
]
Addresses = Annotated[
    Mapping[Name, Address],
    Field(
        description="Environment variables that hold an address: of the `frontend` or the `backend`, or `corsOrigin`."
    ),
]
Secrets = Annotated[
    tuple[SecretName, ...],
    AfterValidator(_different),
    Field(description="The names of its secrets. Their values come from the deployment's environment."),
]


class Application(BaseModel):
    """What both applications have."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_default=True, use_attribute_docstrings=True
    )

    context: Context = ""
    dockerfile: RepositoryPath = "Dockerfile"
    """Its Dockerfile, relative to `context`."""
    target: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]+$")
    """The stage of the Dockerfile to build, if not the last."""
    build_args: Variables = {}
    """Build arguments. They stay readable in the image: no secrets."""
    build_addresses: BuildAddresses = {}
    port: Port = 0
    health_path: str = Field(default="/health", pattern=r"^/[\x21-\x7e]{0,1022}$")
    """The path that answers 200 while it is well, without asking the database."""
    command: Annotated[tuple[str, ...], AfterValidator(whole_command)] | None = Field(default=None, min_length=1)
    """The command to start, if not the image's own: a list of words."""
    develop: Annotated[tuple[str, ...], AfterValidator(whole_command)] | None = Field(default=None, min_length=1)
    """The command that `make develop` starts in `context`, if not the script `dev` of its package.json."""
    user: str = Field(default="1000:1000", pattern=r"^(image|[a-z_][a-z0-9_-]*|[0-9]+)(:([a-z_][a-z0-9_-]*|[0-9]+))?$")
    """The user that it runs as; `image` for the image's own."""
    variables: Variables = {}
    """Its own environment variables."""
    secrets: Secrets = ()
    addresses: Addresses = {}
    egress: Annotated[tuple[PortNumber, ...], AfterValidator(_different), AfterValidator(_with_https)] = Field(
        default=(HTTPS_PORT,), min_length=1, max_length=20
    )
    """The TCP ports that it can reach in the internet, such as 587 for mail."""

    @model_validator(mode="after")
    def _every_name_once(self) -> Self:
        for one, other in (("variables", "secrets"), ("variables", "addresses"), ("secrets", "addresses")):
            for name in sorted({*getattr(self, one)} & {*getattr(self, other)}):
                raise PydanticCustomError(
                    "named_twice",
                    "names {name} in `{one}` and in `{other}`",
                    {"name": name, "one": one, "other": other},
                )
        if sum(len(name) + len(value.encode()) for name, value in self.variables.items()) > _LONGEST_VARIABLES:
            raise PydanticCustomError("too_large", "has more than 48 KiB in `variables`, and ECS takes 64 KiB in all")
        return self


class Frontend(Application):
    """The application that answers every path that is not the backend's. The defaults are the sample's."""

    context: Context = "frontend"
    port: Port = 3000
    build_addresses: BuildAddresses = {"NEXT_PUBLIC_API_URL": "backend"}
    addresses: Addresses = {"API_URL": "backend"}


class Backend(Application):
    """The application with the database, which alone gets DATABASE_URL."""

    context: Context = "backend"
    port: Port = 4000
    secrets: Secrets = ("JWT_SECRET", "SESSION_SECRET")
    addresses: Addresses = {"FRONTEND_BASE_URL": "frontend", "CORS_ORIGIN": "corsOrigin"}
    paths: Annotated[tuple[PathPattern, ...], AfterValidator(_different), AfterValidator(_few_wildcards)] = Field(
        default=("/api/*",), min_length=1, max_length=_PATHS
    )
    """The paths that go to the backend; all others go to the frontend."""
    migrations: Literal["entrypoint", "none", "command"] = "entrypoint"
    """Who runs Prisma's migrations: the image's own entry point, nobody, or a wrapper around `command`."""

    @model_validator(mode="after")
    def _the_wrapper_knows_what_to_start(self) -> Self:
        if self.migrations == "command" and self.command is None:
            raise PydanticCustomError(
                "no_command",
                "has `migrations: command` without a `command`, which ECS does not take from the image then",
            )
        return self


def plain_path(pattern: str) -> str:
    """A path that fits a pattern, behind an HTTP API as well, which has something for each wildcard."""
    return re.sub(r"[*?]", "-", pattern)
