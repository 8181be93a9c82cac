"""The figures of real protocols, served and asked by real clients."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from interfaces import Server
from interfaces.cli.ops_figures import Look
from interfaces.shared.metrics import METRICS

HOST = "127.0.0.1"
Ask = Callable[[Server], Awaitable[Any]]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers requests, echoes on WebSockets, refuses mail to "no", lets IRC clients in."""
    kind = scope["type"]
    if kind == "lifespan":
        raise RuntimeError("none")
    event = await receive()
    if kind == "http":
        if scope["path"] == "/bad":
            raise ValueError("on purpose")
        await send({"type": "http.response.start", "status": 404 if scope["path"] == "/no" else 200})
        await send({"type": "http.response.body", "body": b"hi"})
    elif kind == "email" and event["type"] == "email.receive":
        if scope["rcpt_to"][0]["address"].startswith("no@"):
            await send({"type": "email.reject"})
    elif kind == "websocket":
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event["text"]})
    elif kind == "irc":
        await send({"type": "irc.accept"})
        while event["type"] != "irc.disconnect":
            event = await receive()


def served(ask: Ask, *names: str, app: Any = application, **options: Any) -> Any:
    """What ``ask`` finds out of a server of these protocols with an operations port."""
    binds = {f"{'http' if name == 'ws' else name}_bind": (f"{HOST}:0",) for name in names}

    async def run() -> Any:
        async with Server(app, *names, ops_bind=f"{HOST}:0", drain=1, **binds, **options) as server:
            return await ask(server)

    return asyncio.run(run())


def port(server: Server, name: str) -> int:
    """Where a protocol listens."""
    assert server._serving is not None
    return next(one.addresses[0].port for one in server._serving.served if name in one.names)


async def talk(at: int, *words: bytes) -> bytes:
    """Say one thing after the other, each when something was answered; the last answer."""
    reader, writer = await asyncio.open_connection(HOST, at)
    answer = b""
    for word in words:
        writer.write(word)
        answer = await reader.read(65536)
    writer.close()
    return answer


async def get(at: int, path: str) -> bytes:
    """A whole answer."""
    reader, writer = await asyncio.open_connection(HOST, at)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def page(server: Server, path: str) -> str:
    """Of the operations port."""
    assert server._serving is not None
    return (await get(server._serving.ops[0].port, path)).partition(b"\r\n\r\n")[2].decode()


async def figures(server: Server) -> Look:
    """What /metrics tells."""
    return Look.read(await page(server, "/metrics"))


async def until(server: Server, true: Callable[[Look], bool]) -> Look:
    """The figures as soon as they are so: an end is heard of a turn later."""
    async with asyncio.timeout(10):
        while not true(look := await figures(server)):
            pass
    return look


def test_requests_are_told_by_their_status() -> None:
    """What the application said, and what we say for one that raised; what asks for the figures is none of them."""

    async def ask(server: Server) -> Look:
        for path in ("/", "/", "/no", "/bad"):
            await get(port(server, "http"), path)
        return await until(server, lambda look: look.total("interfaces_scopes_running", type="http") == 0)

    look = served(ask, "http")
    assert look.by("interfaces_verdicts_total", "outcome", type="http") == {"2xx": 2, "4xx": 1, "5xx": 1}
    assert look.by("interfaces_scopes_ended_total", "outcome", type="http") == {"ok": 3, "failed": 1}
    assert look.total("interfaces_scopes_total") == 4
    assert look.by("interfaces_events_total", "direction", type="http") == {"in": 4, "out": 6}
    assert look.total("interfaces_scope_duration_seconds_count", type="http") == 4


def test_who_leaves_is_gone() -> None:
    """A request that is not answered has no status."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"

    async def ask(server: Server) -> Look:
        _, writer = await asyncio.open_connection(HOST, port(server, "http"))
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await until(server, lambda look: look.total("interfaces_scopes_running", type="http") == 1)
        writer.transport.abort()
        return await until(server, lambda look: look.total("interfaces_scopes_running", type="http") == 0)

    look = served(ask, "http", app=slow, lifespan="off")
    assert look.by("interfaces_verdicts_total", "outcome") == {"gone": 1}
    assert look.by("interfaces_events_total", "direction", type="http") == {"in": 2, "out": 0}


def test_websockets_are_told_while_they_are_open() -> None:
    """As connections and as scopes; each message both ways."""
    key = base64.b64encode(b"0" * 16)
    asked = (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
             b"sec-websocket-version: 13\r\nsec-websocket-key: " + key + b"\r\n\r\n")  # fmt: skip

    async def ask(server: Server) -> tuple[Look, Look]:
        reader, writer = await asyncio.open_connection(HOST, port(server, "ws"))
        writer.write(asked)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        writer.write(b"\x81\x82\0\0\0\0hi")
        assert await reader.readexactly(4) == b"\x81\x02hi"
        during = await figures(server)
        writer.close()
        return during, await until(server, lambda look: look.total("interfaces_scopes_running") == 0)

    during, after = served(ask, "http", "ws", lifespan="off")
    assert during.by("interfaces_connections", "protocol") == {"http": 0, "websocket": 1}
    assert during.by("interfaces_scopes_running", "type")["websocket"] == 1
    assert after.by("interfaces_connections", "protocol")["websocket"] == 0
    assert after.by("interfaces_events_total", "direction", type="websocket") == {"in": 3, "out": 2}
    assert after.by("interfaces_verdicts_total", "outcome", type="websocket") == {"accept": 1}


def test_mail_is_told_by_its_verdict() -> None:
    """With how long that took."""

    def letter(to: bytes) -> tuple[bytes, ...]:
        return (
            b"MAIL FROM:<a@a.example>\r\n",
            b"RCPT TO:<" + to + b"@b.example>\r\n",
            b"DATA\r\n",
            b"a: b\r\n\r\nc\r\n.\r\n",
        )

    async def ask(server: Server) -> Look:
        words = (b"", b"EHLO x\r\n", *letter(b"yes"), *letter(b"no"), *letter(b"yes"), b"QUIT\r\n")
        assert (await talk(port(server, "email"), *words)).startswith(b"221")
        return await until(server, lambda look: look.total("interfaces_connections", protocol="email") == 0)

    look = served(ask, "email", lifespan="off")
    assert look.by("interfaces_verdicts_total", "outcome", type="email") == {"accept": 2, "reject": 1}
    assert look.total("interfaces_verdict_seconds_count", type="email") == 3
    assert look.total("interfaces_scopes_running", type="email") == 0


def test_clients_of_irc_are_told() -> None:
    """A connection and a scope each."""

    async def ask(server: Server) -> Look:
        reader, writer = await asyncio.open_connection(HOST, port(server, "irc"))
        writer.write(b"NICK ann\r\nUSER ann 0 * :Ann\r\n")
        assert b" 001 ann " in await reader.readline()
        look = await figures(server)
        writer.close()
        return look

    look = served(ask, "irc", lifespan="off")
    assert look.total("interfaces_connections", protocol="irc") == 1
    assert look.total("interfaces_scopes_running", type="irc") == 1
    assert look.total("interfaces_events_total", type="irc", direction="out") == 1
    assert look.total("interfaces_irc_gateway_connected_total") == 1


def test_everything_that_is_told_is_in_the_table_and_right() -> None:
    """Another's parser reads it: each metric has the kind and the help of its row, each histogram all of its parts."""

    async def ask(server: Server) -> str:
        await get(port(server, "http"), "/")
        return await page(server, "/metrics")

    text = served(ask, "http", "ws", "email", "irc", lifespan="off")
    table = {metric.exposed.removesuffix("_total"): metric for metric in METRICS.values()}
    families = list(text_string_to_metric_families(text))
    assert len(families) > 40 and len({family.name for family in families}) == len(families)
    for family in families:
        assert family.type == table[family.name].kind
        assert family.documentation.endswith(table[family.name].help)
        for one in family.samples:
            assert set(one.labels) - {"le"} == set(table[family.name].labels)
        if family.type == "histogram":
            ends = [one.value for one in family.samples if one.labels.get("le") == "+Inf"]
            assert ends == [one.value for one in family.samples if one.name.endswith("_count")]
    assert "\n\n" not in text and text.endswith("\n")


def test_status_says_what_listens() -> None:
    """Each interface with its addresses; from code nothing can be drained."""

    async def ask(server: Server) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(await page(server, "/status"))
        assert said["listens"] == [
            f"http: {HOST}:{port(server, 'http')}",
            f"email: {HOST}:{port(server, 'email')}",
        ]
        return said

    assert served(ask, "http", "email", lifespan="off")["ready"] is True


def test_two_servers_in_a_process_tell_their_own() -> None:
    """What one serves is no business of the other's."""

    async def ask(server: Server) -> tuple[float, float]:
        async with Server(
            application, "http", http_bind=(f"{HOST}:0",), ops_bind=f"{HOST}:0", lifespan="off"
        ) as other:
            for _ in range(3):
                await get(port(other, "http"), "/")
            await get(port(server, "http"), "/")
            looks = [await figures(server), await figures(other)]
        return tuple(look.total("interfaces_scopes_total", type="http") for look in looks)  # type: ignore[return-value]

    assert served(ask, "http", lifespan="off") == (1, 3)


@pytest.mark.parametrize("spool", [True, False])
def test_a_spool_is_told_where_mail_is_kept(tmp_path: Path, spool: bool) -> None:
    """How much is in it, and how long that waited; without one there is no such queue."""
    words = (b"", b"EHLO x\r\n", b"MAIL FROM:<a@a.example>\r\n", b"RCPT TO:<b@b.example>\r\n", b"DATA\r\n",
             b"a: b\r\n\r\nc\r\n.\r\n", b"QUIT\r\n")  # fmt: skip

    async def ask(server: Server) -> Look:
        await talk(port(server, "email"), *words)
        return await until(
            server, lambda look: look.total("interfaces_verdict_seconds_count", type="email") == 1
        )

    options = {"email_ack": "accepted", "email_spool": str(tmp_path)} if spool else {}
    look = served(ask, "email", lifespan="off", **options)
    waits = look.by("interfaces_queue_wait_seconds_count", "queue")
    assert waits == ({"email.accepted": 1} if spool else {})
    assert look.by("interfaces_queue_depth", "queue").keys() == waits.keys()
    assert look.total("interfaces_spool_kept_total") == spool
