"""Connecting to Socket Mode: ``apps.connections.open`` gives an address that is good once, for a WebSocket.

The address has a ticket in it: neither it nor the token is in an error or a log. The SDK's own socket client is not
used: it closes the old connection before it opens the new one, has no back-off, and its queue has no bound.
"""

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.upstream import NotNow
from interfaces.slack.frames import SELDOM, Heard
from interfaces.slack.options import SlackOptions

__all__ = ["CONNECT", "Dialler", "Socket", "app_of", "http_session"]

CONNECT = 10.0
"""Seconds for a TCP connection."""
CLOSING = 1.0
"""Seconds for the other side's half of a close."""
REFUSED = frozenset({
    "account_inactive", "app_missing_action_url", "invalid_auth", "missing_scope", "no_permission",
    "not_allowed_token_type", "not_authed", "token_expired", "token_revoked",
})  # fmt: skip
"""What Slack says of a token that will never do."""
_CLOSED = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
_LIFE = (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG)

_QUIET = logging.Logger("interfaces.slack.api", logging.INFO)  # noqa: LOG001 - the SDK logs answers, tickets and all
_QUIET.addHandler(logging.NullHandler())


def app_of(token: str) -> str:
    """The id of the app that an app-level token is of: "xapp-1-A0123-…"; "" when it has none."""
    parts = token.split("-")
    return parts[2] if len(parts) > 3 and parts[2].isalnum() else ""


def http_session() -> aiohttp.ClientSession:
    """What connections share; how long an attempt takes is for the upstream to say."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT))


class Dialler:
    """Opens connections with one app-level ``token``."""

    def __init__(self, token: str, options: SlackOptions, session: aiohttp.ClientSession) -> None:
        self.app = app_of(token)
        self.token = token
        self._most = options.max_body
        self._secure = options.api_url.startswith("https://")
        self._session = session
        self._web = AsyncWebClient(
            base_url=options.api_url, session=session, logger=_QUIET, retry_handlers=[]
        )

    def __repr__(self) -> str:
        return f"<Dialler of {self.app or 'an app'}>"

    async def dial(self) -> "Socket":
        """A connection that has not been greeted yet. ConfigError for a token that is refused; Unavailable, NotNow."""
        url = await self._address()
        try:
            return Socket(
                await self._session.ws_connect(
                    url,
                    autoping=False,
                    max_msg_size=self._most,
                    proxy=self._web.proxy or None,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING),
                )
            )
        except aiohttp.WSServerHandshakeError as error:  # its words have the ticket
            raise Unavailable(f"Slack refuses the WebSocket with {error.status}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(f"no WebSocket to {urlsplit(url).hostname}: {type(error).__name__}") from None

    async def _address(self) -> str:
        """Where to connect, once."""
        try:
            answer = await self._web.apps_connections_open(app_token=self.token)
        except SlackApiError as error:
            raise self._refusal(error) from None
        except (aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
            raise Unavailable(f"apps.connections.open: {type(error).__name__}: {error}") from None
        url = answer.get("url", "")
        if not isinstance(url, str) or not url.startswith("wss://" if self._secure else ("wss://", "ws://")):
            raise Unavailable("apps.connections.open gives no address of a WebSocket")
        return url

    def _refusal(self, error: SlackApiError) -> Exception:
        """What an answer that is not ok means."""
        response: Any = error.response
        status = getattr(response, "status_code", None) or getattr(response, "status", 0)
        word = str(response.get("error", "")) if isinstance(getattr(response, "data", None), dict) else ""
        if word in REFUSED:
            which = f" of {self.app}" if self.app else ""
            return ConfigError(
                f"--slack-app-token{which}: Slack refuses it ({word}): take one with the scope connections:write,"
                " api.slack.com/apps, Basic Information, App-Level Tokens"
            )
        if status == 429 or word == "ratelimited":
            after = str(response.headers.get("Retry-After", ""))
            return NotNow(
                "apps.connections.open: too often", min(float(after), 3600.0) if after.isdigit() else SELDOM
            )
        return Unavailable(f"apps.connections.open: {word or f'status {status}'}")


class Socket:
    """A WebSocket: text frames, signs of life, the end."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    def __repr__(self) -> str:
        return f"<Socket, {'closed' if self._socket.closed else 'open'}>"

    async def receive(self) -> Heard:
        """The next frame; a ping is answered."""
        message = await self._socket.receive()
        kind = message.type
        if kind is aiohttp.WSMsgType.TEXT:
            return "text", message.data
        if kind in _LIFE:
            if kind is aiohttp.WSMsgType.PING:
                try:
                    await self._socket.pong(message.data)
                except OSError:
                    pass  # the next frame is the end
            return "alive", ""
        if kind in _CLOSED:
            return "end", f"it was closed with {self._socket.close_code}"
        if kind is aiohttp.WSMsgType.ERROR:
            return "end", f"it is broken: {message.data}"
        return "binary", f"{len(message.data)} bytes"

    async def send(self, text: str) -> None:
        """Send a text; OSError."""
        await self._socket.send_str(text)

    async def ping(self) -> None:
        """Ask for a pong; OSError."""
        await self._socket.ping()

    async def close(self) -> None:
        """Close it; the other side has a second to agree, and to take what is left."""
        try:
            async with asyncio.timeout(2 * CLOSING):
                await self._socket.close()
        except TimeoutError:
            pass  # it has been cut
