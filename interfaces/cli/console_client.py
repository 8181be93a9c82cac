"""What commands ask the development console of a process that runs, over its API."""

import json
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import click

from interfaces.cli.ops_client import said_by
from interfaces.shared.bind import authority, parse_bind
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["ADDRESS", "TIMEOUT", "ConsoleClient", "console_option"]

ADDRESS = "127.0.0.1:8088"
PORT = 8088
Command = TypeVar("Command", bound=Callable[..., Any])
TIMEOUT = 130.0
"""Seconds for an answer; a stream says that it is there four times a minute."""


def console_option() -> Callable[[Command], Command]:
    """``--console``, as commands that ask one have it."""
    return click.option(
        "--console", "console", metavar="HOST:PORT", envvar="INTERFACES_CONSOLE", default=ADDRESS,
        help=f"the development console of the process [{ADDRESS}]",
    )  # fmt: skip


class ConsoleClient:
    """``with ConsoleClient("127.0.0.1:8088") as console``. Raises Unavailable where there is none, ConfigError."""

    def __init__(self, address: str) -> None:
        bind = parse_bind(address.removeprefix("http://").rstrip("/"), PORT)
        if bind.kind != "tcp":
            raise ConfigError(f"--console {address}: say HOST:PORT, such as {ADDRESS}")
        self.address = authority(bind.host or "127.0.0.1", bind.port)
        self._connection = HTTPConnection(bind.host or "127.0.0.1", bind.port, timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(
        self, path: str, query: Mapping[str, Any] | None = None, post: Any = None
    ) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of an answer, an object. Raises Unavailable, also when that is no console."""
        response = self._asked(path, query, post)
        try:
            found = json.loads(response.read())
        except (OSError, HTTPException) as error:
            raise self._nobody(error) from None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Unavailable(f"what answers at {self.address} is no console: {path} is {response.status}")
        return response.status, found

    def stream(self, query: Mapping[str, Any], patience: float = TIMEOUT) -> Iterator[tuple[str, Any]]:
        """Events as they come, with their names, and ("", None) for signs of life; until the connection ends.

        ``patience``: seconds of silence that end it.
        """
        self._connection.close()  # what was open has another patience
        self._connection.timeout = patience
        response = self._asked("/api/stream", query, None)
        if response.status != 200:
            raise Unavailable(f"the console at {self.address} answered {response.status}")
        name = ""
        try:
            while line := response.readline():
                field, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)
                elif not field:
                    yield "", None
        except (OSError, HTTPException, ValueError):
            return
        finally:
            self._connection.close()
            self._connection.timeout = TIMEOUT

    def _asked(self, path: str, query: Mapping[str, Any] | None, post: Any) -> HTTPResponse:
        said = {name: value for name, value in (query or {}).items() if value not in ("", None)}
        target = f"{path}?{urlencode(said)}" if said else path
        headers = (
            {"X-Interfaces-Console": "1", "Content-Type": "application/json"} if post is not None else {}
        )
        body = None if post is None else json.dumps(post)
        try:
            self._connection.request("GET" if post is None else "POST", target, body, headers)
            return self._connection.getresponse()
        except (OSError, HTTPException, UnicodeError) as error:
            raise self._nobody(error) from None

    def _nobody(self, error: Exception) -> Unavailable:
        """In one line, whatever has answered there."""
        self._connection.close()
        why = said_by(error)
        return Unavailable(
            f"no console at {self.address} ({why}): start interfaces dev, or serve with --console"
        )
