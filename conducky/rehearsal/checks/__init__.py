"""What a rehearsal checks once it is up."""

from conducky.rehearsal.checks.check import CheckedDeployment, CheckResult
from conducky.rehearsal.checks.run import run_checks, stops_in_time
from conducky.rehearsal.checks.sample_app import first_administrator

__all__ = ["CheckResult", "CheckedDeployment", "first_administrator", "run_checks", "stops_in_time"]
