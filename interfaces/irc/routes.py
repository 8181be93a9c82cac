"""Routes of IRC: which connections an application is for, by the path of their scope. Pure.

What is written is the name of a network as it is, or a regular expression that the whole name matches, whose named
groups are keywords: ``client("libera", app)``, ``client(r"test-(?P<number>[0-9]+)", app)``.
"""

import re
from dataclasses import dataclass
from typing import Any

from interfaces.shared.asgi import Application
from interfaces.shared.errors import ConfigError

__all__ = ["IrcRoute", "Kwargs", "anything", "client", "gateway"]

Kwargs = dict[str, Any]
Pattern = str | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class IrcRoute:
    """Connections that match, and the application that they go to."""

    text: str
    app: Application
    begin: str = ""
    """How their path begins: "client/"."""
    name: str = ""
    """What the rest of it is; or ``pattern`` matches that."""
    pattern: re.Pattern[str] | None = None
    """None: the rest may be anything."""

    def __repr__(self) -> str:
        return self.text

    def path(self, path: str) -> Kwargs | None:
        """Keywords for a scope's path, None when it does not match."""
        if not path.startswith(self.begin):
            return None
        rest = path.removeprefix(self.begin)
        if self.pattern is None or rest == self.name:
            return {}
        found = self.pattern.fullmatch(rest)
        return found.groupdict() if found else None


def client(network: Pattern, app: Application) -> IrcRoute:
    """Our own connections to a network, by its name in the options."""
    return _named("client", network, app)


def gateway(app: Application, network: Pattern = "") -> IrcRoute:
    """Connections of people to the gateway; of all gateways, where none is named."""
    if not network:
        return _checked(IrcRoute("gateway()", app, "gateway/"))
    return _named("gateway", network, app)


def anything(app: Application) -> IrcRoute:
    """Every connection: to be the last."""
    return _checked(IrcRoute("anything()", app))


def _named(word: str, said: Pattern, app: Application) -> IrcRoute:
    if not said:
        raise ConfigError(f"{word}({said!r}): write the name of a network, or a regular expression")
    try:
        pattern = re.compile(said)
    except (re.error, TypeError) as error:
        raise ConfigError(f"{word}({said!r}) is no regular expression: {error}") from None
    if pattern.groups != len(pattern.groupindex):
        raise ConfigError(
            f"{word}({said!r}): give each group a name, (?P<name>…), as it becomes a keyword, or none, (?:…)"
        )
    name = said if isinstance(said, str) else ""
    return _checked(IrcRoute(f"{word}({pattern.pattern!r})", app, f"{word}/", name, pattern))


def _checked(route: IrcRoute) -> IrcRoute:
    if not callable(route.app):
        raise ConfigError(f"{route}: {route.app!r} is no application; of a consumer it is as_asgi()")
    return route
