"""The operations port of a running process, asked by commands: over TCP or a unix socket, no proxy in between."""

import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import click

from interfaces.runner.sources import read_table
from interfaces.shared.bind import authority, parse_bind
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["OpsPort", "Seconds", "found_port", "ops_option", "said_by"]

PORT = 9000
VARIABLE = "INTERFACES_OPS_BIND"
SECONDS = 5.0
"""For one answer."""
SAID = frozenset({"version", "pid", "ready", "draining", "parts"})
"""What a /status of ours has."""
EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on is asked nearby


def ops_option() -> Callable[[Any], Any]:
    """The option ``--ops`` of a command."""
    return click.option(
        "--ops", metavar="URL", default="",
        help="the operations port: http://HOST:PORT, HOST:PORT or unix:PATH;"
             f" unless given, {VARIABLE}, then ops_bind of interfaces.toml, then 127.0.0.1:{PORT}",
    )  # fmt: skip


def found_port(said: str) -> "OpsPort":
    """The port that ``--ops`` says, or that a process started here would have. Raises ConfigError."""
    if not said:
        table = read_table()
        said = os.environ.get(VARIABLE) or str((table.values if table else {}).get("ops_bind") or "127.0.0.1")
    return OpsPort.parse(said)


def said_by(error: Exception) -> str:
    """Why nobody has answered, in one line: what another server says may be in it."""
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "".join(one if one.isprintable() else "?" for one in " ".join(why.split()))


class Seconds(click.FloatRange):
    """So many, and no NaN, which no range keeps out."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it."""
        found = float(super().convert(value, param, ctx))
        if not isfinite(found):
            self.fail(f"{found} is no number of seconds", param, ctx)
        return found


class _UnixConnection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open it."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True)
class OpsPort:
    """Where it is: ``path`` of a unix socket, or ``host`` and ``port``."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"http://{authority(self.host, self.port)}"

    @classmethod
    def parse(cls, text: str) -> "OpsPort":
        """Read a URL, or what ``--ops-bind`` takes. Raises ConfigError."""
        if "://" in text:
            return cls._of_url(text)
        bind = parse_bind(text, PORT)
        if bind.kind == "unix":
            return cls(path=bind.path)
        if bind.kind != "tcp":
            raise ConfigError(f"--ops {text}: say http://HOST:PORT, HOST:PORT or unix:PATH")
        return cls(EVERYWHERE.get(bind.host, bind.host), bind.port)

    @classmethod
    def _of_url(cls, text: str) -> "OpsPort":
        try:
            parts = urlsplit(text)
            port = parts.port or PORT
        except ValueError as error:
            raise ConfigError(f"--ops {text}: {error}") from None
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
            raise ConfigError(f"--ops {text}: say http://HOST:PORT, HOST:PORT or unix:PATH")
        return cls(EVERYWHERE.get(parts.hostname, parts.hostname), port)

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and text of a page. Raises Unavailable when nobody answers."""
        connection = (
            _UnixConnection(self.path) if self.path else HTTPConnection(self.host, self.port, timeout=SECONDS)
        )
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, HTTPException, UnicodeError) as error:
            raise Unavailable(f"no operations port answers on {self}: {said_by(error)}") from None
        finally:
            connection.close()

    def status(self) -> dict[str, Any]:
        """What /status says. Raises Unavailable, also when that is no operations port of ours."""
        status, text = self.ask("/status")
        try:
            said = json.loads(text) if status == 200 else None
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or not said.keys() >= SAID:
            raise Unavailable(f"what answers on {self} is no operations port: /status is {status}")
        return said

    def figures(self) -> str:
        """What /metrics says. Raises Unavailable."""
        status, text = self.ask("/metrics")
        if status != 200:
            raise Unavailable(f"what answers on {self} is no operations port: /metrics is {status}")
        return text
