import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.images import node
from conducky.rehearsal.images.prisma_engine import engine_for, prisma_engine, prisma_version
from tests.fakes.script import write_script

FILES = ("package.json", "package-lock.json", "schema-engine.mjs")

WriteNpm = Callable[[str], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the engine's source."""
    source = tmp_path / "the repository" / "tools" / "prisma-engine"
    source.mkdir(parents=True)
    for name in FILES:
        (source / name).write_text(f"content of {name}")
    (source / "schema-engine.mjs").chmod(0o755)
    return source.parents[1]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "the cache"))
    return tmp_path / "the cache" / "prisma-engine"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """The file in which npm notes how it was called."""
    return tmp_path / "calls"


@pytest.fixture
def write_npm(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> WriteNpm:
    """Puts an npm on PATH that notes its arguments and then does what the test wants."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def write(body: str) -> None:
        write_script(folder / "npm", f'echo "$@" >>"{calls}"\n{body}')

    write_script(folder / "node", "echo v22.1.0")
    write("mkdir node_modules")
    return write


LOCK = '{"packages": {"node_modules/prisma": {"version": "7.10.0"}}}'


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"package.json": '{"dependencies": {"prisma": "6.0.0"}}'}, "6.0.0"),
        ({"package.json": '{"dependencies": {"next": "15"}, "devDependencies": {"prisma": "^7.10.0"}}'}, "7.10.0"),
        ({"package.json": '{"devDependencies": {"prisma": "^7"}}', "package-lock.json": LOCK}, "7.10.0"),
        ({"package-lock.json": LOCK, "node_modules/prisma/package.json": '{"version": "6.2.1"}'}, "6.2.1"),
        ({"package.json": "{}"}, None),
        ({"package.json": '{"dependencies": {"prisma": "^7"}}', "../package-lock.json": LOCK}, "7.10.0"),
        ({"package.json": "{}", "../package-lock.json": LOCK}, None),
        ({"package.json": "not JSON"}, None),
        ({}, None),
    ],
)
def test_an_applications_prisma_is_the_installed_one_else_the_locked_one(
    tmp_path: Path, files: dict[str, str], version: str | None
) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)

    assert prisma_version(folder) == version


@pytest.mark.usefixtures("cache", "write_npm")
def test_the_engine_is_for_its_own_version_of_prisma_only(root: Path, tmp_path: Path) -> None:
    engine = '{"dependencies": {"@prisma/schema-engine-wasm": "7.10.0-4.0edf"}}'
    (root / "tools" / "prisma-engine" / "package.json").write_text(engine)
    said: list[str] = []

    def found(version: str) -> Path | None:
        (tmp_path / "package.json").write_text(f'{{"dependencies": {{"prisma": "{version}"}}}}')
        return engine_for(tmp_path, root, said.append)

    assert found("7.10.3")
    said.clear()
    assert found("6.19.0") is None
    assert "6.19.0" in said[0]
    assert "7.10.0" in said[0]


@pytest.mark.usefixtures("cache", "write_npm")
@pytest.mark.parametrize(("package", "has"), [("apps/api", True), ("node_modules/@shop", False)])
def test_in_a_workspace_one_of_the_packages_has_prisma(root: Path, tmp_path: Path, package: str, *, has: bool) -> None:
    engine = '{"dependencies": {"@prisma/schema-engine-wasm": "7.10.0-4.0edf"}}'
    (root / "tools" / "prisma-engine" / "package.json").write_text(engine)
    workspace = tmp_path / "workspace"
    (workspace / package).mkdir(parents=True)
    (workspace / "package.json").write_text('{"workspaces": ["apps/*"]}')
    (workspace / package / "package.json").write_text('{"dependencies": {"prisma": "7.10.0"}}')
    assert bool(engine_for(workspace, root, lambda _line: None)) == has


@pytest.mark.usefixtures("write_npm")
def test_the_engine_is_installed_into_the_cache_once(root: Path, cache: Path, calls: Path) -> None:
    printed: list[str] = []

    engines = {prisma_engine(root, printed.append) for _ in range(2)}

    (engine,) = engines
    assert engine.is_relative_to(cache)
    assert engine.read_text() == "content of schema-engine.mjs"
    assert engine.stat().st_mode & stat.S_IXUSR, "Prisma runs it as a program"
    assert (engine.parent / "node_modules").is_dir()
    assert printed == ["fetching Prisma's schema engine"]
    assert calls.read_text() == "ci --omit=dev --ignore-scripts --no-audit --no-fund\n"


@pytest.mark.usefixtures("cache", "write_npm")
def test_two_that_need_it_at_once_install_it_once(root: Path, calls: Path) -> None:
    with ThreadPoolExecutor() as pool:
        begun = [pool.submit(prisma_engine, root, lambda _line: None) for _ in range(4)]

    assert len({engine.result() for engine in begun}) == 1
    assert len(calls.read_text().splitlines()) == 1


@pytest.mark.usefixtures("cache", "write_npm")
@pytest.mark.parametrize("name", FILES)
def test_a_changed_engine_is_another_one(root: Path, name: str) -> None:
    before = prisma_engine(root, lambda _line: None)
    (root / "tools" / "prisma-engine" / name).write_text("changed")

    assert prisma_engine(root, lambda _line: None) != before


def test_a_failed_installation_says_why_leaves_nothing_and_can_be_repeated(
    root: Path, cache: Path, write_npm: WriteNpm
) -> None:
    write_npm(
        "echo 'npm error code ENOTFOUND' >&2; echo 'npm error network no such host' >&2\n"
        "echo 'npm error A complete log of this run can be found in: /home/me/.npm/_logs/1.log' >&2; exit 1"
    )

    with pytest.raises(UserError) as failed:
        prisma_engine(root, lambda _line: None)

    assert str(failed.value) == (
        "npm could not install tools/prisma-engine (npm error network no such host): "
        "check the connection to the npm registry and run `make rehearse` again"
    )
    assert [path.suffix for path in cache.iterdir()] == [".lock"]
    write_npm("mkdir node_modules")
    assert prisma_engine(root, lambda _line: None).is_file()


@pytest.mark.usefixtures("cache")
def test_without_node_it_says_so(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "BROUGHT", tmp_path)

    with pytest.raises(UserError, match="no node on PATH") as caught:
        prisma_engine(root, lambda _line: None)
    assert caught.value.fix == "run `make setup`"


@pytest.mark.usefixtures("cache")
def test_a_failure_without_output_is_reported_too(root: Path, write_npm: WriteNpm) -> None:
    write_npm("exit 1")

    with pytest.raises(UserError, match="npm printed nothing"):
        prisma_engine(root, lambda _line: None)
