"""The options of the gateway that IRC clients connect to."""

from dataclasses import dataclass
from math import inf

from interfaces.shared.options import option

__all__ = ["GatewayOptions"]

KIB = 1024


@dataclass(frozen=True, kw_only=True)
class GatewayOptions:
    """Who may come, and every limit of that."""

    __slots__ = ()  # those of the whole are in IrcOptions: bases with some cannot be combined

    bind: tuple[str, ...] = option(
        ("127.0.0.1:6667",), "where the gateway listens for IRC clients: HOST:PORT, unix:PATH, fd:N, systemd:"
    )
    path: str = option(
        "", "where http is served: the path of a WebSocket that speaks IRC (text.ircv3.net), such as /irc"
    )
    origins: tuple[str, ...] = option(
        (),
        "whose pages may connect by WebSockets: https://example.org, *.example.org; the host's own unless given",
    )
    network: str = option("interfaces", "the gateway's network, as clients show it and irc.send names it")
    server_name: str = option("irc.local", "the gateway's name in what it says, as a host")
    nick: str = option("app", "who speaks where the application says irc.send without a nick")
    motd: str = option("", "the message of the day, or an @ and the path of the file that has it: @motd.txt")
    auth: str = option("", "who may log in by SASL: module:function(account, password), true when they fit")
    auth_required: bool = option(False, "who does not log in may not connect")
    auth_unencrypted: bool = option(False, "take passwords without TLS too: where the network is trusted")
    password: str = option(
        "", "what PASS has to say; without it the application is told what it said", secret=True
    )
    ask_joins: bool = option(
        False, "the application is asked before somebody joins: irc.accept or irc.reject; else it is told"
    )
    other_nicks: bool = option(
        False, "what is said to a nick that nobody has is told the application, too; else it is refused (401)"
    )
    operators: bool = option(True, "who makes a channel is its operator", peers="ngircd yes")
    cloak_key: str = option(
        "",
        "a secret by which hosts are cloaked, the same in all containers; a random one without",
        secret=True,
    )
    decide_timeout: float = option(
        20.0, "that the application has to answer irc.connect, irc.join and irc.history", unit="seconds",
        between=(0.1, inf),
    )  # fmt: skip
    register_timeout: float = option(
        30.0, "from connecting until registered", unit="seconds", peers="ngircd 10, Ergo 60", between=(1, inf)
    )
    ping_interval: float = option(
        120.0, "of silence, after which a client is asked whether it is there", unit="seconds",
        peers="ngircd 120, Ergo 90", between=(1, inf),
    )  # fmt: skip
    ping_timeout: float = option(
        30.0, "for its answer", unit="seconds", peers="ngircd 20, Ergo 60", between=(1, inf)
    )
    rate: float = option(
        2.0,
        "lines a second that are taken of a client; further ones wait, 0 is no limit",
        peers="ngircd 1, Ergo 2",
    )
    burst: int = option(20, "lines that are taken at once", peers="ngircd 5, Ergo 5", between=(1, inf))
    sendq: int = option(
        1024 * KIB, "that wait to be sent to a client, then it is hung up on", unit="bytes", peers="Ergo 96 KiB",
        between=(4 * KIB, inf),
    )  # fmt: skip
    recvq: int = option(
        64 * KIB, "of a client's lines that wait to be taken, then it is hung up on", unit="bytes",
        peers="InspIRCd 8 KiB", between=(1 * KIB, inf),
    )  # fmt: skip
    clients: int = option(20_000, "connections at once; further ones wait to be accepted", between=(1, inf))
    per_address: int = option(
        50, "connections of one address (IPv6: of a /64)", peers="ngircd 5, Ergo 16", between=(1, inf)
    )
    channels: int = option(10_000, "channels at once", between=(1, inf))
    joined: int = option(
        50, "channels that one client may be in", peers="ngircd 10, Ergo 100", between=(1, inf)
    )
    list_entries: int = option(
        100, "bans, exceptions and invitations of a channel", peers="Ergo 100", between=(1, inf)
    )
    nick_length: int = option(30, "characters of a nick", peers="ngircd 9, Ergo 32", between=(1, 100))
    channel_length: int = option(
        64, "characters of a channel's name", peers="ngircd 50, Ergo 64", between=(2, 200)
    )
    topic_length: int = option(390, "octets of a topic", peers="Ergo 390", between=(1, 390))
    utf8_only: bool = option(
        False, "refuse lines that are no UTF-8 (UTF8ONLY); else they are read as Latin-1"
    )
