"""`.dockerignore` by moby's rules; the cases are those of its documentation and of its tests' kinds."""

from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.images.context import context_files, read_ignore_file

CASES = [
    # rules, path, left out
    ("node_modules", "node_modules/a/b.js", True),
    ("node_modules", "packages/node_modules/a.js", False),
    ("**/node_modules", "packages/node_modules/a.js", True),
    ("**/node_modules", "node_modules/a.js", True),
    ("/src", "src/a.js", True),
    ("./src/", "src/a.js", True),
    ("src/../lib", "lib/a.js", True),
    ("*.md", "README.md", True),
    ("*.md", "docs/README.md", False),
    ("*/*.md", "docs/README.md", True),
    ("**/*.md", "README.md", True),
    ("**/*.md", "a/b/c.md", True),
    ("docs/**", "docs/a/b", True),
    ("docs/**", "docs", False),
    ("a/**/z", "a/z", True),
    ("a/**/z", "a/b/c/z", True),
    ("**", "a/b", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[^a]*.txt", "b.txt", True),
    ("[^a]*.txt", "a.txt", False),
    ("[a-c].txt", "b.txt", True),
    (r"\#x", "#x", True),
    (r"\!x", "!x", True),
    ("#x", "#x", False),
    (" #x", "#x", True),
    (r"a\*b", "a*b", True),
    (r"a\*b", "axb", False),
    ("a.b", "axb", False),
    ("a+b", "a+b", True),
    ("(a)", "(a)", True),
    ("a$", "a$", True),
    ("{a,b}", "a", False),
    ("*\n!projects/*/src", "projects/one/src/a.js", False),
    ("*\n!projects/*/src", "projects/one/test/a.js", True),
    ("**\n!**/package.json", "a/b/package.json", False),
    ("**\n!**/package.json", "a/b/index.js", True),
    ("*\n!src\nsrc/secret", "src/secret/a", True),
    ("*\n!src\nsrc/secret", "src/a", False),
    ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True),
    ("!a\na", "a", True),
    ("a\n!a", "a", False),
    ("a\n! a", "a", False),
    ("", "a", False),
    (".", "a", False),
    ("\ufeffa", "a", True),
    ("a\r\nb", "a", True),
    ("Ä", "Ä", True),
]


@pytest.mark.parametrize(("rules", "path", "hidden"), CASES)
def test_each_path_is_left_out_as_by_moby(tmp_path: Path, rules: str, path: str, *, hidden: bool) -> None:
    (tmp_path / ".dockerignore").write_bytes(rules.encode())
    assert read_ignore_file(tmp_path / ".dockerignore").matches(path) is hidden


@pytest.mark.parametrize(("rules", "path", "hidden"), CASES)
def test_the_context_holds_the_same_files(tmp_path: Path, rules: str, path: str, *, hidden: bool) -> None:
    """A folder is passed over only where nothing in it can be let in again."""
    (tmp_path / "Dockerfile").touch()
    (tmp_path / ".dockerignore").write_bytes(rules.encode())
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    assert (path not in context_files(tmp_path, tmp_path / "Dockerfile")) is hidden


@pytest.mark.parametrize("rule", ["!", "[a", "[]"])
def test_a_line_that_is_no_pattern_is_named(tmp_path: Path, rule: str) -> None:
    (tmp_path / ".dockerignore").write_text(f"# first\n{rule}\n")
    with pytest.raises(UserError, match=r"\.dockerignore:2: "):
        read_ignore_file(tmp_path / ".dockerignore")
