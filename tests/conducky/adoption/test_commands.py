"""What starting a container and building its image lead to: scripts of packages, files, and files that a RUN writes."""

import json
from collections.abc import Mapping

import pytest

from conducky.adoption.candidates import candidates
from conducky.adoption.tree import Tree
from tests.conducky.adoption.sources import NODE, Repository

ROOT = '{"name": "root", "workspaces": ["apps/*", "packages/*"], "scripts": {"go": "turbo run serve --filter=api"}}'
DB = '{"name": "@shop/db", "scripts": {"deploy": "prisma migrate deploy"}}'
API = '{"name": "api", "scripts": {"serve": "node ."}, "dependencies": {"express": "5", "@shop/db": "workspace:*"}}'
WORKSPACE = {"package.json": ROOT, "packages/db/package.json": DB, "apps/api/package.json": API}


def started(repository: Repository, dockerfile: str, files: Mapping[str, str] | None = None) -> list[str]:
    """Where all that the image's start runs is."""
    return _commands(repository, dockerfile, files, build=False)


def built(repository: Repository, dockerfile: str, files: Mapping[str, str] | None = None) -> list[str]:
    """Where all that the image's build runs is."""
    return _commands(repository, dockerfile, files, build=True)


def _commands(repository: Repository, dockerfile: str, files: Mapping[str, str] | None, *, build: bool) -> list[str]:
    repository.write({"apps/api/Dockerfile": NODE + dockerfile, **(files or {})})
    tree = Tree(repository.root, [repository.root / "shop"])
    (found,) = candidates(tree, "dev")
    return [each.where.replace("shop/", "") for each in (found.in_build if build else found.at_start)]


def scripts(**scripts: str) -> dict[str, str]:
    return {"apps/api/package.json": json.dumps({"dependencies": {"express": "5"}, "scripts": scripts})}


CMD = "CMD in apps/api/Dockerfile:4"


@pytest.mark.parametrize(
    "command",
    [
        "npm start",
        "npm --silent run start",
        '["npm", "run-script", "start"]',
        "yarn start",
        "yarn run start",
        "pnpm run --silent start",
        '["bun", "start"]',
        "bun run start",
        "node --run start",
        "exec npm start -- --port 80",
        "NODE_ENV=production npm start",
        "/usr/local/bin/npm start",
        "dumb-init npm start",
    ],
)
def test_the_script_that_a_package_manager_runs(repository: Repository, command: str) -> None:
    found = started(repository, f"CMD {command}\n", scripts(start="node .", prestart="node a"))
    script = "the script `{}` of apps/api/package.json"
    assert found == [CMD, script.format("prestart"), script.format("start")]


@pytest.mark.parametrize("command", ["npm install", "npm exec start", "npm deploy", "node start", "node", "echo start"])
def test_what_runs_no_script_of_that_name(repository: Repository, command: str) -> None:
    assert started(repository, f"CMD {command}\n", scripts(start="node .", deploy="node .")) == [CMD]


@pytest.mark.parametrize("command", ["npm ci", "npm i --omit=dev", "yarn", "yarn --frozen-lockfile", "bun install"])
def test_an_installation_runs_the_scripts_that_follow_it(repository: Repository, command: str) -> None:
    found = built(repository, f"RUN {command}\n", scripts(postinstall="prisma generate", install="node ."))
    script = "the script `{}` of apps/api/package.json"
    assert found == ["RUN in apps/api/Dockerfile:4", script.format("install"), script.format("postinstall")]


@pytest.mark.parametrize("runner", ["npx run-s", "run-p -l", "npm-run-all --serial", "node_modules/.bin/run-s"])
def test_several_scripts_one_after_the_other(repository: Repository, runner: str) -> None:
    found = started(repository, f"CMD {runner} first second\n", scripts(first="a", second="b", third="c"))
    assert [each.split("`")[1] for each in found[1:]] == ["first", "second"]


@pytest.mark.parametrize(
    "command",
    [
        "pnpm --filter @shop/db deploy",
        "pnpm --filter=@shop/db... run deploy",
        "pnpm -F {packages/db} run deploy",
        "pnpm -C packages/db run deploy",
        "npm run deploy -w packages/db",
        "npm run deploy --workspace=@shop/db",
        "npm --prefix packages/db run deploy",
        "npm --prefix ./packages/db/ run deploy",
        "yarn workspace @shop/db deploy",
        "yarn --cwd packages/db deploy",
        "npx turbo run deploy --filter=@shop/db",
        "cd packages/db && pnpm run deploy",
    ],
)
def test_the_script_of_another_package_of_the_workspace(repository: Repository, command: str) -> None:
    found = started(repository, f"RUN npm ci -w api\nCMD {command}\n", WORKSPACE)
    assert found == ["CMD in apps/api/Dockerfile:5", "the script `deploy` of packages/db/package.json"]


def test_a_script_of_the_workspace_leads_to_one_of_a_package(repository: Repository) -> None:
    found = started(repository, "RUN npm ci -w api\nCMD npm run go\n", WORKSPACE)
    assert found[1:] == ["the script `go` of package.json", "the script `serve` of apps/api/package.json"]


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ('["./docker/start.sh"]', "docker/start.sh"),
        ('["/usr/local/bin/start"]', "bin/start"),
        ("bash scripts/start.bash", "scripts/start.bash"),
        ("sh -c './start.sh && node .'", "start.sh"),
        ("node scripts/start.mjs", "scripts/start.mjs"),
        ("node /app/start.js", "start.js"),
        ("npx tsx ./scripts/start.ts", "scripts/start.ts"),
    ],
)
def test_a_file_that_a_command_names(repository: Repository, command: str, file: str) -> None:
    text = "#!/bin/sh\nnpx prisma migrate deploy\n"
    assert started(repository, f"CMD {command}\n", {f"apps/api/{file}": text}) == [CMD, f"apps/api/{file}"]


@pytest.mark.parametrize("file", ["start", "other/start.mjs", "docker/other.sh"])
def test_a_file_that_is_none_of_a_shell_or_another_one(repository: Repository, file: str) -> None:
    command = '["start", "scripts/start.mjs", "other"]'
    assert started(repository, f"CMD {command}\n", {f"apps/api/{file}": "prisma migrate deploy"}) == [CMD]


@pytest.mark.parametrize(
    "lines",
    [
        "COPY <<EOF /app/start.sh\nnpm run go\nEOF\n",
        "RUN cat <<EOF >/app/start.sh\nnpm run go\nEOF\n",
        "RUN printf '#!/bin/sh\\nnpm run go\\n' > start.sh && chmod +x start.sh\n",
        'RUN echo "npm run go" >> /app/start.sh\n',
    ],
)
def test_a_file_that_the_dockerfile_writes_runs_at_the_start_and_not_in_the_build(
    repository: Repository, lines: str
) -> None:
    dockerfile, script = f'{lines}CMD ["/app/start.sh"]\n', "the script `go` of apps/api/package.json"
    found = started(repository, dockerfile, scripts(go="node ."))
    assert found[-2:] == [f"{lines.split(maxsplit=1)[0]} in apps/api/Dockerfile:4", script]
    assert script not in built(repository, dockerfile)


def test_scripts_that_call_each_other_end(repository: Repository) -> None:
    found = started(repository, "CMD npm start\n", scripts(start="npm run a", a="npm run b", b="npm start"))
    assert len(found) == 4
    many = {f"s{number}": f"npm run s{number + 1}" for number in range(300)}
    assert len(started(repository, "CMD npm run s0\n", scripts(**many))) == 100


@pytest.mark.parametrize(
    "text", ["npm " * 20_000, "'" * 100_000, "nc " * 30_000, "prisma" + " " * 100_000, "/" * 100_000]
)
def test_a_long_text_that_means_nothing_is_read(repository: Repository, text: str) -> None:
    assert started(repository, "CMD ./start.sh\n", {"apps/api/start.sh": text}) == [CMD, "apps/api/start.sh"]
