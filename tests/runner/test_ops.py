"""The operations port: its pages, and where it listens."""

import asyncio
from typing import Any

import pytest

from interfaces.runner.ops import exposition, ops_application, serve_ops
from interfaces.runner.readiness import Readiness
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.telemetry import Telemetry


def got(path: str, readiness: Readiness, telemetry: Telemetry, kind: str = "http") -> list[dict[str, Any]]:
    """What the application sends for a page."""
    sent: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing to receive")

    asyncio.run(ops_application(readiness, telemetry)({"type": kind, "path": path}, receive, send))
    return sent


def page(path: str, readiness: Readiness) -> tuple[int, str]:
    """Status and body of a page."""
    start, body = got(path, readiness, Telemetry())
    return start["status"], body["body"].decode()


def test_livez_is_200_while_the_process_lives() -> None:
    """Liveness does not depend on readiness."""
    assert page("/livez", Readiness(draining=True)) == (200, "ok\n")


def test_readyz_follows_readiness() -> None:
    """503 before the first word, 200 when ready, 503 when draining, with a line a part."""
    readiness = Readiness()
    assert page("/readyz", readiness) == (503, "starting\n")
    readiness.tell("http", True)
    assert page("/readyz", readiness) == (200, "http: ok\n")
    readiness.draining = True
    assert page("/readyz", readiness) == (503, "http: ok\ndraining\n")


def test_metrics_tell_what_was_counted_until_now() -> None:
    """In Prometheus' text format, which the content type names, with what is 0 and sorted by name."""
    telemetry = Telemetry()
    assert got("/metrics", Readiness(), telemetry)[1]["body"] == b""
    for name, by in (("ws.silent", 0), ("http.refused", 2), ("http.refused", 1)):
        telemetry.count(name, by)
    start, body = got("/metrics", Readiness(draining=True), telemetry)
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-type"] == b"text/plain; version=0.0.4; charset=utf-8"
    assert body["body"].decode().splitlines() == [
        "# TYPE interfaces_http_refused_total counter",
        "interfaces_http_refused_total 3",
        "# TYPE interfaces_ws_silent_total counter",
        "interfaces_ws_silent_total 0",
    ]


def test_a_metric_has_a_name_that_prometheus_takes() -> None:
    """Whatever an interface calls its counters; two that would be called the same are added up."""
    assert exposition({"a.b": 1, "a-b": 2, "ä": 3})[1::2] == [
        "interfaces___total 3",
        "interfaces_a_b_total 3",
    ]


def test_other_scopes_are_refused() -> None:
    """Only pages are served here."""
    with pytest.raises(ApplicationError, match="websocket is not served here"):
        got("/", Readiness(), Telemetry(), "websocket")


def test_other_paths_are_404() -> None:
    """There is nothing else."""
    assert page("/", Readiness())[0] == 404


def test_it_listens_and_answers_over_http() -> None:
    """Served by our own HTTP server, on the port that was asked for."""

    async def ask() -> bytes:
        async with serve_ops("127.0.0.1:0", Readiness(), Telemetry()) as (address,):
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(b"GET /livez HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 200 OK\r\n")


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
    serve_ops(bind, Readiness(), Telemetry())
    assert asked == [(meant,)]


def test_what_makes_no_sense_is_the_operators() -> None:
    """A bind that cannot be read is a ConfigError."""
    with pytest.raises(ConfigError):
        serve_ops("http://x", Readiness(), Telemetry())
