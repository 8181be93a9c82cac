"""What one process is made of: its loop, how it listens, its exit code."""

import asyncio
import gc
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.runner.options import ServeOptions
from interfaces.runner.process import _insist, listening_of, loop_factory, run, serving_of, where_lines
from interfaces.runner.worker import Worker
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.interface import Interface
from interfaces.shared.listen import Address
from interfaces.shared.strand import bound, current, pool
from interfaces.shared.telemetry import Telemetry


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


# --- one whole life, told what to do by signals ------------------------------------------------------------

HERE = Address(kind="tcp", host="127.0.0.1", port=8000)


class Fake(Interface[None]):
    """Calls ``deed`` as soon as the process serves."""

    names = ("fake",)

    def __init__(self, deed: Callable[[], object] = lambda: None, *, starts: bool = True) -> None:
        super().__init__(None)
        self.deed, self.starts, self.ended = deed, starts, False

    @asynccontextmanager
    async def serve(self, app: Any, context: Any) -> AsyncIterator[list[Address]]:
        """Be there, until drained; without ``starts`` never get ready."""
        context.ready("fake", True)
        if not self.starts:
            asyncio.get_running_loop().call_soon(self.deed)
            await asyncio.Event().wait()
        asyncio.get_running_loop().call_later(0.01, self.deed)
        yield [HERE]
        self.ended = True


def term() -> None:
    """As a service manager tells it."""
    signal.raise_signal(signal.SIGTERM)


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a process that has one interface; its code, and its lines."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    def live(fake: Interface[None], **more: Any) -> tuple[int, list[str]]:
        options = ServeOptions(loop="asyncio", lifespan="off", drain=1.0, threads=2)
        try:
            code = run(application, [(fake, ("fake",))], options, **more)
        finally:
            gc.unfreeze()
            bound(ServeOptions().threads, ServeOptions().max_sync_queue)
        return code, capsys.readouterr().err.splitlines()

    return live


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_once_it_drains(life, number: signal.Signals) -> None:
    """What listens where, how it stops, that it has stopped; the interface was left in order."""
    fake = Fake(lambda: signal.raise_signal(number))
    code, said = life(fake, app_name="proj.asgi:app")
    assert (code, fake.ended) == (0, True)
    assert said[0] == "interfaces: fake on 127.0.0.1:8000 for proj.asgi:app"
    assert said[1].startswith("interfaces: one process, pid ")
    assert said[2:] == [
        "interfaces: stopping: finishing what is in flight, for 1 s at most",
        "interfaces: stopped",
    ]


def test_told_twice_it_stops_at_once(life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in flight is cut, and the code says so."""
    codes: list[int] = []
    monkeypatch.setattr("interfaces.runner.process.os._exit", codes.append)

    def twice() -> None:
        term()
        asyncio.get_running_loop().call_soon(term)

    _, said = life(Fake(twice))
    assert codes == [1]
    assert "interfaces: SIGTERM again: stopping at once" in said


def test_told_while_it_starts_it_ends(life) -> None:
    """Nothing was served, so nothing has failed."""
    assert life(Fake(term, starts=False)) == (0, [])


@pytest.mark.parametrize(
    ("error", "code"), [(ConfigError("token refused"), 2), (ApplicationError("it is broken"), 1)]
)
def test_an_interface_that_ends_ends_the_process(life, error: Exception, code: int) -> None:
    """With a line that a person can use, and the code of whose fault it is."""

    class Failing(Fake):
        @asynccontextmanager
        async def serve(self, app: Any, context: Any) -> AsyncIterator[list[Address]]:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._fail())
                yield [HERE]

        async def _fail(self) -> None:
            raise error

    gives, said = life(Failing())
    assert (gives, said[-1]) == (code, f"interfaces: {error}")


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_an_application_cannot_end_the_process(life, raised: type[BaseException]) -> None:
    """sys.exit() in a view ends that call; who is told to stop by a signal stops as ever."""
    calls: list[str] = []

    def leave() -> None:
        calls.append("called")
        asyncio.get_running_loop().call_later(0.01, term)
        raise raised(3)

    code, said = life(Fake(leave))
    assert (code, calls, said[-1]) == (0, ["called"], "interfaces: stopped")


def test_before_it_serves_it_can(life) -> None:
    """A module that exits while it is started has decided that there is to be no process."""

    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        life(Fake(leave, starts=False))


def test_a_reload_is_told_to_the_service_manager(life, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    """RELOADING and READY around it, as systemd wants it; the certificates were read."""
    told: list[str] = []
    monkeypatch.setattr("interfaces.runner.process.reloading", lambda now: told.append("reloading"))
    monkeypatch.setattr("interfaces.runner.process.ready", lambda status: told.append("ready"))
    monkeypatch.setattr("interfaces.runner.process.stopping", lambda status: told.append("stopping"))
    caplog.set_level("INFO", "interfaces.runner")

    def hup() -> None:
        signal.raise_signal(signal.SIGHUP)
        asyncio.get_running_loop().call_later(0.01, term)

    assert life(Fake(hup))[0] == 0
    assert told == ["ready", "reloading", "ready", "stopping"]
    assert "SIGHUP: the certificates were read again" in caplog.text


class Supervised(Worker):
    """A worker's line, of which the other end is here."""

    def __init__(self) -> None:
        self.theirs, ours = socket.socketpair()
        super().__init__(1, {}, ours)

    def close(self) -> list[dict[str, Any]]:
        """What it has said."""
        self.theirs.setblocking(False)
        said = self.theirs.recv(1 << 20)
        self.theirs.close()
        self._control.close()
        return [json.loads(line) for line in said.splitlines()]


def test_under_a_supervisor_it_tells_it_and_no_person(life) -> None:
    """Readiness, what listens where, its counts; nothing on stderr, which is the supervisor's."""
    worker, telemetry = Supervised(), Telemetry()
    telemetry.counts["http.refused"] = 3

    def last() -> None:
        telemetry.counts["http.refused"] += 1
        term()

    code, said = life(Fake(last), worker=worker, telemetry=telemetry, app_name="app")
    first, *others = worker.close()
    assert (code, said) == (0, [])
    assert first == {"ok": True, "lines": ["fake: ok"], "where": ["fake on 127.0.0.1:8000 for app"],
                     "loop": "asyncio"}  # fmt: skip
    counts = [one["counts"] for one in others if "counts" in one]
    assert [one["http.refused"] for one in counts] == [3, 1]
    assert counts[0]["process_cpu_seconds_total"] > 0
    assert [one["gauges"]["interfaces_processes"] for one in others if "gauges" in one] == [1]
    assert [one["ok"] for one in others if "ok" in one] == [False]


def test_an_orphan_drains(life) -> None:
    """A worker whose supervisor was killed finishes what it does, without anybody's word."""
    worker = Supervised()
    fake = Fake(worker.theirs.close)
    assert life(fake, worker=worker) == (0, [])
    assert fake.ended
    worker._control.close()


def test_who_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Threads that wait for ever would keep the process, and asyncio would wait for them."""
    codes: list[int] = []
    monkeypatch.setattr("interfaces.runner.process.os._exit", codes.append)
    _insist()
    assert codes == [1]
    assert "did not end in 2 s: stopping without them" in capsys.readouterr().err


TLS = Address(kind="tcp", host="::1", port=8443, tls=True)


@pytest.mark.parametrize(
    ("addresses", "behind", "app_name", "line"),
    [
        ([HERE], "", "app", "http ws on 127.0.0.1:8000 for app"),
        ([HERE], "", "", "http ws on 127.0.0.1:8000 for the application"),
        ([TLS], "", "app", f"http ws on {TLS} (TLS) for app"),
        ([HERE, TLS], "", "app", f"http ws on 127.0.0.1:8000, {TLS} (TLS) for app"),
        ([], "", "app", "http ws for app"),
        ([HERE], "workers on redis:", "", "http ws on 127.0.0.1:8000 for workers on redis:"),
        ([HERE], "{app} and workers", "app", "http ws on 127.0.0.1:8000 for app and workers"),
    ],
)
def test_a_line_says_who_serves_what_where(addresses, behind, app_name, line) -> None:
    """Of an interface with an address, with several, with none; for an application here, elsewhere, or both."""
    served = [SimpleNamespace(names=("http", "ws"), addresses=addresses, context=None)]
    assert where_lines(SimpleNamespace(served=served, behind=behind, beside=[]), app_name) == [line]


def test_what_is_kept_is_said_below(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line an interface may add: how well it keeps what it has taken."""
    context = SimpleNamespace(keeps=["email accepted into spool /s: host-crash (fsync)"])
    served = [SimpleNamespace(names=("email",), addresses=[HERE], context=context)]
    assert where_lines(
        SimpleNamespace(served=served, behind="", beside=["console on http://127.0.0.1:8088"]), "app"
    )[1:] == [*context.keeps, "console on http://127.0.0.1:8088"]
