"""Calls of the Web API that are about tokens: what Slack refuses, and what can be tried again."""

import base64
import logging
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from interfaces.shared.errors import InterfacesError, Unavailable

__all__ = ["LATER", "TIMEOUT", "Refused", "asked", "quiet", "web_client"]

TIMEOUT = 10
"""Seconds for one call."""
LATER = frozenset(
    str.split(
        "accesslimited fatal_error internal_error ratelimited rate_limited request_timeout service_unavailable"
        " team_added_to_org"
    )
)
"""What Slack says when it cannot now."""


class Refused(InterfacesError):  # noqa: N818 - what Slack has done
    """Slack refuses for good: ``word`` is its own, such as invalid_auth."""

    def __init__(self, word: str) -> None:
        super().__init__(f"Slack says {word}")
        self.word = word


def quiet(name: str) -> logging.Logger:
    """A logger for slack_sdk, which shows what it posts and gets, tokens too, to one that is on DEBUG."""
    # In no tree: nobody sets its level by that of the root.
    logger = logging.Logger(name, logging.INFO)  # noqa: LOG001 - a named one would be configured by others
    logger.parent = logging.getLogger("interfaces.slack")
    return logger


class _Client(AsyncWebClient):
    """slack_sdk says who the app is by a class of aiohttp's that is deprecated: here it is a header."""

    async def api_call(
        self, api_method: str, *, auth: Any = None, headers: dict[str, str] | None = None, **named: Any
    ) -> AsyncSlackResponse:
        """As its own."""
        if isinstance(auth, dict):
            said = f"{auth['client_id']}:{auth['client_secret']}".encode()
            headers = {**(headers or {}), "Authorization": f"Basic {base64.b64encode(said).decode()}"}
        return await super().api_call(api_method, headers=headers, **named)


def web_client(api_url: str, token: str | None = None) -> AsyncWebClient:
    """A client that shows nothing, and repeats nothing: codes and refresh tokens are good for one call."""
    return _Client(
        token, base_url=api_url, timeout=TIMEOUT, logger=quiet("interfaces.slack.api"), retry_handlers=[]
    )


async def asked(call: Awaitable[Any]) -> Any:
    """What ``call`` gives. Raises Refused, or Unavailable where it may work later; neither names a token."""
    try:
        return await call
    except SlackTokenRotationError as error:
        raise _said(error.api_error) from None
    except SlackApiError as error:
        raise _said(error) from None
    except (aiohttp.ClientConnectionError, OSError) as error:  # OSError: TimeoutError among them
        raise Unavailable(f"Slack cannot be reached: {type(error).__name__}: {error}") from None
    except (aiohttp.ClientError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise Unavailable(f"Slack's answer cannot be read: {type(error).__name__}") from None


def _said(error: SlackApiError) -> InterfacesError:
    """Slack's own word, where its answer has one."""
    data = getattr(error.response, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    if isinstance(word, str) and word and word not in LATER:
        return Refused(word[:100])
    status = getattr(error.response, "status_code", getattr(error.response, "status", "no status"))
    return Unavailable(f"Slack cannot now: {word or status}")
