"""What a build makes of real Dockerfiles' habits: optional files, owners, users, other names of the same image."""

import pytest

from conducky.errors import UserError
from tests.conducky.rehearsal.images.image_builder import Builder

pytestmark = pytest.mark.engine


def test_a_pattern_without_a_match_copies_nothing(builder: Builder) -> None:
    builder.write(
        "FROM node:24\nWORKDIR /app\nCOPY package.json yarn.lock* pnpm-lock.yaml* ./\nCOPY *.d.ts .\n"
        "COPY [^p]*.js b?ild.js [e]ntrypoint.sh out/\n",
        **{"other.js": "1", "page.js": "2"},
    )
    image = builder.build()
    found = {str(path.relative_to(image.path("/app"))) for path in image.path("/app").rglob("*") if path.is_file()}
    assert found == {"package.json", "out/build.js", "out/other.js", "out/entrypoint.sh"}


def test_the_owners_of_files_are_known(builder: Builder) -> None:
    builder.write(
        "FROM node:24 AS build\nWORKDIR /app\nRUN addgroup --gid 1001 nodejs; adduser --system --uid 1001 nextjs\n"
        "COPY --chown=nextjs:nodejs build.js theirs.js\nCOPY build.js roots.js\n"
        "RUN mkdir -p .next/cache data && chown -R nextjs:nodejs .next && chown node d*a\n"
        "COPY package.json .next/\n"
        "FROM build\nUSER node\nRUN touch data/of-node\nWORKDIR /app/new\nUSER nextjs\n"
    )
    image = builder.build()
    assert image.user_id("nextjs") == "1001"
    assert image.user_id(image.user) == "1001"
    assert image.user_id("1000:1000") == "1000"
    assert set(image.owned["1001"]) == {"/app/theirs.js", "/app/.next", "/app/.next/cache"}
    assert set(image.owned["1000"]) == {"/home/node", "/app/data", "/app/data/of-node", "/app/new"}


def test_what_is_skipped_is_printed_with_the_reason(builder: Builder) -> None:
    builder.write("FROM node:24\nRUN apk add x && adduser y && touch z && npm cache clean --force\n")
    assert builder.build().path("/z").is_file()
    (line,) = builder.lines
    for word in ("`apk`", "operating system", "`adduser`", "users and groups", "`npm`", "cleaning a cache"):
        assert word in line


def test_a_failure_shows_the_first_error_and_no_notices(builder: Builder) -> None:
    printed = (
        "building\\nTypeError: x is undefined\\n    at run (a.js:1)\\n    at main\\none\\ntwo\\nthree\\nfour\\n"
        "npm notice New version\\n"
    )
    builder.write(f"FROM node:24\nRUN printf '{printed}'; exit 4\n")
    with pytest.raises(UserError) as failed:
        builder.build()
    assert failed.value.problem.endswith("failed (exit 4): TypeError: x is undefined | two | three | four")
    assert str(builder.log) in failed.value.fix


def test_modes_do_not_depend_on_the_persons_umask(builder: Builder) -> None:
    builder.write("FROM node:24\nCOPY build.js entrypoint.sh /app/\n")
    (builder.context / "build.js").chmod(0o600)
    (builder.context / "entrypoint.sh").chmod(0o700)
    image = builder.build()
    modes = [image.path(f"/app/{name}").stat().st_mode & 0o777 for name in ("build.js", "entrypoint.sh")]
    assert modes == [0o444, 0o555], "readable for every user of the image, and writable for none in the cache"
