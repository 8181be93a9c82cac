"""What fakes post: each attempt with its time limit, and what became of it."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp

__all__ = ["Client", "Request", "Tried", "Try", "said"]

CONNECTIONS = 100
"""Connections to an app that are held at once, and kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something to be posted: where, and what."""

    url: str
    body: bytes
    kind: str
    """Its content type."""


@dataclass(slots=True, kw_only=True)
class Try:
    """One attempt."""

    number: int
    """0 for the first."""
    at: float
    """Unix seconds of the fake's clock."""
    seconds: float = 0.0
    """Real ones, until the answer, or until there was none."""
    status: int = 0
    """Of the HTTP answer; 0: none came. Over Slack's Socket Mode 200 stands for an acknowledgement."""
    reason: str = ""
    """Why it does not count: http_error, http_timeout, connection_failed, timeout …; "" when it was acknowledged."""
    answer: Any = None
    """What came with the acknowledgement: JSON, a text, or None."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer, by lower-case name."""
    sent: dict[str, str] = field(default_factory=dict)
    """Headers that went with it; over Socket Mode the envelope's id and retry fields."""


@dataclass(slots=True, kw_only=True)
class Tried:
    """Something that was sent, from the first try to the last."""

    tries: list[Try] = field(default_factory=list)
    acknowledged_at: float | None = None
    """Unix seconds of the fake's clock; None: never."""

    @property
    def acknowledged(self) -> bool:
        """Whether the app has said that it has it, in time."""
        return self.acknowledged_at is not None

    @property
    def tried(self) -> int:
        """How often it was sent."""
        return len(self.tries)

    @property
    def last(self) -> Try:
        """The attempt that decided: the first that was acknowledged, else the last."""
        return next((each for each in self.tries if not each.reason), self.tries[-1])

    @property
    def status(self) -> int:
        """Of :attr:`last`."""
        return self.last.status

    @property
    def answer(self) -> Any:
        """Of :attr:`last`: what the acknowledgement said."""
        return self.last.answer

    @property
    def seconds(self) -> float:
        """Real seconds that the acknowledgement took."""
        return self.last.seconds


class Client:
    """``async with Client() as client``: posts, on connections that it keeps."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'closed' if self._session is None else 'open'})"

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def attempt(self, request: Request, headers: Mapping[str, str], tried: Try, limit: float) -> None:
        """Send it once, and write into ``tried`` what became of it within ``limit`` real seconds."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(limit):
                await self._exchange(request, headers, tried)
        except TimeoutError:
            tried.status, tried.answer, tried.reason = 0, None, "http_timeout"
        except aiohttp.ClientSSLError:
            tried.reason = "ssl_error"
        except aiohttp.ClientError:
            tried.reason = "connection_failed"
        tried.seconds = time.perf_counter() - began

    async def _exchange(self, request: Request, headers: Mapping[str, str], tried: Try) -> None:
        if self._session is None:
            raise RuntimeError("the fake is not entered: use it by async with")
        async with self._session.post(
            request.url, data=request.body, headers=headers, allow_redirects=False
        ) as response:
            body = await response.read()
            tried.status = response.status
            tried.headers = {name.lower(): value for name, value in response.headers.items()}
            tried.answer = said(body, response.content_type)
        if not 200 <= tried.status < 300:
            tried.reason = "http_error"


def said(body: bytes, kind: str) -> Any:
    """What a body of this media type says: JSON, else a text; None for an empty one."""
    if not body:
        return None
    if kind == "application/json":
        try:
            return json.loads(body)
        except ValueError:
            pass
    return body.decode("utf-8", "replace")
