"""What an application says to a client of the gateway."""

from collections.abc import Callable, Mapping
from typing import Any

from interfaces.irc.gateway.actions import to_room, to_users
from interfaces.irc.gateway.commands.welcome import welcome
from interfaces.irc.gateway.saying import Said
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError

__all__ = ["words"]


def words(client: Any, event: Event) -> None:
    """Do it. ApplicationError for what is not known, or does not fit."""
    found = WORDS.get(event["type"])
    if found is None:
        raise ApplicationError(f"{event['type']} is no message for irc; known are {', '.join(WORDS)}")
    found(client, event)


def _accept(client: Any, event: Event) -> None:
    if client.registration is not None:
        welcome(client, event)


def _deliver(client: Any, event: Event) -> None:
    said = _said(client, event)
    if not event.get("relay"):
        client.put(said.line(client.bits))
        return
    roster = client.gateway.roster
    room = roster.room(event["target"])
    source = roster.user(str(event["source"]["nick"]))
    if room is not None:
        to_room(room, said, source)


def _said(client: Any, event: Event) -> Said:
    gateway = client.gateway
    if gateway.latest is event:
        found: Said = gateway.latest_said
        return found
    source = event["source"]
    name = f"{source['nick']}!{source['user']}@{source['host']}" if isinstance(source, dict) else source
    said: Said = gateway.said(
        name, event.get("command", "PRIVMSG"), [event["target"], event["text"]], tags={"msgid": gateway.msgid()}
    )
    gateway.remember(event, said)
    return said


WORDS: Mapping[str, Callable[[Any, Event], None]] = {
    "irc.accept": _accept,
    "irc.deliver": _deliver,
}
