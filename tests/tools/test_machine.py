from pathlib import Path

from tests.fakes.script import write_script


def test_a_script_replaces_a_link_and_leaves_the_real_tool_alone(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("the machine's own")
    link = tmp_path / "bin" / "id"
    link.parent.mkdir()
    link.symlink_to(real)
    write_script(link, "echo 0")
    assert real.read_text() == "the machine's own", "a test overwrote a tool of the machine it runs on"
    assert link.read_text() == "#!/bin/sh\necho 0\n"
