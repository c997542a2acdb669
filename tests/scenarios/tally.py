"""What the proof did, for the summary line at the end of a test run."""

from dataclasses import dataclass


@dataclass
class Tally:
    """Counts over all modules."""

    scenarios: int = 0
    faults: int = 0
    fuzzed: int = 0
    requests: int = 0
    failed: int = 0

    def line(self) -> str:
        """The counts as one line."""
        return (
            f"{self.scenarios} engine scenarios, {self.faults} seeded faults, {self.fuzzed} fuzzed stack files, "
            f"{self.requests} requests sent and {self.failed} failed"
        )


TALLY = Tally()
