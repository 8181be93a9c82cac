"""A server to be abused, in its own process, that tells what that costs; and a client of raw bytes."""

import json
import os
import re
import socket
import struct
import time
from pathlib import Path

from tests.process.server import COMMAND, Server, until

MIB = 2**20
SMALL = {
    "header-timeout": 1, "keep-alive": 2, "body-timeout": 1, "linger-timeout": 0.5, "half-close-timeout": 0.5,
    "send-timeout": 2,
}  # fmt: skip
"""Deadlines in seconds, short so that the tests are."""
VARIABLES = {
    **{f"INTERFACES_HTTP_{name.replace('-', '_').upper()}": str(value) for name, value in SMALL.items()},
    "INTERFACES_WS_CLOSE_TIMEOUT": "0.5",
    "INTERFACES_WS_PING_INTERVAL": "1",
    "INTERFACES_WS_PING_TIMEOUT": "1",
}
PATIENCE = 6
"""Seconds more than it has to take, on a machine that does other things as well."""
PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")
HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n%b\r\n"
)


class Abused(Server):
    """``with Abused(tmp_path, "--http-keep-alive=1") as server``: every deadline of SMALL, unless given."""

    def __init__(self, directory, *arguments, app="tests.abuse.app:app", **options):
        super().__init__(directory, *arguments, app=app, **{"command": COMMAND, "env": VARIABLES, **options})

    @staticmethod
    def words():
        """The command as a shell takes it."""
        return [*COMMAND, "--app=tests.abuse.app:app", "--bind=127.0.0.1:0", "--no-access-log"]

    def __enter__(self):
        assert self.get("/")[0] in {200, 426, 500}, self.said
        return self

    def processes(self):
        """The process and those it started."""
        found = {self.process.pid}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(stat.read_text().rpartition(")")[2].split()[1]) in found:
                    found.add(int(stat.parent.name))
            except OSError:
                pass
        return found

    def rss(self):
        """Resident memory in bytes."""
        return sum(int(Path(f"/proc/{p}/statm").read_text().split()[1]) * PAGE for p in self.processes())

    def cpu(self):
        """Seconds of processor time used until now."""
        total = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def descriptors(self):
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208 - counted, never opened

    def calls(self, path):
        """How often the application was called for ``path``, or what it counted under that name."""
        return json.loads(self.get("/calls")[1]).get(path, 0)

    def polite(self):
        """Seconds of processor time until a client that does nothing wrong has its answer.

        What hinders it is what the server does instead; the clock would tell of this machine's other work as well.
        """
        before, start = self.cpu(), time.monotonic()
        self.greet()
        assert time.monotonic() - start < PATIENCE
        return self.cpu() - before

    def greet(self):
        """Be that client."""
        assert self.get("/")[0] == 200, self.said

    def client(self, data=b"", **options):
        """A connection on which ``data`` was written."""
        return Client(self.port, data, **options)


class Client:
    """One connection; closed when left."""

    def __init__(self, port, data=b"", seconds=10.0, receive_buffer=0):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Write all of it; False when the server does not take it any more."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def push(self, data, seconds):
        """Write ``data`` again and again as fast as it is taken, for so long; how many bytes were taken."""
        end = time.monotonic() + seconds
        self.socket.settimeout(0.1)
        taken = 0
        while time.monotonic() < end:
            try:
                taken += self.socket.send(data[taken % len(data) :])
            except TimeoutError:
                pass
            except OSError:
                break
        return taken

    def until(self, pattern):
        """All that was read, up to a match of ``pattern``."""
        data = b""
        while not re.search(pattern, data, re.DOTALL):
            more = self.socket.recv(65536)
            assert more, f"closed after {data!r}"
            data += more
        return data

    def rest(self):
        """Everything until the server closes."""
        data = b""
        try:
            while more := self.socket.recv(65536):
                data += more
        except ConnectionError:
            pass
        return data

    def closed(self):
        """Seconds until the server closes."""
        start = time.monotonic()
        self.rest()
        return time.monotonic() - start

    def end(self):
        """Send no more, but read on."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Close with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def upgrade(self, path, headers=b""):
        """Shake hands for a WebSocket."""
        self.send(HANDSHAKE % (path, headers))
        assert b" 101 " in self.until(rb"\r\n\r\n")
        return self


def frame(first, payload=b"", size=None):
    """A masked frame with a mask of zeros; ``size`` is what its header claims."""
    size = len(payload) if size is None else size
    if size < 126:
        head = bytes((first, 128 | size))
    elif size < 65536:
        head = bytes((first, 128 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 128 | 127)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def statuses(data):
    """The statuses of the answers in ``data``."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", data)]


__all__ = ["HANDSHAKE", "MIB", "PATIENCE", "Abused", "Client", "frame", "statuses", "until"]
