"""CloudWatch: alarms over what a rehearsal counts itself."""

from conducky.rehearsal.cloudwatch.resource import CloudWatch

__all__ = ["CloudWatch"]
