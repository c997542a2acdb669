"""The Pulumi engine (the `pulumi` binary): the installed one, or one that is fetched once and kept in the cache."""

from conducky.engine.ensure import ensure_engine
from conducky.engine.version import MINIMUM_VERSION

__all__ = ["MINIMUM_VERSION", "ensure_engine"]
