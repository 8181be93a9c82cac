"""Clients of an IRC server, in one process: what they get, and how long it took."""

import resource
import select
import selectors
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from procs import Server

__all__ = ["TESTS", "Test", "measure"]

CHANNEL = b"#bench"
MARK = b"|"
"""Once in each message, nowhere else."""
LINE = b"PRIVMSG %b :%b%b\r\n" % (CHANNEL, b"x" * 59, MARK)
CROWD = 5000
PACE = 20
"""Messages a second to the crowd."""
EACH = 50
"""One of so many members is read, and tells how long it took; what the others get is small, and waits in their sockets:
to read all of it would take this process longer than the server."""


@dataclass(frozen=True)
class Test:
    """``block`` messages in one write, at most ``window`` ahead of the slowest receiver; or a test of a crowd."""

    receivers: int
    block: int = 50
    window: int = 2000
    kind: str = "relay"
    app: str = "chat:app"


TESTS = {
    "1to1": Test(1),
    "1to50": Test(50),
    "1to1-lone": Test(1, block=1, window=1),
    "1to50-lone": Test(50, block=1, window=1),
    "idle": Test(CROWD, kind="idle", app="chat:relay"),
    "1to5000": Test(CROWD, kind="crowd", app="chat:relay"),
}


def measure(server: Server, test: Test, secs: float) -> dict[str, Any]:
    """The figures of one test."""
    if test.kind == "relay":
        return measure_relay(server, test, secs)
    room_for(2 * test.receivers + 100)
    with ExitStack() as stack:
        before = server.rss_kb()
        idle = test.kind == "idle"
        members = [
            stack.enter_context(Client(server.port, b"r%d" % i, b"#bench%d" % (i // 10) if idle else b""))
            for i in range(test.receivers)
        ]
        if idle:
            time.sleep(3)
            return {"cost": 0.0, "rate": 0.0, "n": test.receivers, "rss_mb": server.peak_mb(),
                    "note": f"{(server.rss_kb() - before) / test.receivers:.1f} KB a client"}  # fmt: skip
        sender = stack.enter_context(Client(server.port, b"sender", b""))
        return crowd(server, members, sender, secs)


def room_for(descriptors: int) -> None:
    """Have so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < descriptors:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (min(descriptors, hard) if hard > 0 else descriptors, hard)
        )


def crowd(server: Server, members: list["Client"], sender: "Client", secs: float) -> dict[str, Any]:
    """``PACE`` messages a second, each with the moment it was sent in it; how long until each member has it."""
    poll, by_fd = select.epoll(), {}
    for client in (*members, sender):
        poll.register(client.sock.fileno(), select.EPOLLIN)
        by_fd[client.sock.fileno()] = client
    for client in by_fd.values():  # not at once: each join is told to all who are there
        client.sock.send(b"JOIN %b\r\n" % CHANNEL)
        for fd, _ in poll.poll(0, 512):
            by_fd[fd].sock.recv(1 << 20)
    settle(poll, by_fd)
    for client in by_fd.values():
        poll.unregister(client.sock.fileno())
    read = {client.sock.fileno(): client.sock for client in members[::EACH]}
    for fd in read:
        poll.register(fd, select.EPOLLIN)
    wanted = int(max(secs, 5.0) * PACE)
    cpu, begin = server.cpu_ns(), time.monotonic()
    took = listened(poll, read, sender, wanted)
    elapsed, spent, number = time.monotonic() - begin, server.cpu_ns() - cpu, wanted * len(members)
    return {
        "cost": spent / 1e3 / number, "rate": number / elapsed, "n": number, "rss_mb": server.peak_mb(),
        "p50_us": took[len(took) // 2] / 1e3, "p99_us": took[int(len(took) * 0.99)] / 1e3,
    }  # fmt: skip


def listened(poll: select.epoll, read: dict[int, socket.socket], sender: "Client", wanted: int) -> list[int]:
    """Send ``wanted`` messages at their pace; the nanoseconds after which each of ``read`` had each, in order."""
    begin, sent, took = time.monotonic(), 0, []
    while len(took) < wanted * len(read):
        now = time.monotonic()
        if sent < wanted and now >= begin + sent / PACE:
            sender.sock.send(b"PRIVMSG %b :%019d%b\r\n" % (CHANNEL, time.monotonic_ns(), MARK))
            sent += 1
        if now > begin + 60:
            raise RuntimeError(f"{len(took)} of {wanted * len(read)} delivered after 60 s")
        for fd, _ in poll.poll(0.002, 512):
            data, heard = read[fd].recv(65536), time.monotonic_ns()
            took.extend(heard - int(part[-19:]) for part in data.split(MARK)[:-1])
    return sorted(took)


def settle(poll: select.epoll, by_fd: dict[int, "Client"]) -> None:
    """Read until nothing has come for three seconds."""
    while events := poll.poll(3.0, 4096):
        for fd, _ in events:
            by_fd[fd].sock.recv(1 << 20)


class Client:
    """One member of the channel; counts the marks it gets."""

    def __init__(self, port: int, nick: bytes, channel: bytes = CHANNEL) -> None:
        self.got = 0
        self.sock = socket.create_connection(("127.0.0.1", port), 5)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(b"NICK %b\r\nUSER %b 0 * :%b\r\n" % (nick, nick, nick))
        self._until(b" 001 ")
        if channel:
            self.sock.sendall(b"JOIN %b\r\n" % channel)
            self._until(b" 366 ")
        self.sock.setblocking(False)

    def _until(self, numeric: bytes) -> None:
        seen = b""
        while numeric not in seen:
            data = self.sock.recv(4096)
            if not data:
                raise RuntimeError(f"closed before {numeric.decode().strip()}")
            self._pong(data)
            seen += data

    def _pong(self, data: bytes) -> None:
        at = data.find(b"PING ")
        if at == 0 or (at > 0 and data[at - 1] == 10):
            self.sock.sendall(b"PONG " + data[at + 5 :].split(b"\r\n")[0] + b"\r\n")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self.sock.close()

    def read(self) -> None:
        """Take what is there."""
        data = self.sock.recv(262144)
        if not data:
            raise RuntimeError("the server closed a connection")
        self.got += data.count(MARK)
        self._pong(data)


def measure_relay(server: Server, test: Test, secs: float) -> dict[str, Any]:
    """One member speaks, the others listen."""
    with selectors.DefaultSelector() as selector:
        members = [Client(server.port, b"r%d" % i) for i in range(test.receivers)]
        sender = Client(server.port, b"sender")
        for client in (*members, sender):
            selector.register(client.sock, selectors.EVENT_READ, client)
        time.sleep(0.3)
        drain(selector, 0)
        try:
            relay(selector, sender, members, test, 0.3)  # warm
            before, start = server.cpu_ns(), time.monotonic()
            took = relay(selector, sender, members, test, secs)
            elapsed, spent = time.monotonic() - start, server.cpu_ns() - before
        finally:
            for client in (*members, sender):
                client.sock.close()
    got = sum(client.got for client in members)
    found = {"cost": spent / 1e3 / got, "rate": got / elapsed, "n": got, "rss_mb": server.peak_mb()}
    if took:
        found |= {"p50_us": took[len(took) // 2] * 1e6, "p99_us": took[int(len(took) * 0.99)] * 1e6}
    return found


def relay(
    selector: selectors.BaseSelector, sender: Client, members: list[Client], test: Test, secs: float
) -> list[float]:
    """Send for ``secs`` seconds, wait for the last delivery; how long each took where one is on its way."""
    for client in members:
        client.got = 0
    took: list[float] = []
    sent, rest = 0, b""
    moved = said = time.monotonic()
    end = moved + secs
    while True:
        slowest, now = min(client.got for client in members), time.monotonic()
        if slowest >= sent and not rest:
            if test.window == 1 and sent:
                took.append(now - said)
            if now >= end:
                return sorted(took)
        if now - moved > 5:
            raise RuntimeError(f"stuck: {slowest} of {sent} delivered")
        if not rest and now < end and sent - slowest < test.window:
            rest, sent, said = LINE * test.block, sent + test.block, now
        if rest:
            try:
                rest = rest[sender.sock.send(rest) :]
                moved = now
            except BlockingIOError:
                pass
        idle = rest or (now < end and sent - slowest < test.window)
        if drain(selector, 0 if idle else 0.05):
            moved = now


def drain(selector: selectors.BaseSelector, timeout: float) -> bool:
    """Let every client read that can; whether one could."""
    ready = selector.select(timeout)
    for key, _ in ready:
        key.data.read()
    return bool(ready)
