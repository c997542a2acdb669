"""S3, as far as load balancers write their access logs to it."""

from conducky.rehearsal.s3.resource import Buckets

__all__ = ["Buckets"]
