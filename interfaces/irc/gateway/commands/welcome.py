"""A client is registered: 001 to 005, how many are here, and the message of the day; MOTD.

modern.ircdocs.horse, "Connection Registration".
"""

from datetime import UTC, datetime

from interfaces.irc.gateway import rules
from interfaces.irc.gateway.actions import arrived
from interfaces.irc.gateway.commands.queries import VERSION, lusers
from interfaces.irc.gateway.greeting import split
from interfaces.irc.gateway.roster import SIGNS
from interfaces.irc.gateway.served import Served
from interfaces.irc.isupport import TEXT, params
from interfaces.irc.line import Line
from interfaces.irc.numerics import (
    ERR_NOMOTD,
    RPL_CREATED,
    RPL_ENDOFMOTD,
    RPL_ISUPPORT,
    RPL_MOTD,
    RPL_MOTDSTART,
    RPL_MYINFO,
    RPL_WELCOME,
    RPL_YOURHOST,
)
from interfaces.shared.asgi import Event

__all__ = ["TABLE", "welcome"]


def welcome(client: Served, event: Event) -> None:
    """A client is taken, by ``event``. ApplicationError for tokens that are none, or a motd that is too long."""
    gateway, user = client.gateway, client.user
    network, name = gateway.options.network, gateway.name
    tokens = params({**gateway.tokens, **event.get("isupport", {})})
    if event.get("motd") is not None:
        client.motd = split(event["motd"])
    client.welcomed()
    user.client = client
    client.numeric(RPL_WELCOME, f"Welcome to the {network} network, {user.source}")
    client.numeric(RPL_YOURHOST, f"Your host is {name}, running {VERSION}")
    created = datetime.fromtimestamp(gateway.created, UTC)
    client.numeric(RPL_CREATED, f"This server was started on {created:%Y-%m-%d at %H:%M:%S} UTC")
    client.numeric(RPL_MYINFO, name, VERSION, *_letters())
    for words in tokens:
        client.numeric(RPL_ISUPPORT, *words, TEXT)
    arrived(gateway, user)
    lusers(client)
    motd(client)
    if user.modes:
        client.say("MODE", user.nick, f"+{user.modes}")


def _letters() -> tuple[str, str, str]:
    """Modes of users, of channels, and those of channels that have a parameter."""
    lists, always, on, never = rules.OURS.chanmodes
    taking = {*lists, *always, *on, *SIGNS}
    return (
        "".join(sorted({*rules.USER_MODES, "r"})),
        "".join(sorted(taking | {*never})),
        "".join(sorted(taking)),
    )


def motd(client: Served) -> None:
    """The message of the day, that of the application or that of the operator."""
    gateway = client.gateway
    lines = gateway.motd if client.motd is None else client.motd
    if not lines:
        client.fault(ERR_NOMOTD)
        return
    client.numeric(RPL_MOTDSTART, f"- {gateway.name} Message of the day -")
    for one in lines:
        client.numeric(RPL_MOTD, f"- {one}")
    client.fault(RPL_ENDOFMOTD)


def _motd(client: Served, line: Line) -> None:
    motd(client)


TABLE = {"MOTD": (_motd, 0)}
