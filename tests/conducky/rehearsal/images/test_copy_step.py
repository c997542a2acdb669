"""COPY, and stages that begin with another."""

from pathlib import Path

import pytest

from conducky.errors import UserError
from tests.conducky.rehearsal.images.image_builder import APP, Builder

pytestmark = pytest.mark.engine


def test_in_place_changes_stay_in_their_stage(builder: Builder) -> None:
    builder.write(
        "FROM node:24 AS a\nWORKDIR /a\nCOPY package.json f\n"
        "FROM a AS b\nRUN echo more >> f\n"
        "FROM a AS c\nRUN cp f before\n"
        "FROM a\nCOPY --from=b /a/f from-b\nCOPY --from=c /a/before from-c\n"
    )
    image = builder.build()
    assert image.path("/a/from-b").read_text() == APP["package.json"] + "more\n"
    assert image.path("/a/from-c").read_text() == APP["package.json"]
    assert image.path("/a/f").read_text() == APP["package.json"]


def test_a_whole_folder_of_a_stage_comes_with_its_links_and_modes(builder: Builder) -> None:
    builder.write(
        "FROM node:24 AS a\nWORKDIR /a\nCOPY src deep/src\n"
        "RUN ln -s deep here && ln -s src/a.js deep/link && ln -s gone deep/broken && chmod 700 deep/src/a.js\n"
        "FROM node:24\nCOPY --from=a /a/here /new/folder\nCOPY --from=a /a /there/\nCOPY --from=a /a/deep /there\n",
        **{"src/a.js": "a"},
    )
    image = builder.build()
    for folder in ("/new/folder", "/there/deep", "/there"):
        assert image.path(f"{folder}/src/a.js").read_text() == "a"
        assert image.path(f"{folder}/src/a.js").stat().st_mode & 0o777 == 0o500
        assert (image.root / f"{folder}/link".lstrip("/")).readlink() == Path("src/a.js")
        assert (image.root / f"{folder}/broken".lstrip("/")).readlink() == Path("gone")
    assert (image.root / "there" / "here").readlink() == Path("deep")
    assert not (image.root / "new" / "folder").is_symlink()


def test_a_link_in_the_context_is_what_it_leads_to(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nCOPY link /folder\nCOPY link/deep /deeper/\nCOPY link/a.js file-link /files/\nCOPY all /all\n",
        **{
            "src/a.js": "a",
            "src/deep/b.js": "b",
            "src/hidden.txt": "h",
            ".dockerignore": "**/hidden.txt\nsecret.txt\n",
        },
    )
    (builder.context / "link").symlink_to("src")
    (builder.context / "file-link").symlink_to("src/a.js")
    (builder.context / "all").symlink_to(".")
    image = builder.build()
    for path in (
        "/folder/a.js",
        "/folder/deep/b.js",
        "/deeper/b.js",
        "/files/a.js",
        "/files/file-link",
        "/all/src/a.js",
    ):
        assert image.path(path).is_file(), f"{path} is not in the image"
        assert not (image.root / path[1:]).is_symlink()
    assert not [*image.root.rglob("hidden.txt"), *image.root.rglob("secret.txt")], ".dockerignore was not honoured"


def test_a_link_does_not_bring_what_dockerignore_excludes(builder: Builder) -> None:
    builder.write("FROM node:24\nCOPY link here\n")
    (builder.context / "link").symlink_to("secret.txt")
    with pytest.raises(UserError, match="COPY names link, which is not in the build context"):
        builder.build()


@pytest.mark.parametrize(("after", "shared"), [("", True), ("RUN echo more >> /one/a.js\n", False)])
def test_what_an_image_has_from_a_stage_is_shared_with_the_one_before(
    builder: Builder, *, after: str, shared: bool
) -> None:
    builder.write(
        f"FROM node:24 AS a\nCOPY src /src\nFROM node:24\nCOPY --from=a /src /one\n{after}COPY --from=a /src /two\n",
        **{"src/a.js": "a", "src/b.js": "b"},
    )
    first = builder.build()
    (builder.context / "src" / "b.js").write_text("c")
    second = builder.build()
    assert second.path("/one/a.js").samefile(first.path("/one/a.js")) is shared
    assert (first.path("/one/b.js").read_text(), second.path("/one/b.js").read_text()) == ("b", "c")
    for image in (first, second):
        assert image.path("/one/a.js").read_text() == ("a" if shared else "amore\n"), (
            "a command wrote into another image"
        )
        assert image.path("/two/a.js").read_text() == "a"


def test_copy_follows_dockers_rules(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\n"
        "COPY src ./\nCOPY src /other\nCOPY package.json renamed.json\nCOPY package.json /there\nCOPY s*/a* /globbed/\n"
        "COPY package.json build.js /abs/\nCOPY app/[id]/page.js page.js\nCOPY link followed\nCOPY . all\n",
        **{"src/a.js": "a", "src/deep/b.js": "b", "app/[id]/page.js": "p"},
    )
    (builder.context / "link").symlink_to("src/a.js")
    image = builder.build()
    for path in (
        "/app/a.js",
        "/app/deep/b.js",
        "/other/deep/b.js",
        "/app/renamed.json",
        "/there",
        "/globbed/a.js",
        "/abs/build.js",
        "/app/page.js",
        "/app/all/src/deep/b.js",
    ):
        assert image.path(path).is_file(), f"{path} is not in the image"
    assert not image.path("/app/all/secret.txt").exists(), ".dockerignore was not honoured"
    assert not image.path("/app/followed").is_symlink()
    assert image.path("/app/all/link").is_symlink()
