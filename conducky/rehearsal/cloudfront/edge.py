"""What a distribution does with a request: it passes it on, with what CloudFront adds. It caches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import hdrs, web
from multidict import CIMultiDict

from conducky.rehearsal.load_balancer.proxy import ADDED, Listener, Proxy, RuleListener
from conducky.rehearsal.wildcards import matches_wildcards

_FORBIDDEN = 403
# The managed policy `SecurityHeadersPolicy`, which leaves what the application says itself, but for the first.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-XSS-Protection": "1; mode=block",
}


@dataclass(frozen=True)
class Behavior:
    """What holds for the paths of a pattern: its methods, whether the viewer's headers are passed on, what is added."""

    pattern: str
    methods: frozenset[str]
    passes_headers: bool
    has_security_headers: bool


@dataclass
class Edge(Listener):
    """A distribution.

    `origin` is the listener of the load balancer with the name `host`, `address` that of the VPC origin's interface.
    """

    origin: RuleListener
    host: str
    behaviors: Sequence[Behavior]  # the first that fits; the last fits everything
    address: str

    async def answer(self, proxy: Proxy, request: web.BaseRequest) -> web.StreamResponse:
        """Answer as CloudFront: what the origin says, or 403 for a method that is not allowed."""
        path = request.raw_path.partition("?")[0]
        behavior = next(each for each in self.behaviors if matches_wildcards(each.pattern, path))
        if request.method not in behavior.methods:
            return web.Response(status=_FORBIDDEN, text="This distribution is not configured to allow this request.")
        headers = CIMultiDict(request.headers)
        viewer = request.remote or ""
        if behavior.passes_headers:
            headers["CloudFront-Forwarded-Proto"] = "https"
            headers["CloudFront-Viewer-Address"] = f"{viewer}:0"
        else:
            headers.popall(hdrs.COOKIE, None)
            headers[hdrs.HOST] = self.host
        # Several at once, as each before wrote its own
        headers["X-Forwarded-For"] = ", ".join([*request.headers.getall("X-Forwarded-For", []), viewer])
        passed = request.clone(headers=headers, remote=self.address)
        passed[ADDED] = SECURITY_HEADERS if behavior.has_security_headers else {}
        return await self.origin.answer(proxy, passed)
