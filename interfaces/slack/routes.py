r"""Routes of Slack: which events an application is for, by the path of their scope, or by what a message says. Pure.

What is written may be an id as it is, or a regular expression that the whole id matches, whose named groups are
keywords: ``action("approve", app)``, ``action(r"approve-(?P<id>\d+)", app)``. Of messages it is searched for in the
text, in the first SEARCHED characters: the patterns are the developer's own, but the text is anybody's, so a pattern
that takes quadratic time takes it of no more than these.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from interfaces.shared.asgi import Application
from interfaces.shared.errors import ConfigError
from interfaces.slack.answering import SAID

__all__ = [
    "SEARCHED",
    "Kwargs",
    "SlackRoute",
    "action",
    "anything",
    "command",
    "event",
    "mention",
    "message",
    "options",
    "shortcut",
    "view",
    "view_closed",
]

SEARCHED = 40_000
"""Characters of a text in which a route looks: no message has more."""
Kwargs = dict[str, Any]
Pattern = str | re.Pattern[str]
Path = Callable[[str], Kwargs | None]
"""Keywords for a scope's path, None when it does not match."""
Event = Callable[[Mapping[str, Any]], Kwargs | None]
"""The same for an event, of scopes whose path is in ``reads``."""
_MENTIONED = re.compile(r"\s*<@[A-Z0-9]{1,30}(?:\|[^>]*)?>\s*")


@dataclass(frozen=True, slots=True)
class SlackRoute:
    """Events that match, and the application that they go to."""

    text: str
    app: Application
    path: Path
    reads: str = ""
    """The path of scopes of which the event decides, and not the path alone."""
    event: Event = lambda _event: None

    def __repr__(self) -> str:
        return self.text


def command(name: Pattern, app: Application) -> SlackRoute:
    """The slash command ``name``, with its slash or without."""
    wanted = name.removeprefix("/") if isinstance(name, str) else name
    return _route("command", "command/", name, app, wanted)


def action(action_id: Pattern, app: Application) -> SlackRoute:
    """Something in a message or view, by its action_id."""
    return _route("action", "action/", action_id, app)


def options(action_id: Pattern, app: Application) -> SlackRoute:
    """The question of a menu what can be chosen, by its action_id."""
    return _route("options", "options/", action_id, app)


def shortcut(callback_id: Pattern, app: Application) -> SlackRoute:
    """A shortcut, by its callback_id."""
    return _route("shortcut", "shortcut/", callback_id, app)


def view(callback_id: Pattern, app: Application) -> SlackRoute:
    """A view that was submitted, by its callback_id."""
    return _route("view", "view/", callback_id, app)


def view_closed(callback_id: Pattern, app: Application) -> SlackRoute:
    """A view that was closed, by its callback_id."""
    return _route("view_closed", "view_closed/", callback_id, app)


def event(event_type: Pattern, app: Application) -> SlackRoute:
    """An event by its type; a message by its subtype, as ``event("message_changed", app)``, "message" without one."""
    match = _whole("event", event_type)
    return _route(
        "event",
        "event/",
        event_type,
        app,
        reads="message",
        event=lambda one: match(one.get("subtype") or "message"),
    )


def message(pattern: Pattern, app: Application) -> SlackRoute:
    """A message somebody has said whose text has the pattern in it; "" is in every text.

    Edits, deletions, joins and the like are no such messages: :func:`event` has them.
    """
    search = _anywhere("message", pattern)

    def match(one: Mapping[str, Any]) -> Kwargs | None:
        return search(one.get("text")) if (one.get("subtype") or "") in SAID else None

    return _made("message", pattern, app, lambda _path: None, "message", match)


def mention(pattern: Pattern, app: Application) -> SlackRoute:
    """A message that speaks to the app (``app_mention``), with the pattern in what comes after its name."""
    search = _anywhere("mention", pattern)

    def match(one: Mapping[str, Any]) -> Kwargs | None:
        inner: Any = one.get("event")
        text = inner.get("text") if isinstance(inner, Mapping) else None
        if not isinstance(text, str):
            return None
        text = text[:SEARCHED]
        name = _MENTIONED.match(text)
        return search(text[name.end() :] if name else text)

    return _made("mention", pattern, app, lambda _path: None, "event/app_mention", match)


def anything(app: Application) -> SlackRoute:
    """Every event: to be the last."""
    return _checked(SlackRoute("anything()", app, lambda _path: {}))


def _route(
    word: str, begin: str, said: Pattern, app: Application, wanted: Pattern | None = None, **more: Any
) -> SlackRoute:
    match = _whole(word, said if wanted is None else wanted)

    def path(one: str) -> Kwargs | None:
        return match(one.removeprefix(begin)) if one.startswith(begin) else None

    return _made(word, said, app, path, **more)


def _made(
    word: str, said: Pattern, app: Application, path: Path, reads: str = "", event: Event | None = None
) -> SlackRoute:
    shown = said if isinstance(said, str) else said.pattern
    return _checked(SlackRoute(f"{word}({shown!r})", app, path, reads, event or (lambda _event: None)))


def _checked(route: SlackRoute) -> SlackRoute:
    if not callable(route.app):
        raise ConfigError(f"{route}: {route.app!r} is no application; of a consumer it is as_asgi()")
    return route


def _whole(word: str, said: Pattern) -> Path:
    """Whether an id is what is said, or all of it matches that."""
    if not said:
        raise ConfigError(f"{word}({said!r}): write an id, or a regular expression")
    found = _compiled(word, said)

    def match(name: str) -> Kwargs | None:
        if name == said:
            return {}
        matched = found.fullmatch(name)
        return matched.groupdict() if matched else None

    return match


def _anywhere(word: str, said: Pattern) -> Callable[[Any], Kwargs | None]:
    found = _compiled(word, said)

    def search(text: Any) -> Kwargs | None:
        matched = found.search(text[:SEARCHED]) if isinstance(text, str) else None
        return matched.groupdict() if matched else None

    return search


def _compiled(word: str, said: Pattern) -> re.Pattern[str]:
    try:
        found = re.compile(said)
    except (re.error, TypeError) as error:
        raise ConfigError(f"{word}({said!r}) is no regular expression: {error}") from None
    if found.groups != len(found.groupindex):
        raise ConfigError(
            f"{word}({said!r}): give each group a name, (?P<name>…), as it becomes a keyword, or none, (?:…)"
        )
    return found
