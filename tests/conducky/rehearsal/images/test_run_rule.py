"""The one rule: what of a RUN is skipped, and that the rest runs."""

import pytest

from conducky.rehearsal.images.run_rule import NotHereError, apply_rule


@pytest.mark.parametrize(
    ("script", "left", "skipped"),
    [
        ("apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*", ": && : && :", ["apt-get", "rm"]),
        ("apk add --no-cache make g++ && npm install && apk del make g++", ": && npm install && :", ["apk"]),
        ("addgroup --system --gid 1001 nodejs; adduser --system --uid 1001 nextjs", ":; :", ["addgroup", "adduser"]),
        ("mkdir .next && chown nextjs:nodejs .next", "mkdir .next && :", ["chown"]),
        ("npm ci && npm cache clean --force", "npm ci && :", ["npm"]),
        ("yarn install && yarn cache clean", "yarn install && :", ["yarn"]),
        ("DEBIAN_FRONTEND=x apt-get -y install y 2>&1 | tee log", ": | tee log", ["apt-get"]),
        ("if [ -f a ]; then apk add x; else npm ci; fi", "if [ -f a ]; then :; else npm ci; fi", ["apk"]),
        ("exec env A=1 apt-get update > /dev/null", ":", ["apt-get"]),
        ("/usr/bin/apt-get update", ":", ["apt-get"]),
        ("find . -print0 | xargs -0 chown node", "find . -print0 | :", ["chown"]),
        ("bash -c 'apt-get update && npm ci'", "bash -c ': && npm ci'", ["apt-get"]),
        ('sh -ec "chown -R node:node /app"', "sh -ec :", ["chown"]),
        ("( apk add x ) || true", "( : ) || true", ["apk"]),
        ("A=$(apk info) npm ci", "A=$(:) npm ci", ["apk"]),
        ("$INSTALL x && npm ci", ": && npm ci", ["apk"]),
        ("! useradd x", "! :", ["useradd"]),
        ("npm ci # apt-get update", "npm ci # apt-get update", []),
        ("echo 'apt-get update; chown x'", "echo 'apt-get update; chown x'", []),
        ("npm run apt-get", "npm run apt-get", []),
        ("npm run x -- -g && npm i -g pnpm", "npm run x -- -g && npm i -g pnpm", []),
        ("corepack enable && pnpm i", "corepack enable && pnpm i", []),
        ("rm -rf /var/lib/apt/lists/* ./tmp", "rm -rf /var/lib/apt/lists/* ./tmp", []),
        ("kill $(cat pid) && [ 1 = 1 ]", "kill $(cat pid) && [ 1 = 1 ]", []),
        ("case $X in a) apk add b;; *) c;; esac", "case $X in a) :;; *) c;; esac", ["apk"]),
        ("cat <file | bash build.sh", "cat <file | bash build.sh", []),
        ("x | (y) && sh", "x | (y) && sh", []),
        ("x | { y; }; sh", "x | { y; }; sh", []),
        ("x | (if y; then z; fi) || bash", "x | (if y; then z; fi) || bash", []),
        ("x | while read y; do sh $y; done\nsh", "x | while read y; do sh $y; done\nsh", []),
        ("(x | y)\nsh", "(x | y)\nsh", []),
        ("case $X in a) x | y;; esac; sh", "case $X in a) x | y;; esac; sh", []),
        ("x | (apk add y; { chown a b; })", "x | (:; { :; })", ["apk", "chown"]),
        ("echo \"$(chown x y)\" 'z'", "echo \"$(:)\" 'z'", ["chown"]),
    ],
)
def test_only_what_has_no_meaning_here_is_left_out(script: str, left: str, skipped: list[str]) -> None:
    ruled = apply_rule(script, {"INSTALL": "apk add"})
    assert ruled.script == left
    assert list(dict.fromkeys(name for name, _ in ruled.skipped)) == skipped


@pytest.mark.parametrize(
    ("script", "runs"),
    [
        ("apt-get update && rm -rf /var/lib/apt/lists/*", False),
        ("set -eux; apk add x; true", False),
        ("apk add x && npm ci", True),
        ("sh -c 'apk add x; npm ci'", True),
    ],
)
def test_a_run_of_which_nothing_is_left_is_told_from_the_others(script: str, *, runs: bool) -> None:
    assert apply_rule(script, {}).runs is runs


def test_users_and_owners_are_kept_in_mind() -> None:
    ruled = apply_rule(
        "adduser --system --uid 1001 nextjs && useradd -m -u 1002 app && adduser -S -D -u 1003 other && useradd x "
        "&& chown -R nextjs:nodejs .next /app/data && chown 1002 one",
        {},
    )
    assert ruled.users == {"nextjs": "1001", "app": "1002", "other": "1003", "x": "x"}
    assert ruled.owners == [("nextjs", True, (".next", "/app/data")), ("1002", False, ("one",))]


@pytest.mark.parametrize(
    "script",
    [
        *("sudo -E npm ci", "x=1; (umount /x)", "wget -qO- x | sh", "eval $A"),
        *("x | (sh)", "x | ( cd y && sh )", "x | { sh; }", "x | { (cd y; sh -e); }", "a && x | ( (b) && sh)"),
        *("x |\n  sh", "x | # why\n(sh)", "x |& while read y; do sh; done", "x | if a; then b; else sh; fi"),
        *("x | for y in z; do sh; done", "x | case $y in z) (a); sh;; esac", "(x) | sh", "x | { y; } | sh"),
        *(
            "x | sh -c sh",
            "x | sh -c 'a; (bash)'",
            "x | echo $(sh)",
            "x | sh -s 1.2",
            "x | { y && env A=1 sh -s -- b; }",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(script: str) -> None:
    with pytest.raises(NotHereError):
        apply_rule(script, {})
