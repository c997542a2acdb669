"""WebSockets through the load balancer, and targets that are started again while somebody develops them."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from tests.conducky.rehearsal.load_balancer.balancer_fixture import HOST, App, BalancerFixture, wait_for


@pytest.fixture
def fixture() -> Iterator[BalancerFixture]:
    fixture = BalancerFixture()
    yield fixture
    fixture.close()


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response()


async def _echo(request: web.Request) -> web.WebSocketResponse:
    answer = web.WebSocketResponse(protocols=["chat"])
    await answer.prepare(request)
    await answer.send_str(f"for {request.headers['X-Forwarded-Port']} at {request.headers['Host']}")
    async for message in answer:
        if message.data == "end":
            await answer.close(code=4001)
        elif message.type is aiohttp.WSMsgType.TEXT:
            await answer.send_str(message.data)
        else:
            await answer.send_bytes(message.data)
    return answer


@pytest.fixture
def sockets(fixture: BalancerFixture) -> Iterator[BalancerFixture]:
    """A target that echoes what it gets at /socket, and refuses all others."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []
    runner = web.AppRunner(web.Application())
    runner.app.add_routes([web.get("/socket", _echo), web.get("/health", _healthy)])

    async def serve() -> None:
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        ports.extend(address[1] for address in runner.addresses)
        started.set()

    loop.create_task(serve())  # the loop runs until the end of the test
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    assert started.wait(20)
    fixture.add(ports[0])
    yield fixture
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_socket_carries_messages_both_ways_and_its_end(sockets: BalancerFixture) -> None:
    async def talk() -> list[object]:
        url = f"http://{HOST}:{sockets.port}/socket"
        async with aiohttp.ClientSession() as session, session.ws_connect(url, protocols=["chat", "other"]) as client:
            first = await client.receive_str(timeout=20)
            await client.send_str("a" * 70_000)
            text = await client.receive_str(timeout=20)
            await client.send_bytes(b"\x00\xff")
            data = await client.receive_bytes(timeout=20)
            await client.send_str("end")
            last = await client.receive(timeout=20)
            return [client.protocol, first, len(text), data, last.type, client.close_code]

    found = asyncio.run(talk())
    end = [aiohttp.WSMsgType.CLOSE, 4001]
    assert found == ["chat", f"for {sockets.port} at {HOST}:{sockets.port}", 70_000, b"\x00\xff", *end]
    wait_for(lambda: sockets.group.targets[0].in_flight == 0, "the socket is closed behind too")


def test_a_target_that_takes_no_socket_answers_for_itself(sockets: BalancerFixture) -> None:
    assert sockets.ask("/health", headers={"Upgrade": "websocket", "Connection": "Upgrade"})[0] == 200
    assert sockets.ask("/none", headers={"Upgrade": "websocket", "Connection": "Upgrade"})[0] == 404


def test_a_server_under_development_is_waited_for(fixture: BalancerFixture) -> None:
    group = fixture.group
    group.health = replace(group.health, connects_only=True, unhealthy_threshold=10**9)
    group.patience = 20
    fixture.balancer.put_target_group(group)
    with socket.create_server((HOST, 0)) as server:
        port = int(server.getsockname()[1])
        fixture.add(port)
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(fixture.ask("/", "POST", b"body")[0]))
    asking.start()
    wait_for(lambda: group.targets[0].in_flight == 1, "the request waits")
    app = App(port=port)
    fixture.apps.append(app)
    asking.join(20)
    assert answers == [200]
