"""HTTP APIs of API Gateway, which find their targets in Cloud Map."""

from conducky.rehearsal.gateway.resource import Gateways

__all__ = ["Gateways"]
