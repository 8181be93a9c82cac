"""A gateway of ours in a process of its own, and a client that is nothing but a socket."""

import re
import socket
import ssl
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.process.server import Server

APP = "tests.interop.apps.irc_app:application"


class Gateway(Server):
    """``with Gateway(tmp_path, …) as gateway``: IRC on ``port``."""

    def __init__(self, directory: Path, *arguments: str, app: str = APP) -> None:
        self.directory = directory
        command = [
            sys.executable, "-m", "interfaces", "serve", "irc", "--app", app, "--irc-bind", "127.0.0.1:0",
            "--irc-per-address", "10000", "--irc-rate", "0", "--no-access-log",
        ]  # fmt: skip
        super().__init__(directory, *arguments, command=command)

    @property
    def port(self) -> int:
        """Where IRC is served, when it is."""
        return int(self.wait_for(r"irc on 127\.0\.0\.1:(\d+)")[1])


class Raw:
    """``with Raw(port, "ann") as ann``: registered, in #lobby; ``ann.wait(pattern)`` is the next line that fits."""

    def __init__(
        self, port: int, nick: str, channel: str = "#lobby", *, ca: Path | None = None, password: str = ""
    ) -> None:
        self.nick = nick
        self.lines: list[str] = []
        self._told = 0
        self._bytes = b""
        plain = socket.create_connection(("127.0.0.1", port), 10)
        context = ssl.create_default_context(cafile=str(ca)) if ca else None
        self.socket = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        if password:
            self.say(f"PASS {password}")
        self.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.wait(r"^\S+ (376|422) ")
        if channel:
            self.join(channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()
        if kind is not None:
            print(f"{self.nick} has read:", *self.lines, sep="\n")

    def say(self, *lines: str) -> None:
        """Write lines."""
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def join(self, channel: str) -> None:
        """Be in a channel."""
        self.say(f"JOIN {channel}")
        self.wait(rf"^\S+ 366 \S+ {channel} ")

    def wait(self, pattern: str, seconds: float = 10.0) -> re.Match[str]:
        """The next line that fits, of those behind the last one that was asked for."""
        end = time.monotonic() + seconds
        while True:
            while self._told < len(self.lines):
                self._told += 1
                if found := re.search(pattern, self.lines[self._told - 1]):
                    return found
            self._read(end, pattern)

    def _read(self, end: float, pattern: str) -> None:
        left = end - time.monotonic()
        assert left > 0, f"not in time: {pattern}; there was {self.lines[-20:]}"
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return
        assert data, f"hung up on before {pattern}: {self.lines[-5:]}"
        *lines, self._bytes = (self._bytes + data).split(b"\r\n")
        for line in lines:
            self.lines.append(line.decode())
            if line.startswith(b"PING "):
                self.say(f"PONG {line[5:].decode()}")
