"""``check``: says whether serve would start, and starts nothing."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import PROJECT, Cli


def test_all_well(cli: Cli) -> None:
    """It tells the application, the options that were given and where it can listen, and succeeds."""
    code, out, err = cli("check", "http", "--app", "cliproject", "--bind", "127.0.0.1:0", "--drain", "3")
    assert (code, err) == (0, "")
    assert "application  cliproject (builtins.function)" in out
    assert "option       drain from --drain" in out
    assert "can listen   http.bind 127.0.0.1:0" in out


def test_a_taken_port(cli: Cli) -> None:
    """A port that is taken is told by its address, and not shared even with --reuse-port."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        code, _, err = cli("check", "http", "--app", "cliproject", "--bind", where, "--reuse-port")
    assert code == 2
    assert where in err
    assert err.count("\n") == 1


def test_a_relay_that_serve_would_refuse(cli: Cli) -> None:
    """What would never run, here or anywhere, is told before the switch."""
    given = ("check", "http", "--bind", "127.0.0.1:0", "--layer", "embedded:", "--relay")
    code, _, err = cli(*given, "http", "--app", "cliproject")
    assert code == 2
    assert "that is all that is served" in err
    assert cli(*given, "ws", "--app", "cliproject").code == 2
    assert cli(*given, "http").code == 0


def test_the_ports_are_let_go(cli: Cli) -> None:
    """After the check the address is free, on the operations port as well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{probe.getsockname()[1]}"
    for _ in range(2):
        result = cli("check", "http", "--app", "cliproject", "--bind", "127.0.0.1:0", "--ops-bind", where)
        assert result.code == 0
        assert f"can listen   ops_bind {where}" in result.out


def test_a_unix_socket_leaves_no_file(cli: Cli, project: Path) -> None:
    """A path is tried and removed again."""
    assert cli("check", "http", "--app", "cliproject", "--bind", f"unix:{project}/s").code == 0
    assert not (project / "s").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http", "--app", "cliproject:nonesuch"], "cliproject has no attribute 'nonesuch'"),
        (["http", "--app", "cliproject", "--bind", "127.0.0.1:99999"], "'99999' is no port"),
        (["http", "--app", "cliproject", "--tls-cert", "absent.pem"], "absent.pem"),
        (["ws", "--app", "cliproject:router"], "has no route for 'websocket' (ws is served); it has http"),
    ],
)
def test_what_would_fail_fails(cli: Cli, arguments: list[str], said: str) -> None:
    """A wrong application, address or certificate and a missing route are one line and exit code 2."""
    code, _, err = cli("check", *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_paths_are_where_http_is_served(cli: Cli) -> None:
    """IRC over WebSockets needs the port of HTTP: without it the check fails as serve would, with it all is well."""
    path = ("--app", "cliproject", "--irc-path", "/irc", "--irc-bind", "127.0.0.1:0")
    code, _, err = cli("check", "irc", *path)
    assert code == 2
    assert "--irc-path /irc: WebSockets are where HTTP is served" in err
    code, _, err = cli("check", "http", "ws", "irc", *path, "--http-bind", "127.0.0.1:0")
    assert (code, err) == (0, "")


def test_a_route_is_missed_behind_middleware(cli: Cli, project: Path) -> None:
    """What Channels' middleware wraps is looked into."""
    (project / "cliproject.py").write_text(f"{PROJECT}\nrouter.__class__.inner = None\n"
                                           "class Middleware(Router):\n    application_mapping = None\n"
                                           "outer = Middleware()\nouter.inner = router\n")  # fmt: skip
    code, _, err = cli("check", "ws", "--app", "cliproject:outer")
    assert code == 2
    assert "cliproject:outer has no route for 'websocket' (ws is served); it has http\n" in err


def test_a_router_with_the_route(cli: Cli) -> None:
    """A router that has all types that are served is well."""
    assert cli("check", "http", "--app", "cliproject:router", "--bind", "127.0.0.1:0").code == 0


def test_an_application_that_raises_fails_the_check(cli: Cli, project: Path) -> None:
    """An exception while importing is shown with the user's frames, with exit code 2."""
    (project / "cliproject.py").write_text("1 / 0\n")
    code, _, err = cli("check", "http", "--app", "cliproject")
    assert code == 2
    assert err.endswith("ZeroDivisionError: division by zero\n")


ROUTING = """
from interfaces.workers.routing import Routing, route

def handle(message): pass

class Router:
    def __init__(self, mapping): self.application_mapping = mapping
    async def __call__(self, scope, receive, send): pass

right = Routing([route("http.request", handle)])
wrong = Routing([route("http.requst", handle), route("http.request", handle), route("websocket.recieve", handle)])
router = Router({"http": right, "websocket": Routing([route("websocket.recieve", handle)])})
"""


def test_channels_that_look_misspelled_are_told(cli: Cli, project: Path) -> None:
    """Each once, with what was meant, behind a router as well; it is no error, as the channel may be one's own."""
    (project / "cliproject.py").write_text(ROUTING)
    bind = ("--bind", "127.0.0.1:0")
    assert "look at" not in cli("check", "http", "--app", "cliproject:right", *bind).out
    code, out, _ = cli("check", "http", "--app", "cliproject:wrong", *bind)
    lines = [line for line in out.splitlines() if line.startswith("look at")]
    assert code == 0
    assert [line.split(":")[0] for line in lines] == [
        "look at      http.requst",
        "look at      websocket.recieve",
    ]
    assert "http.request" in lines[0]
    assert cli("check", "http", "--app", "cliproject:router", *bind).out.count("websocket.recieve") == 1


def test_the_layer_is_opened(cli: Cli) -> None:
    """Its kind is told, and nothing is left behind; one process needs no broker."""
    for url, kind in (("local:", "LocalChannelLayer"), ("embedded:", "RedisChannelLayer")):
        result = cli("check", "http", "--app", "cliproject", "--bind", "127.0.0.1:0", "--layer", url)
        assert (result.code, result.err) == (0, "")
        assert f"layer        {kind}\n" in result.out
    assert cli("check", "http", "--bind", "127.0.0.1:0", "--layer", "embedded:").code == 0


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("nonsense:", "nonsense"),
        ("local:", "workers cannot be reached through this layer"),
        ("unix:///nowhere/at/all?password=secret", "/nowhere/at/all"),
    ],
)
def test_a_layer_that_cannot_be(cli: Cli, layer: str, said: str) -> None:
    """A scheme that is none, a layer that reaches no worker, a broker that is not there: a line, and exit code 2."""
    code, _, err = cli("check", "http", "--bind", "127.0.0.1:0", "--layer", layer)
    assert code == 2
    assert said in err
    assert "secret" not in err
    assert err.count("\n") == 1


def test_traces_that_cannot_be_exported(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exporter that is not installed is told, as serve would tell it."""
    given = ("check", "http", "--app", "cliproject", "--bind", "127.0.0.1:0", "--trace")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    assert cli(*given).code == 0
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console,jaeger")
    code, _, err = cli(*given)
    assert (code, "OTEL_TRACES_EXPORTER=jaeger: no such exporter" in err) == (2, True)
