"""The operations port: its pages, who may stop the process there, and where it listens."""

import asyncio
import json
from typing import Any

import pytest

from interfaces.runner.ops import Ops, ops_application, serve_ops
from interfaces.runner.readiness import Readiness
from interfaces.shared.errors import ApplicationError, ConfigError


def ops(readiness: Readiness | None = None, **more: Any) -> Ops:
    """What is told where nothing else is said."""
    return Ops(**{"readiness": readiness or Readiness(), "counters": dict, "gauges": dict, **more})


def got(told: Ops, path: str, *, private: bool = False, **scope: Any) -> list[dict[str, Any]]:
    """What the application sends for a request."""
    sent: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing to receive")

    whole = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [(b"host", b"127.0.0.1:9000")],
        **scope,
    }
    asyncio.run(ops_application(told, private=private)(whole, receive, send))
    return sent


def page(told: Ops, path: str, **more: Any) -> tuple[int, str]:
    """Status and body of a page."""
    start, body = got(told, path, **more)
    return start["status"], body["body"].decode()


def test_livez_is_200_while_the_process_lives() -> None:
    """Liveness does not depend on readiness."""
    assert page(ops(Readiness(draining=True)), "/livez") == (200, "ok\n")


def test_readyz_follows_readiness() -> None:
    """503 before the first word, 200 when ready, 503 when draining, with a line a part."""
    readiness = Readiness()
    assert page(ops(readiness), "/readyz") == (503, "starting\n")
    readiness.tell("http", True)
    assert page(ops(readiness), "/readyz") == (200, "http: ok\n")
    readiness.tell("layer", False, "the broker is away")
    assert page(ops(readiness), "/readyz") == (503, "http: ok\nlayer: the broker is away\n")
    readiness.tell("layer", True)
    readiness.draining = True
    assert page(ops(readiness), "/readyz") == (503, "http: ok\nlayer: ok\ndraining\n")


def test_metrics_tell_what_is_counted_and_what_is_so_now() -> None:
    """In Prometheus' text format, which the content type names; readiness is among it."""
    readiness = Readiness(draining=True)
    readiness.tell("ws", False, "why")
    told = ops(readiness, counters=lambda: {"ws.silent": 0}, gauges=lambda: {"interfaces_processes": 2.0})
    start, body = got(told, "/metrics")
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-type"] == b"text/plain; version=0.0.4; charset=utf-8"
    lines = body["body"].decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "interfaces_draining 1",
        'interfaces_part_ready{part="ws"} 0',
        "interfaces_processes 2",
        "interfaces_ready 0",
        "interfaces_ws_silent_total 0",
    ]


def test_status_tells_all_of_it_in_json() -> None:
    """Whether new work may come, each part with its reason, and what else the process knows."""
    readiness = Readiness()
    readiness.tell("layer", False, "gone")
    told = ops(readiness, facts=lambda: {"listens": ["http: 127.0.0.1:8000"]})
    start, body = got(told, "/status")
    said = json.loads(body["body"])
    assert dict(start["headers"])[b"content-type"] == b"application/json"
    assert said.pop("pid") > 0 and said.pop("version")
    assert said == {
        "ready": False,
        "draining": False,
        "parts": [{"name": "layer", "ok": False, "reason": "gone"}],
        "listens": ["http: 127.0.0.1:8000"],
    }


def test_a_post_to_drain_stops_gracefully() -> None:
    """On a private port; who asks is told that it has begun."""
    asked: list[str] = []
    told = ops(stop=lambda: asked.append("stop"))
    assert page(told, "/drain", private=True, method="POST") == (202, "draining\n")
    assert asked == ["stop"]


@pytest.mark.parametrize(
    ("private", "more", "status"),
    [
        (True, {"method": "GET"}, 405),
        (False, {"method": "POST"}, 403),
        (True, {"method": "POST", "headers": [(b"host", b"evil.example")]}, 403),
    ],
)
def test_others_do_not_stop_it(private: bool, more: dict[str, Any], status: int) -> None:
    """Not by GET, not at a port that others reach, not by another's name; 405 says what is allowed."""

    def stop() -> None:
        raise AssertionError("it was stopped")

    start, _ = got(ops(stop=stop), "/drain", private=private, **more)
    assert start["status"] == status
    assert ((b"allow", b"POST") in start["headers"]) == (status == 405)


def test_what_was_started_from_code_is_ended_by_that() -> None:
    """There is nothing to call."""
    assert page(ops(), "/drain", private=True, method="POST")[0] == 409


def test_other_scopes_are_refused() -> None:
    """Only pages are served here."""
    with pytest.raises(ApplicationError, match="websocket is not served here"):
        got(ops(), "/", type="websocket")


def test_other_paths_are_404() -> None:
    """There is nothing else; who asks is told what there is."""
    assert page(ops(), "/") == (404, "/livez, /metrics, /readyz or /status\n")


@pytest.mark.parametrize(
    ("bind", "status"), [("127.0.0.1:0", b"202"), ("localhost:0", b"202"), ("0.0.0.0:0", b"403")]
)
def test_it_listens_and_answers_over_http(bind: str, status: bytes) -> None:
    """Served by our own HTTP server, on the port that was asked for; only a loopback one takes a drain."""

    async def ask(first: bytes) -> bytes:
        async with serve_ops(bind, ops(stop=lambda: None)) as addresses:
            reader, writer = await asyncio.open_connection("127.0.0.1", addresses[0].port)
            writer.write(first + b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(ask(b"GET /livez")).startswith(b"HTTP/1.1 200 OK\r\n")
    assert asyncio.run(ask(b"POST /drain")).startswith(b"HTTP/1.1 " + status)


def test_a_unix_socket_takes_a_drain(tmp_path: Any) -> None:
    """Who may open it may stop the process."""

    async def ask() -> bytes:
        path = f"{tmp_path}/ops"
        async with serve_ops(f"unix:{path}", ops(stop=lambda: None)):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"POST /drain HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 202")


@pytest.mark.parametrize(("bind", "meant"), [("127.0.0.1", "127.0.0.1:9000"), ("unix:/x", "unix:/x"),
                                             ("[::1]", "[::1]:9000"), (":9100", ":9100")])  # fmt: skip
def test_a_host_without_a_port_gets_9000(bind: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default port of HTTP is another."""
    asked: list[Any] = []

    class Http:
        options_class = dict

        def __init__(self, options: Any) -> None:
            asked.append(options["bind"])

        def serve(self, app: Any, context: Any) -> None:
            """Do nothing."""

    monkeypatch.setattr("interfaces.registry.load", lambda name: Http)
    serve_ops(bind, ops())
    assert asked == [(meant,)]


def test_what_makes_no_sense_is_the_operators() -> None:
    """A bind that cannot be read is a ConfigError."""
    with pytest.raises(ConfigError):
        serve_ops("http://x", ops())
