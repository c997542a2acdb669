"""The Pulumi engine (the `pulumi` binary): found on this machine, or got once and kept in the cache."""

from conducky.engine.ensure import ensure_engine
from conducky.engine.version import MINIMUM_VERSION

__all__ = ["MINIMUM_VERSION", "ensure_engine"]
