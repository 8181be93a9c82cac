"""Requests to Slack: the Web API by slack_sdk, response URLs and uploads by the same connections.

Whatever comes of a request is an :class:`Answer`: nothing raises, nothing is repeated here, and no log shows a token.
"""

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.slack.installations.client import quiet
from interfaces.slack.sending.answers import Answer

__all__ = ["IDLE", "Client"]

IDLE = 10.0
"""Seconds for which an idle connection is kept: less than Slack keeps it, since one that it closes as we write leaves
nobody knowing what became of the request."""
WORDS = 200
"""Characters of an answer that is no JSON, which a response URL gives."""


class Client:
    """One set of connections a process; ``async with`` it. ``timeout``: seconds for a request."""

    def __init__(self, api_url: str, timeout: float) -> None:
        self.api_url = api_url
        self.timeout = timeout
        self._logger = quiet("interfaces.slack.sending")
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<Client of {self.api_url}>"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=IDLE, limit=0),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            trust_env=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the client is not entered")
        return self._session

    async def call(self, method: str, args: Mapping[str, Any], token: str) -> Answer:
        """Call a method of the Web API; what of ``args`` is no text goes as JSON."""
        client = AsyncWebClient(
            token, base_url=self.api_url, session=self._open, logger=self._logger, retry_handlers=[]
        )
        client.proxy = None  # the session knows, and whom to reach without
        data = {key: value if isinstance(value, str) else json.dumps(value) for key, value in args.items()}
        try:
            response = await client.api_call(method, data=data)
        except SlackApiError as error:
            return _refused(error)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _broken(error)
        except (TypeError, LookupError, AttributeError):  # slack_sdk takes whatever is JSON for an object
            return Answer(status=200)
        return _answer(response.status_code, response.data, response.headers)

    async def respond(self, url: str, payload: Mapping[str, Any]) -> Answer:
        """Post to a response URL, and to nowhere that it leads to."""
        return await self._post(
            url, data=json.dumps(payload).encode(), kind="application/json; charset=utf-8"
        )

    async def upload(self, url: str, content: bytes) -> Answer:
        """Send a file to where Slack wants it."""
        return await self._post(url, data=content, kind="application/octet-stream")

    async def _post(self, url: str, *, data: bytes, kind: str) -> Answer:
        headers = {"Content-Type": kind}
        try:
            async with self._open.post(url, data=data, headers=headers, allow_redirects=False) as response:
                text = (await response.content.read(100 * WORDS)).decode("utf-8", "replace")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _broken(error)
        return _answer(response.status, _said(response.status, text), response.headers)


def _said(status: int, text: str) -> dict[str, Any]:
    """A response URL answers "ok", JSON, or one word."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return {"ok": status == 200, **found} if "error" not in found else found
    word = text.strip()
    if status == 200:
        return {"ok": True}
    return {"ok": False, "error": word} if word.isascii() and word.isidentifier() else {}


def _refused(error: SlackApiError) -> Answer:
    """Slack's own word; or an answer that is none, of which there is the response alone."""
    response: Any = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    return _answer(int(status), getattr(response, "data", None), getattr(response, "headers", {}))


def _answer(status: int, data: Any, headers: Mapping[str, str]) -> Answer:
    said = data if isinstance(data, dict) else {}
    return Answer(status=status, data=said, retry_after=_seconds(status, headers))


def _seconds(status: int, headers: Mapping[str, str]) -> float | None:
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    if status != 429 or found is None:
        return None
    try:
        return min(3600.0, max(0.0, float(found)))
    except ValueError:
        return None


def _broken(error: Exception) -> Answer:
    """There is no answer. What the error says may name a secret URL: its class is enough."""
    unreached = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    why = str(getattr(error, "strerror", None) or "") if unreached else ""
    return Answer(unreached=unreached, reason=f"{type(error).__name__}{': ' if why else ''}{why}")
