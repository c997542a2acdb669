"""Who installs the packages of an application, and where, in one folder and in a workspace."""

import json
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.images.packages import packages_of
from tests.conducky.images.files import write


@pytest.mark.parametrize(
    ("files", "manager", "install"),
    [
        ([], "npm", "npm install --prefix 'my shop/apps/api'"),
        (["apps/api/package-lock.json"], "npm", "npm ci --prefix 'my shop/apps/api'"),
        (["package-lock.json"], "npm", "npm ci --prefix 'my shop'"),
        (["pnpm-lock.yaml"], "pnpm", "pnpm --dir 'my shop' install"),
        (["pnpm-workspace.yaml"], "pnpm", "pnpm --dir 'my shop' install"),
        (["yarn.lock", "apps/api/yarn.lock"], "yarn", "yarn --cwd 'my shop/apps/api' install"),
        (["apps/bun.lockb"], "bun", "bun install --cwd 'my shop/apps'"),
        # Of the repository itself, nothing counts
        (["../package-lock.json"], "npm", "npm install --prefix 'my shop/apps/api'"),
    ],
)
def test_a_lock_file_says_who_installs_them_and_where(
    tmp_path: Path, files: list[str], manager: str, install: str
) -> None:
    shop = write(tmp_path / "my shop", "apps/api/package.json", *files)
    found = packages_of(shop / "apps" / "api", tmp_path)
    assert (found.manager, found.install) == (manager, install)


@pytest.mark.parametrize(
    ("package", "manager"),
    [
        ({"packageManager": "pnpm@10.12.1"}, "pnpm"),
        ({"packageManager": "cnpm@1", "workspaces": ["apps/*"]}, "npm"),
        ({"workspaces": ["apps/*"]}, "npm"),
    ],
)
def test_so_does_a_package_above(tmp_path: Path, package: object, manager: str) -> None:
    shop = write(tmp_path / "shop", "apps/api/package.json")
    (shop / "package.json").write_text(json.dumps(package))
    found = packages_of(shop / "apps" / "api", tmp_path)
    assert (found.manager, found.folders[-1]) == (manager, shop)


@pytest.mark.parametrize("content", ["[]", "no JSON", "{}"])
def test_a_package_above_that_says_nothing_does_not_count(tmp_path: Path, content: str) -> None:
    shop = write(tmp_path / "shop", "apps/api/package.json")
    (shop / "package.json").write_text(content)
    assert packages_of(shop / "apps" / "api", tmp_path).folders == (shop / "apps" / "api",)


@pytest.mark.parametrize("installed", ["node_modules/", "apps/api/node_modules/", ".pnp.cjs"])
def test_they_may_be_installed_in_the_workspace(tmp_path: Path, installed: str) -> None:
    shop = write(tmp_path / "shop", "apps/api/package.json", "package-lock.json")
    found = packages_of(shop / "apps" / "api", tmp_path)
    with pytest.raises(UserError) as refused:
        found.require()
    assert (refused.value.problem, refused.value.fix) == (
        "the packages of shop/apps/api are not installed",
        "run `npm ci --prefix shop`",
    )
    write(shop, installed)
    found.require()


def test_programs_are_looked_for_from_the_inside(tmp_path: Path) -> None:
    shop = write(tmp_path / "shop", "apps/api/package.json", "yarn.lock")
    assert packages_of(shop / "apps" / "api", tmp_path).programs == [
        shop / each / "node_modules" / ".bin" for each in ("apps/api", "apps", "")
    ]
