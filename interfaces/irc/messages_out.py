"""What an application says for IRC; what it sees stands in :mod:`interfaces.irc.messages`.

Source: as there.
"""

from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
    "IrcAccept",
    "IrcAskHistory",
    "IrcClose",
    "IrcDeliver",
    "IrcDo",
    "IrcNumeric",
    "IrcReject",
    "IrcSay",
    "IrcSend",
]


class IrcAccept(TypedDict):
    """Out. Gateway: take who wants to connect, or to join (``channel``)."""

    type: Literal["irc.accept"]
    nick: NotRequired[str]
    """Instead of the one that was asked for."""
    account: NotRequired[str]
    motd: NotRequired[str]
    isupport: NotRequired[dict[str, str]]
    """Added to what the gateway says of itself (005)."""
    channel: NotRequired[str]
    """Of irc.join: it is that which is answered."""
    topic: NotRequired[str]


class IrcReject(TypedDict):
    """Out. Gateway: refuse who wants to connect, to join (``channel``), or what was asked (``id``)."""

    type: Literal["irc.reject"]
    code: NotRequired[int]
    """A numeric: 464 (password), 465 (banned) to connect; 471, 473, 474, 475 (full, invitation, ban, key) to join."""
    text: NotRequired[str]
    channel: NotRequired[str]
    id: NotRequired[str]
    """Of irc.history."""


class _Outgoing(TypedDict):
    """What everything that is sent may have."""

    id: NotRequired[str]
    """Then irc.result follows."""
    tags: NotRequired[dict[str, str]]


class IrcSend(_Outgoing):
    """Out: say something: to the network, or at a gateway, as ``nick`` or the gateway's own, to a nick or a channel."""

    type: Literal["irc.send", "irc.action"]
    target: str
    text: str
    """Several lines, and lines that are too long, become several messages: cut by bytes, never inside a character."""
    notice: NotRequired[bool]
    reply_to: NotRequired[str]
    """The msgid of what this answers (+reply)."""
    network: NotRequired[str]
    """Needed from the top-level channel irc.send; of a client's scope another network, of a gateway's never another."""
    nick: NotRequired[str]
    """Gateway: who says it; the gateway's own without."""
    dedupe_key: NotRequired[str]
    reply_channel: NotRequired[str]
    not_before: NotRequired[float]
    expires: NotRequired[float]


class IrcDo(_Outgoing):
    """Out: do something. Client: we on the network. Gateway: to whom the connection is of, as if they had."""

    type: Literal[
        "irc.join", "irc.part", "irc.topic", "irc.kick", "irc.mode", "irc.nick", "irc.away", "irc.invite"
    ]
    channel: NotRequired[str]
    """join, part, topic, kick, invite."""
    key: NotRequired[str]
    """join."""
    target: NotRequired[str]
    """kick, invite: a nick; mode: a nick or a channel."""
    text: NotRequired[str | None]
    """part, kick: None is without one; topic: "" takes it away, None asks what it is; away: None is back."""
    modes: NotRequired[list[list[str]]]
    """mode: as in the event irc.mode."""
    nick: NotRequired[str]
    """nick: the new one."""


class IrcAskHistory(_Outgoing):
    """Out. Client: ask the network what was said. Gateway: answer the event irc.history with its ``id``."""

    type: Literal["irc.history"]
    target: NotRequired[str]
    subcommand: NotRequired[str]
    bounds: NotRequired[list[str]]
    limit: NotRequired[int]
    messages: NotRequired[list[dict[str, Any]]]
    """Gateway: each {source, target, text, time, msgid, command, tags}, or of TARGETS {target, time}."""


class IrcDeliver(TypedDict):
    """Out. Gateway: somebody said something, a member of a channel or anybody else.

    To the client of this scope, or with ``relay`` to all whom ``target`` names: the members of a channel, in all
    containers, or a nick; ``source`` only where its client has echo-message.
    """

    type: Literal["irc.deliver"]
    source: str | dict[str, Any]
    """An :class:`IrcSource`, or "nick!user@host", or a nick."""
    target: str
    text: str
    command: NotRequired[Literal["PRIVMSG", "NOTICE", "TAGMSG"]]
    ctcp: NotRequired[str]
    relay: NotRequired[bool]
    tags: NotRequired[dict[str, str]]
    """msgid among them, where it is to be another than one that is made here."""
    time: NotRequired[float]
    network: NotRequired[str]
    """Needed from the top-level channel irc.deliver, where ``relay`` goes without saying."""


class IrcNumeric(TypedDict):
    """Out. Gateway: a numeric, or a standard reply (FAIL, WARN, NOTE), to the client of this scope."""

    type: Literal["irc.numeric"]
    code: int | str
    params: NotRequired[list[str]]
    text: NotRequired[str]


class IrcSay(_Outgoing):
    """Out: any line: client to the network, gateway to the client of this scope."""

    type: Literal["irc.raw"]
    verb: str
    params: NotRequired[list[str]]
    source: NotRequired[str]


class IrcClose(TypedDict):
    """Out: end the connection: QUIT, of a gateway ERROR. Of a client it is dialled anew, as after any end."""

    type: Literal["irc.close"]
    reason: NotRequired[str]
