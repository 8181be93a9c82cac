"""What an application sees and says for IRC: the scope ``irc``, one connection that is registered.

In the mode ``client`` we are a user of a network, in the mode ``gateway`` somebody's IRC client is connected to us.
The types are for annotations and for the reference, which is made of them; at run time these are plain dicts.
Source: RFC 1459, RFC 2812, modern.ircdocs.horse, and the specifications of IRCv3.
"""

from typing import Any, Literal, NotRequired, TypedDict

from interfaces.irc.messages_out import (
    IrcAccept,
    IrcAskHistory,
    IrcClose,
    IrcDeliver,
    IrcDo,
    IrcNumeric,
    IrcReject,
    IrcSay,
    IrcSend,
)

__all__ = ["SCOPES", "IrcMessage", "IrcScope", "IrcSource"]


class AsgiVersions(TypedDict):
    """Which contract a scope follows."""

    version: Literal["3.0"]
    spec_version: Literal["1.0"]


class IrcScope(TypedDict):
    """One connection, from its registration to its end; of a network a reconnect is a new one."""

    type: Literal["irc"]
    asgi: AsgiVersions
    mode: Literal["client", "gateway"]
    network: str
    """Its name in the options; of a gateway the gateway's."""
    server: tuple[str, int | None] | None
    """The address at our end of a gateway; of a client whom it has dialled."""
    client: tuple[str, int | None] | None
    """The address of who is connected to a gateway; None of a client."""
    tls: dict[str, Any] | None
    """{version, cipher, client_subject}."""
    nick: str
    """At the time of irc.connect."""
    account: str | None
    """"network/account" of who has logged in to a gateway by SASL: for an identity middleware. None of a client."""
    caps: list[str]
    """The capabilities that are agreed on."""
    isupport: dict[str, str]
    """What the server says of itself (005): name → value, "" where it has none."""
    path: str
    """client/NETWORK or gateway/NETWORK."""
    conversation: str | None
    """"network/nick" of a gateway: one client's lines are in order; of a client the network's name."""
    state: dict[str, Any]
    """A shallow copy of what the lifespan left."""
    extensions: dict[str, Any]


class IrcSource(TypedDict):
    """Who did it."""

    nick: str
    """Of a server its name."""
    user: str | None
    host: str | None
    account: str | None
    """As account-tag, extended-join or account-notify say it; None: not logged in, or not known."""


class _Inbound(TypedDict):
    """What every event has."""

    id: str
    """The network's msgid, else a generated one."""
    dedupe_key: str
    """"irc:NETWORK:MSGID": the same when a history tells it again."""
    attempt: Literal[1]
    received_at: float
    """Unix seconds."""
    reply_channel: NotRequired[str]
    """Where there is a layer."""


class IrcChannel(TypedDict):
    """A channel that is joined."""

    channel: str
    topic: str | None
    modes: str
    members: dict[str, str]
    """Nick → prefixes such as "@", "+" or ""."""


class IrcConnect(_Inbound):
    """In. Client: it is registered. Gateway: somebody wants to be; answer irc.accept or irc.reject."""

    type: Literal["irc.connect"]
    nick: str
    welcome: NotRequired[str]
    """Client: the text of 001."""
    resumed: bool
    """A new instance takes over a connection that stood already; ``channels`` says what is joined."""
    channels: list[IrcChannel]
    user: NotRequired[str]
    """Gateway: as said by USER."""
    realname: NotRequired[str]
    host: NotRequired[str]
    """Gateway: as others see it, cloaked."""
    password: NotRequired[str]
    """Gateway: by PASS, where the application is to look at it; "" is none."""
    account: NotRequired[str | None]
    """Gateway: by SASL."""


class _FromSomebody(_Inbound):
    """What somebody did."""

    source: IrcSource
    tags: dict[str, str]
    """As they came; client-only tags begin with "+"."""
    time: float
    """Unix seconds: the server-time, else when it came."""
    is_history: bool
    """Whether a history told it."""
    batch: NotRequired[str]
    """The type of the batch that it came in: "netsplit", "netjoin", "chathistory"."""


class IrcMessage(_FromSomebody):
    """In: somebody said something, we too where the network echoes it."""

    type: Literal["irc.message"]
    command: Literal["PRIVMSG", "NOTICE", "TAGMSG"]
    target: str
    """A channel, with the prefix of a STATUSMSG such as "@#ops"; else a nick."""
    channel: str | None
    """The channel, without such a prefix; None of what is private."""
    is_private: bool
    text: str
    """Of a CTCP its parameters: of an action what is done. "" of a TAGMSG."""
    ctcp: str | None
    """The CTCP command, "ACTION" among them, in upper case."""
    raw: bytes | None
    """The bytes of the text, where they are no UTF-8: ``text`` then has each as a character of Latin-1."""
    is_echo: bool
    """Whether it is our own."""
    label: NotRequired[str]
    """Client: the ``id`` of what we have sent that this is the echo of, where the network has labeled-response."""


class IrcJoin(_FromSomebody):
    """In: somebody joins a channel. Gateway, where ``asked``: answer irc.accept or irc.reject."""

    type: Literal["irc.join"]
    channel: str
    key: NotRequired[str]
    """Gateway: the key that was given; "" is none."""
    realname: NotRequired[str]
    asked: NotRequired[bool]
    is_self: bool
    """Whether it is who this connection is of."""


class IrcPart(_FromSomebody):
    """In: somebody leaves a channel."""

    type: Literal["irc.part"]
    channel: str
    text: str
    is_self: bool


class IrcKick(_FromSomebody):
    """In: somebody is put out of a channel."""

    type: Literal["irc.kick"]
    channel: str
    target: str
    text: str
    is_self: bool
    """Whether it is who this connection is of that has to go."""


class IrcQuit(_FromSomebody):
    """In: somebody leaves the network."""

    type: Literal["irc.quit"]
    text: str
    channels: list[str]
    """Those in which we have seen them."""


class IrcNick(_FromSomebody):
    """In: somebody is called otherwise from now on."""

    type: Literal["irc.nick"]
    new_nick: str
    is_self: bool


class IrcTopic(_FromSomebody):
    """In: a channel has another topic."""

    type: Literal["irc.topic"]
    channel: str
    text: str


class IrcMode(_FromSomebody):
    """In: modes of a channel or a user have changed."""

    type: Literal["irc.mode"]
    target: str
    modes: list[list[str]]
    """Each [sign and letter, parameter or ""]: ["+o", "dan"]."""


class IrcInvite(_FromSomebody):
    """In: somebody is invited."""

    type: Literal["irc.invite"]
    channel: str
    target: str


class IrcAway(_FromSomebody):
    """In: somebody is away, or back (then without a text)."""

    type: Literal["irc.away"]
    text: str | None


class IrcAccount(_FromSomebody):
    """In: somebody has logged in or out, or has changed the real name: what changed is not None."""

    type: Literal["irc.account", "irc.setname"]
    account: str | None
    realname: str | None


class IrcNames(_Inbound):
    """In: the members of a channel, once all of them are known."""

    type: Literal["irc.names"]
    channel: str
    members: dict[str, str]


class IrcHistory(_Inbound):
    """In. Gateway: a client asks what was said (CHATHISTORY); answer irc.history with the same ``id``."""

    type: Literal["irc.history"]
    subcommand: Literal["LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS"]
    target: str
    """"" of TARGETS."""
    bounds: list[str]
    """Each "timestamp=2026-11-28T12:00:00.000Z", "msgid=…" or "*"."""
    limit: int


class IrcRaw(_FromSomebody):
    """In: what has no event of its own: numerics, and commands that are not known."""

    type: Literal["irc.raw"]
    verb: str
    params: list[str]


class IrcResult(TypedDict):
    """In: what became of a message that the application has sent with an ``id``."""

    type: Literal["irc.result"]
    id: str
    ok: bool
    final: bool
    """False: it is tried again, and another result comes."""
    error: str
    """"" when it worked; else the network's words, such as "404 #ops: Cannot send to channel"."""
    status: Literal["sent", "deferred", "failed", "uncertain"]
    msgid: NotRequired[str]
    """Of the (first) line, where the network tells it."""
    retry_after: NotRequired[float]


class IrcGap(_Inbound):
    """In: lines were dropped by contract, since the application was slow, or for the time of a reconnect."""

    type: Literal["irc.gap"]
    count: int


class IrcDisconnect(_Inbound):
    """In: the last event: the connection has ended."""

    type: Literal["irc.disconnect"]
    code: int
    """1000: by one of both ends' words; 1006: it was cut; 1008: for what the peer did; 1012: we restart."""
    reason: str


SCOPES: dict[type, tuple[type, ...]] = {
    IrcScope: (
        IrcConnect,
        IrcMessage,
        IrcJoin,
        IrcPart,
        IrcKick,
        IrcQuit,
        IrcNick,
        IrcTopic,
        IrcMode,
        IrcInvite,
        IrcAway,
        IrcAccount,
        IrcNames,
        IrcHistory,
        IrcRaw,
        IrcGap,
        IrcDisconnect,
        IrcAccept,
        IrcReject,
        IrcSend,
        IrcDo,
        IrcAskHistory,
        IrcDeliver,
        IrcNumeric,
        IrcSay,
        IrcClose,
        IrcResult,
    )
}
"""Each scope with the messages that may pass in it."""
