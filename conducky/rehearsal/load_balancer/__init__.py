"""Application load balancers: a reverse proxy on localhost."""

from conducky.rehearsal.load_balancer.resource import LoadBalancers

__all__ = ["LoadBalancers"]
