"""The channels that protocols have: ``websocket.receive`` is the event ``receive`` of ``websocket``. Pure.

Any other channel is the application's own, for work that it sends to itself. Source: the protocols' messages.py.
"""

from collections.abc import Iterable

from interfaces.shared.options import did_you_mean

__all__ = ["DELIVERIES", "EVENTS", "is_event", "misspelled"]

EVENTS: dict[str, frozenset[str]] = {
    "http": frozenset({"request"}),
    "websocket": frozenset({"connect", "receive", "disconnect"}),
    "lifespan": frozenset({"startup", "shutdown"}),
    "email": frozenset({"rcpt", "receive", "bounce", "complaint", "result", "disconnect"}),
    "slack": frozenset(
        {"message", "event", "command", "action", "shortcut", "view", "options", "result", "disconnect"}
    ),
    "irc": frozenset(
        {"connect", "message", "join", "part", "kick", "quit", "nick", "topic", "mode", "invite", "away"}
        | {"account", "setname", "names", "history", "raw", "result", "gap", "disconnect"}
    ),
    "sms": frozenset({"receive", "status", "result", "disconnect"}),
}
"""What each protocol may tell an application."""
DELIVERIES = frozenset({"email", "slack", "sms"})
"""Protocols in which a scope is one message from outside with one verdict."""


def is_event(channel: str) -> bool:
    """Whether the channel is a protocol's, and so never read from a layer by a worker."""
    return channel.partition(".")[0] in EVENTS


def misspelled(channels: Iterable[str]) -> list[str]:
    """A line for each channel of a known protocol that this protocol does not have."""
    every = [f"{protocol}.{word}" for protocol, words in EVENTS.items() for word in sorted(words)]
    lines = []
    for channel in sorted(channels):
        protocol, _, word = channel.partition(".")
        if protocol in EVENTS:
            known = [f"{protocol}.{one}" for one in sorted(EVENTS[protocol])]
            if word not in EVENTS[protocol]:
                hint = did_you_mean(channel, known, f"{protocol}.") or f"; {protocol} has {', '.join(known)}"
                lines.append(f"{channel}: {protocol} has no such event{hint}")
        elif hint := did_you_mean(channel, every):
            lines.append(f"{channel}: no protocol's event, so a channel of your own{hint}")
    return lines
