"""What an HTTP API does with a request: its routes, its header mappings and its limits."""

import asyncio
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from conducky.catalog.property_bag import Properties, bag
from conducky.errors import UserError, quoted
from conducky.rehearsal.load_balancer.proxy import Listener, Proxy, end_to_end
from conducky.rehearsal.load_balancer.target_group import Answer, Target

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
LARGEST_BODY = 10_000_000  # bytes, of a request and of an answer
LONGEST_WAIT = 30.0  # seconds
_MAPPING = re.compile(r"overwrite:header\.([a-z0-9-]+)")
_CLIENT = "$context.identity.sourceIp"


@dataclass(frozen=True)
class Integration:
    """Where requests go: a Cloud Map service by its ARN, and the headers that get the client's address."""

    registry_arn: str
    client_headers: tuple[str, ...]


@dataclass
class HttpApi(Listener):
    """An API: its stages and integrations by id, and its routes by id as (route key, integration id)."""

    stages: dict[str, str] = field(default_factory=dict[str, str])
    integrations: dict[str, Integration] = field(default_factory=dict[str, Integration])
    routes: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    longest_wait: float = LONGEST_WAIT

    async def answer(self, proxy: Proxy, request: web.BaseRequest) -> web.StreamResponse:
        """Answer as API Gateway: an error of its own is JSON with one `message`."""
        path = request.raw_path.partition("?")[0]
        found = choose_route(self.routes, request.method, path) if "$default" in self.stages.values() else None
        integration = self.integrations.get(found) if found else None
        if integration is None:
            return _error(404)
        group = proxy.groups.get(integration.registry_arn)
        target = group.next_healthy() if group else None
        if target is None:
            return _error(503)
        target.in_flight += 1
        try:
            response = await self._forward(proxy, request, target, integration)
            if group:
                group.answers.append(Answer(time.monotonic(), response.status))
            return response
        finally:
            target.in_flight -= 1

    async def _forward(
        self, proxy: Proxy, request: web.BaseRequest, target: Target, integration: Integration
    ) -> web.StreamResponse:
        """Nothing is passed on before all of it is there: neither the request's body nor the answer's."""
        body = await _limited(request.content)
        if body is None:
            return _error(413)
        try:
            async with proxy.fresh.request(
                request.method,
                URL(f"http://{target.host}:{target.port}{request.raw_path}", encoded=True),
                headers=_mapped(request, integration),
                data=body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.longest_wait),
            ) as response:
                content = await _limited(response.content)
                if content is None:
                    return _error(500)
                headers = end_to_end(response.headers)
                headers.popall(hdrs.CONTENT_LENGTH, None)
                headers["Apigw-Requestid"] = uuid.uuid4().hex[:16]
                return web.Response(status=response.status, reason=response.reason, headers=headers, body=content)
        # Both are 503: https://repost.aws/knowledge-center/api-gateway-http-503-errors
        except (asyncio.TimeoutError, aiohttp.ClientError, OSError):  # noqa: UP041  # aiohttp documents it by this name
            return _error(503)


def choose_route(routes: Mapping[str, tuple[str, str]], method: str, path: str) -> str | None:
    """The integration of the route that fits best: an exact path, then the longest prefix, then `$default`."""
    fitting: list[tuple[tuple[int, int], str]] = []
    for key, integration in routes.values():
        verb, _, pattern = key.partition(" ")
        if key == "$default":
            fitting.append(((0, 0), integration))
        elif verb in ("ANY", method):
            prefix, proxy, _ = pattern.partition("{proxy+}")
            if (path.startswith(prefix) and len(path) > len(prefix)) if proxy else path == pattern:
                fitting.append(((1 if proxy else 2, len(prefix)), integration))
    return max(fitting)[1] if fitting else None


def parse_integration(properties: Properties) -> Integration:
    """An integration from the properties of an aws:apigatewayv2/integration:Integration.

    Raises:
        UserError: the rehearsal does not have this kind of integration or mapping.
    """
    here = "conducky/rehearsal/gateway/http_api.py"
    uri = str(properties.get("integrationUri"))
    if properties.get("connectionType") != "VPC_LINK" or ":servicediscovery:" not in uri:
        raise UserError(
            "the rehearsal's HTTP API reaches Cloud Map services through a VPC link only", f"or extend {here}"
        )
    headers: list[str] = []
    for name, value in bag(properties, "requestParameters").items():
        header = _MAPPING.fullmatch(name)
        if header is None or value != _CLIENT:
            raise UserError(
                f"the rehearsal's HTTP API has no mapping {quoted(name)}",
                f"use overwrite:header.NAME, or extend {here}",
            )
        headers.append(header[1])
    return Integration(uri, tuple(headers))


def _mapped(request: web.BaseRequest, integration: Integration) -> CIMultiDict[str]:
    """The request's headers, repeated ones as one, with `Forwarded` of RFC 7239 and the client's address if mapped."""
    headers = end_to_end(request.headers)
    headers.popall(hdrs.CONTENT_LENGTH, None)
    host = headers.pop(hdrs.HOST, "")  # A target sees its own address: nothing may depend on it
    headers.add("Forwarded", f"by=127.0.0.1;for={request.remote};host={host};proto=https")
    for name in {name.lower() for name in headers}:
        headers[name] = ("; " if name == "cookie" else ",").join(headers.getall(name))
    headers.update(dict.fromkeys(integration.client_headers, request.remote or ""))
    return headers


async def _limited(stream: aiohttp.StreamReader) -> bytes | None:
    """All of a body; None when it is too large."""
    chunks: list[bytes] = []
    async for chunk in stream.iter_any():
        chunks.append(chunk)
        if sum(map(len, chunks)) > LARGEST_BODY:
            return None
    return b"".join(chunks)


def _error(status: int) -> web.Response:
    message = "Request Entity Too Large" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else HTTPStatus(status).phrase
    return web.json_response({"message": message}, status=status)
