"""What one process is made of: its loop, how it listens, its exit code."""

import asyncio
import socket
import sys

import pytest

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.runner.options import ServeOptions
from interfaces.runner.process import listening_of, loop_factory, run, serving_of
from interfaces.shared.errors import ConfigError
from interfaces.shared.strand import bound, current, pool


async def application(scope, receive, send) -> None:
    """Never called."""
    raise RuntimeError("not here")


def test_the_loop_is_uvloop_where_it_is_installed() -> None:
    """auto and uvloop give it, asyncio does not."""
    for name in ("auto", "uvloop"):
        factory = loop_factory(name)
        assert factory is not None
        loop = factory()
        assert type(loop).__module__.startswith("uvloop")
        loop.close()
    assert loop_factory("asyncio") is None


def test_without_uvloop_auto_is_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked for it by name is told what is missing."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory("auto") is None
    with pytest.raises(ConfigError, match="uvloop is not installed"):
        loop_factory("uvloop")


def test_listening_is_as_the_options_say() -> None:
    """Backlog, proxies and inherited sockets reach it."""
    options = ServeOptions(backlog=7, trusted_proxies=("10.0.0.0/8",), proxy_protocol=True, reuse_port=True)
    listening = listening_of(options, {"a": (3,)})
    assert (listening.backlog, listening.proxy_protocol, listening.reuse_port) == (7, True, True)
    assert listening.inherited == {"a": (3,)}
    assert "10.1.2.3" in listening.trusted and "11.1.2.3" not in listening.trusted


def test_the_bounds_of_sync_work_are_the_options() -> None:
    """Threads, and the calls that wait for one, are the process's from the moment that it is to serve."""
    before = ServeOptions()
    try:
        serving_of(application, [], ServeOptions(threads=3, max_sync_queue=9))
        assert (pool().threads, current().limit) == (3, 9)
    finally:
        bound(before.threads, before.max_sync_queue)


@pytest.mark.parametrize("family", ["x-forwarded", "forwarded", "off"])
def test_the_proxy_protocol_needs_no_forwarding_headers(family) -> None:
    """Whose PROXY header counts is one question, which HTTP headers count another."""
    options = ServeOptions(trusted_proxies=("127.0.0.1",), proxy_protocol=True, forwarded=family)
    listening = listening_of(options)
    assert "127.0.0.1" in listening.trusted
    assert listening.trusted.headers == family


def test_certificates_are_read_before_anything_starts(tmp_path) -> None:
    """One that is not there is the operator's, and told before the application is."""
    with pytest.raises(ConfigError, match="nowhere"):
        listening_of(ServeOptions(tls_cert=tmp_path / "nowhere.pem"))


def test_a_port_in_use_is_code_2_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, and the loop is gone."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        interface = HttpWs(HttpWsOptions(bind=(f"127.0.0.1:{taken.getsockname()[1]}",)))
        assert run(application, [(interface, ("http",))], ServeOptions(lifespan="off")) == 2
    said = capsys.readouterr().err
    assert said.startswith("interfaces: bind 127.0.0.1:") and said.count("\n") == 1
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
