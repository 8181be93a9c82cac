"""Whether providers take our credentials, as far as they can be asked without sending; and whether SMSCs are there."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from interfaces.shared.errors import ConfigError
from interfaces.shared.findings import PATIENCE, Finding, reached, resolved
from interfaces.sms.accounts import Account
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Asked
from interfaces.sms.providers.opening import provider
from interfaces.sms.sending.client import Client

__all__ = ["QUESTIONS", "diagnosed"]


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


QUESTIONS: Mapping[str, Callable[[Any, Account], str]] = {
    "twilio": lambda made, _: made.url.rpartition("/Messages")[0] + ".json",
    "telnyx": lambda made, _: _root(made.url) + "/v2/balance",
    "plivo": lambda made, _: made.url.removesuffix("Message/"),
    "sinch": lambda made, _: made.url + "?page_size=1",
    "infobip": lambda made, _: _root(made.url) + "/account/1/balance",
    "bird": lambda made, _: _root(made.url) + "/balance",
    "vonage": lambda made, account: (account.api_url or "https://rest.nexmo.com") + "/account/get-balance",
}  # fmt: skip
"""By provider, what is asked: something small that only the owner of the account is told. Others have no such thing."""


async def diagnosed(options: SmsOptions) -> AsyncIterator[Finding]:
    """What is to be said of the options of short messages."""
    async with Client(PATIENCE) as client:
        for account in options.accounts:
            yield await _account(account, client)
    if host := urlsplit(options.public_url).hostname:
        yield await resolved("--sms-public-url", host)
    for bind in options.binds:
        parts = urlsplit(bind.url)
        if parts.hostname:
            yield await reached(f"sms.binds {bind.called}", parts.hostname, parts.port or 2775)


async def _account(account: Account, client: Client) -> Finding:
    name = f"sms.accounts {account.name or account.provider}"
    try:
        made: Any = provider(account)
    except ConfigError as error:
        return _wrong(str(error), "serve does not start", "correct the account")
    question = QUESTIONS.get(account.provider)
    url = question(made, account) if question is not None else ""
    if not url:
        return Finding(
            level="ok", topic="tokens", what=f"{name}: {account.provider} cannot be asked without sending"
        )
    answer = await client.ask(Asked(method="GET", url=url, headers=getattr(made, "headers", {})))
    if not answer.status:
        return _wrong(f"{name}: {account.provider} does not answer ({answer.reason})", "nothing is sent by it",
                      "see whether this machine may connect to it, or needs HTTPS_PROXY")  # fmt: skip
    if answer.status in (401, 403):
        return _wrong(f"{name}: {account.provider} does not take the credentials ({answer.status})",
                      "nothing is sent by it, and its webhooks may be refused",
                      "correct account and secret: its console has them")  # fmt: skip
    if answer.status >= 400:
        return Finding(
            level="warning", topic="tokens", what=f"{name}: {account.provider} answers {answer.status}",
            why="the credentials could not be tried", mend="see its status page, and api_url",
        )  # fmt: skip
    return Finding(level="ok", topic="tokens", what=f"{name}: {account.provider} takes the credentials")


def _wrong(what: str, why: str, mend: str) -> Finding:
    return Finding(level="error", topic="tokens", what=what, why=why, mend=mend)
