"""What was judged, for the summary at the end of a run."""

LINES: list[str] = []


def note(line: str) -> None:
    """Say this once in the summary."""
    if line not in LINES:
        LINES.append(line)
