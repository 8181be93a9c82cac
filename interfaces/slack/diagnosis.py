"""Whether Slack takes our tokens, and what they may; asked by ``interfaces doctor``, which sends nothing."""

import time
from collections.abc import AsyncIterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from interfaces.shared.findings import PATIENCE, Finding
from interfaces.slack.options import SlackOptions

__all__ = ["SKEWED", "diagnosed"]

SKEWED = 60.0
"""Seconds that our clock may differ from Slack's: signatures older than 300 are refused."""
NEEDED = {"chat:write": "messages cannot be sent"}
"""Scopes without which something usual fails."""


def _wrong(what: str, why: str, mend: str, *, mild: bool = False) -> Finding:
    return Finding(level="warning" if mild else "error", topic="tokens", what=what, why=why, mend=mend)


async def diagnosed(options: SlackOptions) -> AsyncIterator[Finding]:
    """What is to be said of the options of Slack."""
    tokens = [("--slack-bot-token", options.bot_token, True)] if options.bot_token else []
    tokens += [("--slack-app-token", one, False) for one in options.app_token]
    if not tokens:
        return
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        for option, token, bot in tokens:
            async for finding in _token(session, options, option, token, bot=bot):
                yield finding


async def _token(
    session: aiohttp.ClientSession, options: SlackOptions, option: str, token: str, *, bot: bool
) -> AsyncIterator[Finding]:
    url = options.api_url.rstrip("/") + "/auth.test"
    try:
        async with session.post(url, headers={"Authorization": f"Bearer {token}"}) as response:
            headers, said = response.headers, await response.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        yield _wrong(f"{option}: Slack does not answer ({type(error).__name__})", "no event comes and nothing is sent",
                     "see whether this machine may connect to slack.com, or needs HTTPS_PROXY")  # fmt: skip
        return
    if not isinstance(said, dict) or not said.get("ok"):
        word = said.get("error", "") if isinstance(said, dict) else "no JSON"
        where = "OAuth & Permissions" if bot else "Basic Information, App-Level Tokens"
        yield _wrong(f"{option}: Slack says {word}", "serve does not start, or never gets ready",
                     f"take the token from {where} of the app, at api.slack.com/apps")  # fmt: skip
        return
    who = said.get("team") or said.get("app_name") or ""
    yield Finding(
        level="ok", topic="tokens", what=f"{option}: Slack knows it ({who}, {said.get('user') or 'the app'})"
    )
    for finding in (*_scopes(option, headers, bot=bot, send=options.send), *_clock(headers)):
        yield finding


def _scopes(option: str, headers: Mapping[str, Any], *, bot: bool, send: bool) -> list[Finding]:
    """What the token may, as the answer's header says; nothing where it says none."""
    named = headers.get("X-OAuth-Scopes")
    if not named:
        return []
    has = {one.strip() for one in named.split(",")}
    needed = NEEDED if bot and send else {} if bot else {"connections:write": "Socket Mode cannot connect"}
    return [
        _wrong(
            f"{option} lacks the scope {scope}",
            why,
            "add it under OAuth & Permissions of the app, and install the app again",
        )
        for scope, why in needed.items()
        if scope not in has
    ]


def _clock(headers: Mapping[str, Any]) -> list[Finding]:
    try:
        away = time.time() - parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return []
    if abs(away) <= SKEWED:
        return []
    return [
        _wrong(
            f"our clock differs from Slack's by {away:+.0f} s",
            "what Slack signs is refused as too old beyond 300 s",
            "have this machine keep time by NTP: timedatectl",
        )
    ]
