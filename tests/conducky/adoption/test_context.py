"""One package of a workspace is built from the workspace where its Dockerfile needs that, and else from its folder."""

import pytest

from tests.conducky.adoption.sources import Repository

API = '{"name": "api", "dependencies": {"express": "5"}}'
WORKSPACE = {"pnpm-workspace.yaml": "packages: [apps/*]\n", "package.json": '{"name": "root"}'}


def context(repository: Repository, dockerfile: str, **files: str) -> str:
    repository.write({**WORKSPACE, "apps/api/Dockerfile": f"FROM node:24\n{dockerfile}", "apps/api/package.json": API})
    repository.write({name.replace("__", "/").replace("_", "."): text for name, text in files.items()})
    return repository.adopt()["backend"]["context"]


@pytest.mark.parametrize(
    "run",
    [
        "pnpm --filter api build",
        "pnpm -r -F api... run build",
        "pnpm --filter=api --prod deploy /out",
        "npx turbo run build --filter=api",
        "turbo build",
        "yarn workspace api build",
        "yarn workspaces focus api",
        "npm run build -w api",
        "npm ci --workspace=api",
        "npx nx build api",
        "npx lerna run build",
    ],
)
def test_a_command_that_chooses_a_package_needs_the_workspace(repository: Repository, run: str) -> None:
    assert context(repository, f"COPY . .\nRUN {run}\n") == "shop"
    assert "and shop is its workspace" in repository.said


@pytest.mark.parametrize("run", ["npm ci", "npm --silent ci", "pnpm i --frozen-lockfile", "yarn --immutable"])
def test_an_installation_by_a_lock_needs_the_folder_of_the_lock(repository: Repository, run: str) -> None:
    assert context(repository, f"COPY . .\nRUN {run}\n", **{"pnpm-lock_yaml": ""}) == "shop"
    assert "installs what shop/pnpm-lock.yaml names" in repository.said


def test_a_package_that_depends_on_another_one_needs_the_workspace(repository: Repository) -> None:
    db = {"packages__db__package_json": '{"name": "@shop/db"}'}
    depending = '{"name": "api", "dependencies": {"express": "5", "@shop/db": "workspace:*"}}'
    assert context(repository, "COPY . .\nRUN pnpm install\n", **db) == "shop/apps/api"
    assert context(repository, "COPY . .\nRUN pnpm install\n", **db, apps__api__package_json=depending) == "shop"
    assert "shop/apps/api depends on shop/packages/db" in repository.said


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        ("COPY . .\nRUN npm install\n", {}),
        ("COPY . .\nRUN npm ci\n", {}),
        ("COPY . .\nRUN npm ci\n", {"apps__api__package-lock_json": "", "package-lock_json": ""}),
        ("COPY server.js ./\nRUN pnpm --filter api build\n", {"apps__api__server_js": ""}),
        ("COPY . .\nRUN echo turbo, yarn, npm\n", {}),
    ],
)
def test_what_needs_no_workspace_is_built_from_its_folder(
    repository: Repository, dockerfile: str, files: dict[str, str]
) -> None:
    assert context(repository, dockerfile, **files) == "shop/apps/api"


@pytest.mark.parametrize("asked", ["workspace:*", "workspace:^", "file:../db", "link:../db", "portal:../db"])
def test_a_package_of_a_workspace_that_was_not_named_is_asked_for(repository: Repository, asked: str) -> None:
    manifest = f'{{"dependencies": {{"express": "5", "@shop/db": "{asked}"}}}}'
    repository.write({"apps/api/Dockerfile": "FROM node:24\nCOPY . .\n", "apps/api/package.json": manifest})
    repository.adopt("shop/apps/api")
    assert "shop/apps/api depends on @shop/db of its workspace, which is not among the files here" in repository.said
