"""IRC over WebSockets on our own HTTP server, by a client of the package websockets."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.irc.gateway.websocket import BINARY, TEXT, websockets
from interfaces.shared.interface import Context
from interfaces.shared.webhook import Mounts
from tests.irc.gateway.support import Bench


async def project(scope: Any, _receive: Any, send: Any) -> None:
    """The application of the project, which has no WebSockets."""
    await send(
        {"type": "websocket.close"} if scope["type"] == "websocket" else {"type": "http.response.start"}
    )


async def until(socket: ClientConnection, code: str) -> str:
    """The next line with this command or numeric."""
    while True:
        line = await socket.recv()
        text = line.decode() if isinstance(line, bytes) else line
        if text.split()[1] == code:
            return text


async def login(socket: ClientConnection, nick: str) -> None:
    """Register, and join."""
    for line in (f"NICK {nick}", f"USER {nick} 0 * :{nick}", "JOIN #ops"):
        await socket.send(line.encode() if socket.subprotocol == BINARY else line)
    await until(socket, "366")


def test_clients_talk_over_our_server() -> None:
    """Text and binary talk to each other; a page of elsewhere does not come in; the drain says 1012."""

    async def run() -> None:
        bench = Bench(path="/irc")
        mounts = Mounts(project, ("/irc",))
        bench.context.mounts = mounts
        server = HttpWs(HttpWsOptions(bind=("127.0.0.1:0",)))
        context = Context(names=("http", "ws"), drain=5.0)
        async with asyncio.timeout(30), server.serve(mounts, context) as addresses:
            url = f"ws://127.0.0.1:{addresses[0].port}/irc"
            async with (
                websockets(bench.gateway, bench.context),
                connect(url, subprotocols=[TEXT], origin=url[:-4].replace("ws:", "http:")) as ann,
                connect(url, subprotocols=[BINARY]) as bob,
            ):
                assert (ann.subprotocol, bob.subprotocol) == (TEXT, BINARY)
                await login(ann, "ann")
                await login(bob, "bob")
                assert (await until(ann, "JOIN")).startswith(":bob!")
                for client in bench.gateway.connections:
                    client.say("PRIVMSG", "#ops", "x" * 300)
                assert (await until(ann, "PRIVMSG")).endswith("x" * 300)
                await bob.send(b"PING caf\xe9")
                assert (await until(bob, "PONG")).endswith("caf\u00e9")
                with pytest.raises(InvalidStatus, match="403"):
                    await connect(url, subprotocols=[TEXT], origin="https://evil.example")
                with pytest.raises(InvalidStatus, match="400"):
                    await connect(url, subprotocols=["soap"])
                await bob.close(1000)
                assert (await until(ann, "QUIT")).startswith(":bob!")
                bench.gateway.begin_drain()
                for client in [*bench.gateway.connections]:
                    client.drain()
                with pytest.raises(ConnectionClosed) as ended:
                    await until(ann, "nothing")
                assert ended.value.rcvd is not None
                assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1012, "Server restarting")
            with pytest.raises(InvalidStatus, match="503"):
                await connect(url, subprotocols=[TEXT])
            for call in bench.calls:
                await call.finish()
        assert not bench.gateway.connections

    asyncio.run(run())
