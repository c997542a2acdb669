"""Application Auto Scaling: the number of a service's tasks follows its metrics."""

from conducky.rehearsal.scaling.resource import Scaling

__all__ = ["Scaling"]
