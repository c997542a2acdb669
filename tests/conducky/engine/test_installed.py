"""Which Pulumi real deployments can use."""

from pathlib import Path

import pytest

from conducky.engine.installed import find_or_kept, require_language_host
from conducky.errors import UserError
from tests.fakes.script import write_script

INSTALL = "install Pulumi 3.256.0 or newer (pulumi.com/docs/install) and run this again"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `make engine` puts one; there is none yet."""
    monkeypatch.setenv("CONDUCKY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "engine" / "3.256.0" / "bin" / "pulumi"


def test_none_at_all_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        find_or_kept(str(tmp_path))
    assert "no `pulumi` on PATH" in raised.value.problem
    assert raised.value.fix == f"run `make engine`, or {INSTALL}"


@pytest.mark.parametrize("on_path", [None, "v3.100.0", "v3.256.0"])
def test_the_one_of_make_engine_serves_where_path_has_none_that_does(
    tmp_path: Path, kept: Path, on_path: str | None
) -> None:
    kept.parent.mkdir(parents=True)
    write_script(kept, "#!/bin/sh\necho v3.256.0\n")
    if on_path:
        write_script(tmp_path / "pulumi", f"#!/bin/sh\necho {on_path}\n")
    assert find_or_kept(str(tmp_path)) == (tmp_path / "pulumi" if on_path == "v3.256.0" else kept)


def test_an_old_one_is_named_with_its_version(tmp_path: Path) -> None:
    write_script(tmp_path / "pulumi", "#!/bin/sh\necho v3.100.0\n")
    with pytest.raises(UserError) as raised:
        find_or_kept(str(tmp_path))
    assert raised.value.problem.startswith(f"{tmp_path / 'pulumi'} is 3.100.0")
    assert raised.value.fix == f"run `make engine`, or {INSTALL}"


def test_an_engine_alone_is_refused(tmp_path: Path) -> None:
    """So it is after `go build`, which is all that the rehearsal needs."""
    with pytest.raises(UserError) as raised:
        require_language_host(tmp_path / "pulumi", str(tmp_path))
    assert "`pulumi-language-python`" in raised.value.problem
    assert raised.value.fix == INSTALL


def test_the_language_host_may_be_elsewhere_on_path(tmp_path: Path) -> None:
    write_script(tmp_path / "pulumi-language-python", "#!/bin/sh\n")
    require_language_host(Path("/nowhere/pulumi"), str(tmp_path))


def test_the_language_host_may_be_beside_what_a_link_leads_to(tmp_path: Path) -> None:
    installed, linked = tmp_path / "installed", tmp_path / "linked"
    for folder in (installed, linked):
        folder.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        write_script(installed / name, "#!/bin/sh\n")
    (linked / "pulumi").symlink_to(installed / "pulumi")
    require_language_host(linked / "pulumi", str(linked))
