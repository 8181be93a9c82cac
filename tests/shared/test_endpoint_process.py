"""A server whose listeners are Twisted's, in a process of its own: HTTP, uploads, WebSockets, and errors."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from websockets.sync.client import connect as websocket

from tests.process.server import COMMAND, ROOT, Server

AUTHORITY = trustme.CA()
APP = ["--app", "tests.shared.endpoint_app:application", "--no-access-log"]
MIB = 2**20
KINDS = {
    "plain": "plain:tcp:0:interface=127.0.0.1",
    "haproxy": "haproxy:tcp:0:interface=127.0.0.1",
    "ssl": "plain:ssl:0:interface=127.0.0.1:privateKey={pem}:certKey={pem}",
}


@dataclass
class Served:
    """A server behind one kind of endpoint."""

    kind: str
    server: Server
    port: int

    def dial(self) -> socket.socket:
        """A connection on which HTTP can begin."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        if self.kind == "haproxy":
            sock.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.8 1000 80\r\n")
        if self.kind == "ssl":
            context = ssl.create_default_context()
            AUTHORITY.configure_trust(context)
            sock = context.wrap_socket(sock, server_hostname="127.0.0.1")
        return sock

    @property
    def who(self) -> bytes:
        """What the application has to know of a client: scheme and address."""
        secure = self.kind == "ssl"
        return (
            b"https 127.0.0.1"
            if secure
            else b"http 192.0.2.7"
            if self.kind == "haproxy"
            else b"http 127.0.0.1"
        )

    @property
    def memory(self) -> int:
        """The process's resident bytes."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def plugin(folder: Path) -> dict[str, str]:
    """The environment of a process that finds the plug-in of these tests."""
    home = folder / "twisted" / "plugins"
    home.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("twisted_plugin.py"), home / "interfaces_plugin.py")
    return {"PYTHONPATH": f"{ROOT}:{folder}"}


@pytest.fixture(params=KINDS, scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running server, one for each kind."""
    folder = tmp_path_factory.mktemp("served")
    cert = AUTHORITY.issue_cert("127.0.0.1")
    pem = folder / "own.pem"
    pem.write_bytes(b"".join(blob.bytes() for blob in (cert.private_key_pem, *cert.cert_chain_pems)))
    words = ["--endpoint", KINDS[request.param].format(pem=pem), "--drain", "2", *APP]
    with Server(folder, *words, command=[*COMMAND], env=plugin(folder)) as server:
        port = int(server.wait_for(r"http ws on 127\.0\.0\.1:(\d+) \(through Twisted\) for")[1])
        yield Served(request.param, server, port)
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
        assert "Traceback" not in server.said


def read(sock: socket.socket, count: int) -> list[bytes]:
    """The bodies of the next ``count`` answers, which tell their lengths."""
    data, bodies = b"", []
    while len(bodies) < count:
        head, end, rest = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split()[0]) if end else 0
        if end and len(rest) >= length:
            assert head.startswith(b"HTTP/1.1 200")
            bodies.append(rest[:length])
            data = rest[length:]
        else:
            got = sock.recv(65536)
            assert got, data
            data += got
    return bodies


def test_requests_follow_one_another_and_may_be_pipelined(served: Served) -> None:
    """One connection carries requests that wait for answers and such that do not, in order."""
    with served.dial() as sock:
        for path in (b"/a", b"/b"):
            sock.sendall(b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n" % path)
            assert read(sock, 1) == [b"%b %b 0" % (path, served.who)]
        paths = [b"/%d" % number for number in range(50)]
        sock.sendall(
            b"".join(b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc" % p for p in paths)
        )
        assert read(sock, 50) == [b"%b %b 3" % (path, served.who) for path in paths]


def send_until_stuck(sock: socket.socket, size: int) -> int:
    """How many of ``size`` bytes leave until half a second passes in which none does."""
    sock.settimeout(0.5)
    sent = 0
    try:
        while sent < size:
            sent += sock.send(bytes(min(65536, size - sent)))
    except TimeoutError:
        pass
    sock.settimeout(20)
    return sent


def test_an_upload_waits_for_its_reader_in_the_client(served: Served) -> None:
    """While the application does not read, a 64 MiB upload stops in the kernel; then all of it arrives."""
    before, size = served.memory, 64 * MIB
    with served.dial() as sock:
        sock.sendall(b"POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size)
        sent = send_until_stuck(sock, size)
        assert sent < 32 * MIB
        assert served.memory - before < 8 * MIB
        with served.dial() as other:
            other.sendall(b"GET /go HTTP/1.1\r\nhost: x\r\n\r\n")
            read(other, 1)
        if served.kind == "ssl":  # the record that timed out cannot be finished: hang up, and be noticed
            return
        sock.sendall(bytes(size - sent))
        assert read(sock, 1) == [b"/slow %b %d" % (served.who, size)]
        assert served.memory - before < 8 * MIB


def test_websockets_echo(served: Served) -> None:
    """The handshake changes the protocol on the adapted transport; messages of all sizes return."""
    with websocket("ws://127.0.0.1/", sock=served.dial()) as ws:
        for message in ("hello", b"bytes", "x" * MIB, os.urandom(MIB)):
            ws.send(message)
            assert ws.recv(timeout=20) == message


def interfaces(folder: Path, *words: str, **env: str) -> tuple[int, str]:
    """Exit code and all words of a command that ends by itself."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INTERFACES_")}
    command = [sys.executable, "-m", "interfaces", *words, *APP]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=30,
        env={**clean, "PYTHONPATH": str(ROOT), **env},
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_missing_extra_is_one_line(tmp_path: Path, command: str) -> None:
    """Without Twisted the operator reads what to install, and the exit code is 2."""
    (tmp_path / "twisted.py").write_text("raise ImportError('not installed')")
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    code, said = interfaces(tmp_path, command, "http", "-e", "onion:80", **env)
    assert code == 2
    last = "interfaces: bind endpoint:onion:80: Twisted is needed: pip install 'asgi-interfaces[twisted]'"
    assert said.splitlines()[-1] == last
    assert "Traceback" not in said


def test_check_tells_a_kind_that_nobody_knows(tmp_path: Path) -> None:
    """The string is parsed as serve would, and nothing is opened."""
    code, said = interfaces(tmp_path, "check", "http", "-e", "haproxy:tcp:8000")
    assert (code, "endpoint:haproxy:tcp:8000 (through Twisted, not tried)" in said) == (0, True)
    code, said = interfaces(tmp_path, "check", "http", "-e", "nonesuch:80")
    assert (code, "Unknown endpoint type: 'nonesuch'" in said) == (2, True)


def test_an_endpoint_that_is_ours_needs_no_twisted(tmp_path: Path) -> None:
    """What Daphne's users write for TCP becomes a native listener."""
    (tmp_path / "twisted.py").write_text("raise ImportError('not installed')")
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    code, said = interfaces(tmp_path, "check", "http", "-e", "tcp:0:interface=127.0.0.1", **env)
    assert (code, "Twisted" in said) == (0, False)


def test_several_workers_cannot_share_an_endpoint(tmp_path: Path) -> None:
    """Twisted's listener lives in one process: more workers are refused before one starts."""
    code, said = interfaces(tmp_path, "serve", "http", "-e", "haproxy:tcp:0", "--workers", "2")
    assert (code, "workers cannot share what Twisted listens on" in said) == (2, True)


def test_endpoint_and_the_listeners_own_option_exclude_each_other(tmp_path: Path) -> None:
    """-e is --bind in other words, so both of them beside --http-bind are one too many."""
    code, said = interfaces(tmp_path, "serve", "http", "-e", "tcp:0", "--http-bind", "127.0.0.1:0")
    assert (code, "leave one out" in said) == (2, True)
