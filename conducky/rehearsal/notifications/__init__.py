"""SNS and EventBridge: who would get an e-mail of what."""

from conducky.rehearsal.notifications.resource import Notifications

__all__ = ["Notifications"]
