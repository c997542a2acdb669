"""CloudFront and the certificates of ACM: HTTPS on localhost before a load balancer that nothing else reaches."""

from conducky.rehearsal.cloudfront.resource import Distributions

__all__ = ["Distributions"]
