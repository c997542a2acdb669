"""Schedules of EventBridge Scheduler, on a clock that is advanced by hand."""

from conducky.rehearsal.scheduler.resource import Schedules

__all__ = ["Schedules"]
