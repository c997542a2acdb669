import signal
from pathlib import Path

from conducky.rehearsal.processes.records import Record, read_records


def test_records_survive_a_half_written_line(tmp_path: Path) -> None:
    record = Record("api", 7, 1.5, int(signal.SIGTERM), "/logs/api.log")
    (tmp_path / "processes").write_text(record.to_line() + record.to_line()[:9])
    assert read_records(tmp_path / "processes") == [record]
    assert read_records(tmp_path / "none") == []
