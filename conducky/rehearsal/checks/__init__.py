"""What a rehearsal checks once it is up."""

from conducky.rehearsal.checks.check import CheckedDeployment, CheckResult
from conducky.rehearsal.checks.run import run_checks

__all__ = ["CheckResult", "CheckedDeployment", "run_checks"]
