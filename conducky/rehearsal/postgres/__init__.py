"""RDS: a real PostgreSQL 15 server."""

from conducky.rehearsal.postgres.resource import Databases

__all__ = ["Databases"]
