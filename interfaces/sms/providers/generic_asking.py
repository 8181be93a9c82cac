"""How a provider is asked to send that has no file of its own, and what its answer says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any
from urllib.parse import urlencode

import msgspec

from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.sms.accounts import Account
from interfaces.sms.providers.asking import only_text, post_form, post_json, short, usual
from interfaces.sms.providers.base import Asked, Outgoing, Sent
from interfaces.sms.providers.paths import at, put
from interfaces.sms.providers.settings import base_url, named
from interfaces.sms.providers.signing import basic_header
from interfaces.sms.providers.values import said, text

__all__ = ["ASKING", "Asking", "asking"]

ASKING = {
    "method": "POST, PUT or GET",
    "format": "json, form or query",
    "longest": "characters of a text, 1600 unless given",
    "sent_id": "the path of the message's id in the answer",
    "sent_status": "the path of what says in the answer whether it was taken",
    "sent_ok": "what it says then, with commas",
    "sent_error": "the path of the error",
}
"""The keys of ``more`` that say it; and send:PATH, a field of the body, header:NAME, a header."""
NAMES = frozenset(
    {
        "from",
        "from_digits",
        "to",
        "to_digits",
        "text",
        "id",
        "status_url",
        "segments",
        "account",
        "secret",
        "basic",
    }
)
"""What may stand in braces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Where, and by which words. Its templates may have secrets."""

    url: str
    method: str = "POST"
    format: str = "json"
    longest: int = 1600
    body: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    answer: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What is the same for all messages: account, secret, basic."""

    def ask(self, message: Outgoing) -> Asked:
        """The request. ApplicationError."""
        only_text(message, "this provider", self.longest)
        if not self.url:
            raise ApplicationError("sms.send: this account does not send: it has no api_url")
        if message.media or message.schedule_at > 0:
            raise ApplicationError("sms.send: this provider takes neither media nor a schedule")
        values = {**self.known, **_values(message)}
        made = {path: _filled(template, values) for path, template in self.body.items()}
        headers = {name: _filled(template, values) for name, template in self.headers.items()}
        if self.format == "query":
            mark = "&" if "?" in self.url else "?"
            url = f"{self.url}{mark}{urlencode(made)}" if made else self.url
            return Asked(method=self.method, url=url, headers=headers)
        if self.format == "form":
            asked = post_form(self.url, made.items(), headers)
        else:
            asked = post_json(self.url, _nested(made), headers)
        return Asked(method=self.method, url=asked.url, headers=asked.headers, body=asked.body)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> Sent:
        """Sent after 2xx, where the answer says so if it is asked for that; else what the status usually means."""
        found = said(body)
        error = short(self._told(found, "sent_error"))
        if not 200 <= status < 300:
            return usual(status, headers, error)
        word, name = self._told(found, "sent_status"), self._told(found, "sent_id")
        if ("sent_status" in self.answer and not word) or (
            "sent_id" in self.answer and not name and word in self._good
        ):
            return Sent(state="uncertain", error=error or f"HTTP {status}")
        if word not in self._good:
            return Sent(state="failed", error=error or short(word))
        return Sent(state="sent", provider_ids=(name,) if name else ())

    @property
    def _good(self) -> list[str]:
        """Words that say that it was taken; "" where none is asked for."""
        return self.answer["sent_ok"].split(",") if "sent_status" in self.answer else [""]

    def _told(self, found: Any, which: str) -> str:
        """What the answer says at the place that was named for it; "" where none was."""
        return text(at(found, self.answer[which])) if which in self.answer else ""


def _values(message: Outgoing) -> dict[str, str]:
    return {
        "from": message.sender,
        "from_digits": message.sender.removeprefix("+"),
        "to": message.recipient,
        "to_digits": message.recipient.removeprefix("+"),
        "text": message.text,
        "id": message.id,
        "status_url": message.status_url if message.status else "",
        "segments": str(message.segments),
    }


def _filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its values; what they say is never read as a template."""
    return "".join(
        before + (values[name] if name else "") for before, name, _, _ in Formatter().parse(template)
    )


def _nested(made: Mapping[str, str]) -> dict[str, Any]:
    """Fields at their places. What begins with "json:" is JSON."""
    root: dict[str, Any] = {}
    for path, value in made.items():
        put(
            root,
            path,
            msgspec.json.decode(value.removeprefix("json:")) if value.startswith("json:") else value,
        )
    return root


def _checked(account: Account, key: str, template: str) -> str:
    """A template whose names are known. ConfigError."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ConfigError(f"{named(account)}: more {key}: {error}; write {{{{ for a brace") from None
    for _, name, shape, conversion in parts:
        if name is not None and (name not in NAMES or shape or conversion):
            raise ConfigError(
                f"{named(account)}: more {key}: {{{name}}}: there is {', '.join(sorted(NAMES))}"
            )
    return template


def asking(account: Account, more: Mapping[str, str]) -> Asking:
    """Of the keys of an account. ConfigError."""
    _fits(named(account), more)
    url = account.api_url and base_url(account, "") and account.api_url  # as it is: a slash may be its end
    headers = _under(more, "header:")
    made = Asking(
        url=url,
        method=more.get("method", "POST"),
        format=more.get("format", "json"),
        longest=int(more.get("longest", "1600")),
        body={key: _checked(account, f"send:{key}", one) for key, one in _under(more, "send:")},
        headers={key.lower(): _checked(account, f"header:{key}", one) for key, one in headers},
        answer={key: more[key] for key in ("sent_id", "sent_status", "sent_ok", "sent_error") if key in more},
        known={
            "account": account.account,
            "secret": account.secret,
            "basic": basic_header(account.account, account.secret),
        },
    )
    _tried(account, made)
    return made


def _fits(name: str, more: Mapping[str, str]) -> None:
    """What is one of a few, and what goes together. ConfigError."""
    method, form, longest = (
        more.get("method", "POST"),
        more.get("format", "json"),
        more.get("longest", "1600"),
    )
    if method not in ("POST", "PUT", "GET"):
        raise ConfigError(f"{name}: more method={method}: there is POST, PUT, GET")
    if form not in ("json", "form", "query") or (method == "GET" and form != "query"):
        raise ConfigError(f"{name}: more format={form}: there is json, form and query, which GET needs")
    if not (longest.isascii() and longest.isdigit() and len(longest) < 6 and int(longest)):
        raise ConfigError(f"{name}: more longest={longest}: write a number of characters")
    if "sent_status" in more and not more.get("sent_ok"):
        raise ConfigError(f"{name}: more sent_ok is missing: what sent_status says when it was taken")


def _under(more: Mapping[str, str], prefix: str) -> list[tuple[str, str]]:
    return [(key.removeprefix(prefix), value) for key, value in more.items() if key.startswith(prefix)]


def _tried(account: Account, made: Asking) -> None:
    """Put something at each place, before somebody sends. ConfigError."""
    if made.format != "json":
        return
    try:
        _nested(
            {path: template if template.startswith("json:") else "" for path, template in made.body.items()}
        )
    except ConfigError as error:
        raise ConfigError(f"{named(account)}: more send:{error}") from None
    except msgspec.MsgspecError as error:
        raise ConfigError(f"{named(account)}: more send: no JSON behind json:, {error}") from None
