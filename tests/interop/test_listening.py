"""Where the real process listens, and whom it believes: proxies, unix sockets, descriptors, several binds."""

import json
import os
import socket
import struct
import sys
from pathlib import Path

import pytest

from tests.abuse.server import HANDSHAKE
from tests.process.server import COMMAND, Server, until

APP = "tests.interop.apps.scope_app:app"
WORDS = ["--app", APP, "--no-access-log"]
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def ask(address, *lines, before=b"", data=b""):
    """The scope that the application saw; None when there was no answer."""
    family = (
        socket.AF_UNIX
        if isinstance(address, str)
        else socket.AF_INET6
        if ":" in address[0]
        else socket.AF_INET
    )
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect(address)
        fields = b"".join(line + b"\r\n" for line in lines)
        client.sendall(
            before + (data or b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" + fields + b"\r\n")
        )
        said = b""
        try:
            while not said.endswith(b"}") and (more := client.recv(65536)):
                said += more
        except ConnectionError:
            pass
    return json.loads(said[said.index(b'{"') :]) if b'{"' in said else None


def origin(scope):
    """What was believed."""
    host = dict(scope["headers"])["host"]
    return scope["client"][0], scope["scheme"], host


@pytest.fixture(scope="module")
def believing(tmp_path_factory):
    """A server behind a proxy that is trusted."""
    with Server(tmp_path_factory.mktemp("believing"), "--trusted-proxies=127.0.0.1", app=APP) as server:
        yield ("127.0.0.1", server.port)


XFF = (b"x-forwarded-for: 9.9.9.9, 1.2.3.4", b"x-forwarded-proto: https", b"x-forwarded-host: example.org")


def test_forwarding_headers_of_a_trusted_proxy(believing):
    """The last address it added, its scheme and its host; for a WebSocket the scheme is wss."""
    assert origin(ask(believing, *XFF)) == ("1.2.3.4", "https", "example.org")
    upgrade = HANDSHAKE % (b"/", b"".join(line + b"\r\n" for line in XFF))
    assert origin(ask(believing, data=upgrade)) == ("1.2.3.4", "wss", "example.org")


def test_forwarding_headers_of_anybody_else(tmp_path):
    """Without --trusted-proxies, and from an address that is none of them, they are only headers."""
    for options in ([], ["--trusted-proxies=10.0.0.0/8"]):
        with Server(tmp_path, *options, app=APP) as server:
            assert origin(ask(("127.0.0.1", server.port), *XFF)) == ("127.0.0.1", "http", "x")


def test_forwarded(tmp_path):
    """RFC 7239's header where it was chosen; X-Forwarded-* count no more then."""
    with Server(tmp_path, "--trusted-proxies=127.0.0.1", "--forwarded=forwarded", app=APP) as server:
        line = b'forwarded: for="[2001:db8::1]:4711";proto=https;host=example.org'
        assert origin(ask(("127.0.0.1", server.port), line)) == ("2001:db8::1", "https", "example.org")
        assert origin(ask(("127.0.0.1", server.port), *XFF)) == ("127.0.0.1", "http", "x")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """A server that takes PROXY headers."""
    options = ["--trusted-proxies=127.0.0.1", "--proxy-protocol"]
    with Server(tmp_path_factory.mktemp("proxied"), *options, app=APP) as server:
        yield ("127.0.0.1", server.port)
        assert "Traceback" not in server.said


def v2(command, family, payload):
    """A PROXY header of version 2."""
    return V2 + bytes((0x20 | command, family)) + struct.pack("!H", len(payload)) + payload


FOUR = socket.inet_aton("1.2.3.4") + socket.inet_aton("5.6.7.8") + struct.pack("!HH", 4711, 80)
HEADERS = {
    "v1": (b"PROXY TCP4 1.2.3.4 5.6.7.8 4711 80\r\n", ["1.2.3.4", 4711]),
    "v1 of IPv6": (b"PROXY TCP6 2001:db8::1 2001:db8::2 4711 80\r\n", ["2001:db8::1", 4711]),
    "v2": (v2(1, 0x11, FOUR), ["1.2.3.4", 4711]),
    "v2 with more": (v2(1, 0x11, FOUR + b"\x04\0\x03abc"), ["1.2.3.4", 4711]),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_proxy_header(proxied, name):
    """Both versions, and the request right behind in the same packet."""
    header, client = HEADERS[name]
    assert ask(proxied, before=header)["client"] == client


def test_a_health_check_of_the_proxy_itself(proxied):
    """LOCAL and UNKNOWN: the connection's own addresses count."""
    for header in (v2(0, 0, b""), b"PROXY UNKNOWN\r\n"):
        assert ask(proxied, before=header)["client"][0] == "127.0.0.1"


@pytest.mark.parametrize(
    "header", [b"", b"PROXY TCP4 1.2.3.4\r\n", b"PROXY " + b"a" * 200, V2 + b"\x31\x11\0\0"]
)
def test_no_proxy_header(proxied, header):
    """Who should send one and does not is not served, and hinders nobody."""
    assert ask(proxied, before=header) is None
    assert ask(proxied, before=HEADERS["v1"][0])


def test_a_unix_socket(tmp_path):
    """Served, trusted by its name, made anew over a stale one, and taken away at the end."""
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    options = ["--bind", f"unix:{path}", "--trusted-proxies=unix"]
    with Server(tmp_path, *options, command=[*COMMAND, *WORDS]) as server:
        server.wait_for("http ws on")
        assert origin(ask(str(path), *XFF)) == ("1.2.3.4", "https", "example.org")
        scope = ask(str(path))
        assert scope["server"] == [str(path), None] and scope["client"] is None
        server.process.terminate()
        assert server.ended() == 0
    assert not path.exists()


def test_several_binds(tmp_path):
    """IPv4, IPv6 where there is one, and a unix socket, all of them one application."""
    path = tmp_path / "socket"
    binds = ["--bind", "127.0.0.1:0", "--bind", f"unix:{path}"]
    if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
        binds += ["--bind", "[::1]:0"]
    with Server(tmp_path, *binds, command=[*COMMAND, *WORDS]) as server:
        said = server.wait_for(r"http ws on (.*) for")[1]
        assert ask(str(path))["path"] == "/"
        assert (
            ask(("127.0.0.1", int(said.partition("127.0.0.1:")[2].split(",")[0].split()[0])))["path"] == "/"
        )
        if "[::1]:" in said:
            scope = ask(("::1", int(said.partition("[::1]:")[2].split(",")[0].split()[0])))
            assert scope["client"][0] == scope["server"][0] == "::1"


def test_a_descriptor(tmp_path):
    """A listening socket that was handed over by its number."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd = listener.fileno()
        options = {"command": [*COMMAND, *WORDS, "--bind", f"fd:{fd}"], "pass_fds": [fd]}
        with Server(tmp_path, **options) as server:
            server.wait_for("http ws on")
            assert ask(listener.getsockname())["path"] == "/"


NOTIFIED = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
print("port", listener.getsockname()[1], file=sys.stderr, flush=True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), NOTIFY_SOCKET=sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_systemd(tmp_path):
    """Socket activation and sd_notify, as systemd does them: READY, then STOPPING."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        notify.settimeout(20)
        command = [sys.executable, "-c", NOTIFIED, str(path), *COMMAND, *WORDS, "--bind", "systemd:"]
        with Server(tmp_path, command=command) as server:
            port = int(server.wait_for(r"port (\d+)")[1])
            assert b"READY=1" in notify.recv(4096)
            assert ask(("127.0.0.1", port))["path"] == "/"
            server.process.terminate()
            said = b""
            while b"STOPPING=1" not in said:
                said = notify.recv(4096)
            assert server.ended() == 0


def test_root_path(tmp_path):
    """As ASGI has it: the path contains it."""
    with Server(tmp_path, "--http-root-path=/mounted", app=APP) as server:
        scope = ask(("127.0.0.1", server.port))
        assert (scope["root_path"], scope["path"]) == ("/mounted", "/mounted/")


@pytest.mark.parametrize("how", ["raise", "fail"])
def test_a_lifespan_that_fails(tmp_path, how):
    """One readable line, and an exit code; nothing listens."""
    env = {"START": how}
    with Server(tmp_path, "--lifespan=on", env=env) as server:
        assert server.ended() == 1
        assert ("no database" if how == "fail" else "the database is not there") in server.said
        assert " on 127.0.0.1:" not in server.said


def test_workers_share_a_bind(tmp_path):
    """Two processes accept on one socket."""
    with Server(tmp_path, "--workers=2") as server:
        port = int(server.wait_for(r"http ws on 127\.0\.0\.1:(\d+)")[1])
        seen = set()

        def both():
            seen.add(server.get("/", port)[1])
            return len(seen - {""}) == 2

        until(both, 20)
        assert str(os.getpid()) not in seen
