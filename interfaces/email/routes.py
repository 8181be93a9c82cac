"""Routes of mail: which recipients an application is for. Pure."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from interfaces.shared.asgi import Application
from interfaces.shared.errors import ConfigError

__all__ = ["Kwargs", "MailRoute", "address", "anyone", "domain", "matching", "tagged"]

Kwargs = dict[str, Any]
Match = Callable[[str, str], Kwargs | None]
"""Keywords for a local part and a domain, None when they do not match."""


@dataclass(frozen=True, slots=True)
class MailRoute:
    """Recipients that ``match``, and the application that they go to."""

    text: str
    match: Match
    app: Application

    def __repr__(self) -> str:
        return self.text


def address(wanted: str, app: Application) -> MailRoute:
    """The recipient ``wanted`` and no other, whichever way its letters are written."""
    local, hosts = _split(wanted)
    return _route(
        f"address({wanted!r})",
        lambda user, host: {} if user.lower() == local and host.lower() in hosts else None,
        app,
    )


def tagged(wanted: str, app: Application) -> MailRoute:
    """The recipient ``user@domain``, and ``user+anything@domain``: the keyword ``tag`` is that, None without one."""
    local, hosts = _split(wanted)
    if "+" in local:
        raise ConfigError(
            f"tagged({wanted!r}): write the address without a tag, as in tagged('support@shop.example')"
        )

    def match(user: str, host: str) -> Kwargs | None:
        name, _, tag = user.partition("+")
        return {"tag": tag or None} if name.lower() == local and host.lower() in hosts else None

    return _route(f"tagged({wanted!r})", match, app)


def domain(wanted: str, app: Application) -> MailRoute:
    """All recipients of a domain; ``*.shop.example`` is all below it, and not itself."""
    name = wanted.lower()
    if "@" in name or not name.removeprefix("*."):
        raise ConfigError(f"domain({wanted!r}): write a domain, such as shop.example or *.shop.example")
    hosts = _spellings(name.removeprefix("*."))
    below = tuple(f".{host}" for host in hosts)
    if name.startswith("*."):
        return _route(
            f"domain({wanted!r})", lambda _, host: {} if host.lower().endswith(below) else None, app
        )
    return _route(f"domain({wanted!r})", lambda _, host: {} if host.lower() in hosts else None, app)


def matching(pattern: str, app: Application) -> MailRoute:
    """Recipients whose address matches a regular expression from its start, in whichever case; groups are keywords."""
    try:
        found = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ConfigError(f"matching({pattern!r}) is no regular expression: {error}") from None
    if found.groups != len(found.groupindex):
        raise ConfigError(
            f"matching({pattern!r}): give each group a name, (?P<name>…), as it becomes a keyword"
        )

    def match(user: str, host: str) -> Kwargs | None:
        said = found.match(f"{user}@{host}" if host else user)
        return said.groupdict() if said else None

    return _route(f"matching({pattern!r})", match, app)


def anyone(app: Application) -> MailRoute:
    """Every recipient: to be the last."""
    return _route("anyone()", lambda _user, _host: {}, app)


def _route(text: str, match: Match, app: Application) -> MailRoute:
    if not callable(app):
        raise ConfigError(f"{text}: {app!r} is no application; of a consumer it is as_asgi()")
    return MailRoute(text, match, app)


def _split(wanted: str) -> tuple[str, tuple[str, ...]]:
    local, at, host = wanted.lower().rpartition("@")
    if (at and not (local and host)) or not wanted or " " in wanted:
        raise ConfigError(f"{wanted!r} is no address: write one such as sales@shop.example")
    return (local, _spellings(host)) if at else (host, ("",))


def _spellings(host: str) -> tuple[str, ...]:
    """A domain as it is written, and as the DNS has it, or the other way: an envelope may say either (RFC 5890)."""
    found = [host]
    with suppress(UnicodeError):
        found.append(host.encode("idna").decode("ascii"))
    with suppress(UnicodeError):
        found.append(host.encode("ascii").decode("idna"))
    return tuple(dict.fromkeys(found))
