"""Requests to providers: whatever comes of one is an :class:`Answer`; nothing raises, and nothing is repeated here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from interfaces.sms.providers.base import Asked

__all__ = ["IDLE", "LARGEST", "Answer", "Client"]

IDLE = 10.0
"""Seconds for which an idle connection is kept: less than providers do, since one that is closed as we write leaves
nobody knowing what became of the request."""
LARGEST = 262_144
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back of a request, or did not."""

    status: int = 0
    """Of HTTP; 0: there was no answer."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By their names in lower case."""
    body: bytes = field(default=b"", repr=False)
    unreached: bool = False
    """Whether nothing can have been heard of the request: no connection came about."""
    reason: str = ""
    """Why there is none, in words without secrets."""


class Client:
    """One set of connections a process; ``async with`` it. ``timeout``: seconds for a request."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<Client, {self.timeout:g} s>"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=IDLE, limit=0),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "asgi-interfaces"},
            trust_env=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def ask(self, asked: Asked) -> Answer:
        """Make the request, and follow it to nowhere else."""
        if self._session is None:
            raise RuntimeError("the client is not entered")
        try:
            async with self._session.request(
                asked.method, asked.url, data=asked.body, headers=asked.headers, allow_redirects=False
            ) as response:
                body = await _read(response)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(status=response.status, headers=headers, body=body)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _broken(error)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """All of it, as far as it is not too large."""
    found = b""
    while len(found) < LARGEST and (more := await response.content.read(LARGEST - len(found))):
        found += more
    return found


def _broken(error: Exception) -> Answer:
    """There is no answer. What the error says may name a secret URL: its class is enough."""
    unreached = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    why = str(getattr(error, "strerror", None) or "") if unreached else ""
    return Answer(unreached=unreached, reason=f"{type(error).__name__}{': ' if why else ''}{why}")
