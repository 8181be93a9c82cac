"""Which consumer a message goes to: by its channel, then by regular expressions on any of its keys."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.errors import ConfigError
from interfaces.workers.calling import Consumer
from interfaces.workers.settings import imported

__all__ = ["Found", "Include", "Route", "RouteClass", "Table", "include", "route", "route_class"]

Routes = Any
"""A list of routes and includes, a dict of channel → consumer, a table, or the dotted path to one of these."""


@dataclass(frozen=True, slots=True)
class Route:
    """See :func:`route`."""

    channels: tuple[str, ...]
    consumer: Consumer | str
    filters: Mapping[str, str | bytes]


@dataclass(frozen=True, slots=True)
class RouteClass:
    """See :func:`route_class`."""

    consumer: Any
    filters: Mapping[str, str | bytes]


@dataclass(frozen=True, slots=True)
class Include:
    """See :func:`include`."""

    routes: Routes
    filters: Mapping[str, str | bytes]


def route(channel: str | Iterable[str], consumer: Consumer | str, /, **filters: str | bytes) -> Route:
    """Messages of ``channel``, or of several, go to ``consumer``, a function or the dotted path to one.

    Each filter is a regular expression that the message's key has to match from its start; its named groups become
    keywords of the call. Of a key with several values, such as recipients, the first that matches counts.
    """
    return Route((channel,) if isinstance(channel, str) else tuple(channel), consumer, filters)


def route_class(consumer: Any, /, **filters: str | bytes) -> RouteClass:
    """Messages of all channels that the class, an EventConsumer, has a method for; filters as those of route."""
    return RouteClass(consumer, filters)


def include(routes: Routes, /, **filters: str | bytes) -> Include:
    r"""All of ``routes``, for messages that match the filters; what these match is cut off before the routes look.

    So ``include(chat, path=r"^/chat")`` and in it ``path=r"^/(?P<room>\w+)/$"`` match ``/chat/lobby/``.
    """
    return Include(routes, filters)


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a message."""

    consumer: Consumer
    kwargs: dict[str, str]
    values: dict[str, Any]
    """Of keys with several values, the one that matched."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A route with what the includes around it ask for: by key, patterns that match one after another."""

    consumer: Consumer
    patterns: dict[str, list[re.Pattern[str]]]

    def match(self, message: Mapping[str, Any], *, partly: bool = False) -> Found | None:
        """None when it does not match; ``partly``: keys that the message lacks are no hindrance."""
        kwargs: dict[str, str] = {}
        values: dict[str, Any] = {}
        for key, patterns in self.patterns.items():
            if key not in message:
                if partly:
                    continue
                return None
            for value in _values(message, key):
                groups = _matched(patterns, _text(value))
                if groups is not None:
                    kwargs |= groups
                    if value is not message[key]:
                        values[key] = value
                    break
            else:
                return None
        return Found(self.consumer, kwargs, values)


def _values(message: Mapping[str, Any], key: str) -> Iterator[Any]:
    """What may match: the value, or each of them; for ``to_address`` also each of ``to``."""
    value = message[key]
    yield from value if isinstance(value, list) else (value,)
    if key.endswith("_address"):
        several = message.get(key.removesuffix("_address"))
        if isinstance(several, list):
            yield from several


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value) if isinstance(value, str | int | float) else None


def _matched(patterns: list[re.Pattern[str]], text: str | None) -> dict[str, str] | None:
    """The named groups, when each pattern matches what those before it have left."""
    groups: dict[str, str] = {}
    for pattern in patterns:
        match = None if text is None else pattern.match(text)
        if match is None or text is None:
            return None
        groups |= match.groupdict()
        text = text[match.end() :]
    return groups


@dataclass(slots=True)
class Table:
    """All routes by channel, in the order in which they are tried. ConfigError for what is no routing."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)

    @classmethod
    def of(cls, routes: Routes) -> "Table":
        """Read ``routes``, and import what is named by a path."""
        table = cls()
        table._add(routes, {})
        return table

    def match(self, channel: str, message: Mapping[str, Any]) -> Found | None:
        """The first route that matches."""
        for entry in self.entries.get(channel, ()):
            if (found := entry.match(message)) is not None:
                return found
        return None

    def may_match(self, wanted: Callable[[str], bool], message: Mapping[str, Any]) -> bool:
        """Whether a route of a ``wanted`` channel could match once the message has more keys."""
        return any(
            entry.match(message, partly=True) is not None
            for channel, entries in self.entries.items()
            if wanted(channel)
            for entry in entries
        )

    def _add(self, routes: Routes, outer: dict[str, list[re.Pattern[str]]]) -> None:
        if isinstance(routes, str):
            routes = imported(routes, "routing")
        table = getattr(routes, "table", None)
        if isinstance(table, Table):  # of a Routing
            self._add_table(table, outer)
            return
        if isinstance(routes, Mapping):
            routes = [route(channel, consumer) for channel, consumer in routes.items()]
        if isinstance(routes, str | bytes) or not isinstance(routes, Iterable):
            raise ConfigError(
                f"a routing is a list of routes, or a dict of channel: consumer, not {routes!r}"
            )
        for one in routes:
            self._add_one(one, outer)

    def _add_one(self, one: Any, outer: dict[str, list[re.Pattern[str]]]) -> None:
        if not isinstance(one, Route | RouteClass | Include):
            raise ConfigError(f"a routing has route(), route_class() and include(), not {one!r}")
        patterns = {key: [*found] for key, found in outer.items()}
        for key, pattern in one.filters.items():
            patterns.setdefault(key, []).append(_compiled(key, pattern))
        if isinstance(one, Include):
            self._add(one.routes, patterns)
            return
        for channel, consumer in _consumers(one).items():
            self.entries.setdefault(channel, []).append(_Entry(consumer, patterns))

    def _add_table(self, table: "Table", outer: dict[str, list[re.Pattern[str]]]) -> None:
        for channel, entries in table.entries.items():
            for entry in entries:
                keys = {**outer, **entry.patterns}
                patterns = {key: [*outer.get(key, ()), *entry.patterns.get(key, ())] for key in keys}
                self.entries.setdefault(channel, []).append(_Entry(entry.consumer, patterns))


def _consumers(one: Route | RouteClass) -> dict[str, Consumer]:
    """The consumer for each channel of a route."""
    consumer = imported(one.consumer, "consumer") if isinstance(one.consumer, str) else one.consumer
    if isinstance(one, RouteClass):
        if not callable(getattr(consumer, "handlers", None)):
            raise ConfigError(f"route_class() takes an EventConsumer, not {consumer!r}")
        handlers: Any = consumer
        found: dict[str, Consumer] = handlers.handlers()
        return found
    if not callable(consumer):
        raise ConfigError(
            f"the consumer of {', '.join(one.channels)} is {consumer!r}, which cannot be called"
        )
    if isinstance(consumer, type) and callable(getattr(consumer, "handlers", None)):
        raise ConfigError(f"{consumer!r} is a class of several channels: use route_class()")
    return dict.fromkeys(one.channels, consumer)


def _compiled(key: str, pattern: str | bytes) -> re.Pattern[str]:
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    try:
        found = re.compile(text)
    except re.error as error:
        raise ConfigError(f"{key}={text!r} is no regular expression: {error}") from None
    if found.groups != len(found.groupindex):
        raise ConfigError(f"{key}={text!r}: give each group a name, (?P<name>…), as it becomes a keyword")
    return found
