"""WebSockets through the load balancer: messages both ways, until one side closes."""

import asyncio
from typing import TypeAlias

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from conducky.rehearsal.load_balancer.target_group import Target

_Socket: TypeAlias = "aiohttp.ClientWebSocketResponse | web.WebSocketResponse"


async def carry_socket(
    session: aiohttp.ClientSession, target: Target, request: web.BaseRequest, headers: CIMultiDict[str]
) -> web.StreamResponse:
    """Connect a client's socket with a target's, which gets `headers`. What the target refuses, it answers itself.

    Raises:
        ClientError: the target cannot be reached.
    """
    asked = headers.popall("Sec-WebSocket-Protocol", [])
    for name in ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"):
        headers.popall(name, None)
    protocols = [word.strip() for value in asked for word in value.split(",")]
    url = URL(f"http://{target.host}:{target.port}{request.raw_path}", encoded=True)
    try:
        behind = await session.ws_connect(
            url, headers=headers, protocols=protocols, autoping=False, max_msg_size=0, compress=0
        )
    except aiohttp.WSServerHandshakeError as error:
        return web.Response(status=error.status)
    async with behind:
        chosen = [behind.protocol] if behind.protocol else []
        ahead = web.WebSocketResponse(protocols=chosen, autoping=False, max_msg_size=0, compress=False)
        await ahead.prepare(request)
        ways = [asyncio.create_task(_relay_messages(one, other)) for one, other in ((behind, ahead), (ahead, behind))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await ahead.close(code=behind.close_code or aiohttp.WSCloseCode.OK)
    return ahead


async def _relay_messages(source: _Socket, sink: _Socket) -> None:
    async for message in source:
        match message.type:
            case aiohttp.WSMsgType.TEXT:
                await sink.send_str(message.data)
            case aiohttp.WSMsgType.BINARY:
                await sink.send_bytes(message.data)
            case aiohttp.WSMsgType.PING:
                await sink.ping(message.data)
            case aiohttp.WSMsgType.PONG:
                await sink.pong(message.data)
            case _:
                return


def wants_socket(request: web.BaseRequest) -> bool:
    """Whether a request is to become a WebSocket."""
    return request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
