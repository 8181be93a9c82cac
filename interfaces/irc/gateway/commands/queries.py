"""What the server is: LUSERS, VERSION, TIME, INFO, ADMIN, LINKS, STATS, HELP; and what nobody may: OPER, KILL."""

from datetime import UTC, datetime
from typing import Final

from interfaces import __version__
from interfaces.irc.gateway.commands.help import INDEX, TOPICS
from interfaces.irc.gateway.replies import refuse
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.names import matcher
from interfaces.irc.numerics import (
    ERR_HELPNOTFOUND,
    ERR_NOADMININFO,
    ERR_NOOPERHOST,
    ERR_NOPRIVILEGES,
    ERR_NOSUCHSERVER,
    RPL_ENDOFHELP,
    RPL_ENDOFINFO,
    RPL_ENDOFLINKS,
    RPL_ENDOFSTATS,
    RPL_GLOBALUSERS,
    RPL_HELPSTART,
    RPL_HELPTXT,
    RPL_INFO,
    RPL_LINKS,
    RPL_LOCALUSERS,
    RPL_LUSERCHANNELS,
    RPL_LUSERCLIENT,
    RPL_LUSERME,
    RPL_LUSEROP,
    RPL_LUSERUNKNOWN,
    RPL_STATSUPTIME,
    RPL_TIME,
    RPL_VERSION,
    text_of,
)

__all__ = ["TABLE", "VERSION", "lusers"]

VERSION: Final = f"asgi-interfaces-{__version__}"
DAY: Final = 86400


def _elsewhere(client: Served, target: str) -> bool:
    """Whether another server is asked, which is refused: there is one, whose name may be a mask or that of a user."""
    gateway = client.gateway
    fold = gateway.roster.fold
    if not target or matcher(target, fold)(gateway.name) or gateway.roster.present(target):
        return False
    refuse(client, ERR_NOSUCHSERVER, target)
    return True


def _lusers(client: Served, line: Line) -> None:
    lusers(client)


def lusers(client: Served) -> None:
    """How many are there, and were at most."""
    gateway = client.gateway
    roster = gateway.roster
    seen = roster.arrived - roster.invisible
    client.numeric(RPL_LUSERCLIENT, f"There are {seen} users and {roster.invisible} invisible on 1 servers")
    client.numeric(RPL_LUSEROP, "0", text_of(RPL_LUSEROP))
    unknown = max(0, len(gateway.connections) - roster.local)
    client.numeric(RPL_LUSERUNKNOWN, str(unknown), text_of(RPL_LUSERUNKNOWN))
    client.numeric(RPL_LUSERCHANNELS, str(len(roster.rooms)), text_of(RPL_LUSERCHANNELS))
    client.numeric(RPL_LUSERME, f"I have {roster.local} clients and 0 servers")
    for code, what, number, most in (
        (RPL_LOCALUSERS, "local", roster.local, roster.most_local),
        (RPL_GLOBALUSERS, "global", roster.arrived, roster.most),
    ):
        client.numeric(code, str(number), str(most), f"Current {what} users {number}, max {most}")


def _version(client: Served, line: Line) -> None:
    if not _elsewhere(client, line.param(0)):
        client.numeric(RPL_VERSION, VERSION, client.gateway.name, "https://modern.ircdocs.horse")


def _time(client: Served, line: Line) -> None:
    if not _elsewhere(client, line.param(0)):
        now = datetime.fromtimestamp(client.gateway.clock(), UTC)
        client.numeric(RPL_TIME, client.gateway.name, f"{now:%A %B %d %Y -- %H:%M:%S UTC}")


def _info(client: Served, line: Line) -> None:
    if _elsewhere(client, line.param(0)):
        return
    created = datetime.fromtimestamp(client.gateway.created, UTC)
    client.numeric(RPL_INFO, f"{VERSION}, a gateway of IRC to an application")
    client.numeric(RPL_INFO, f"On-line since {created:%A %B %d %Y -- %H:%M:%S UTC}")
    refuse(client, RPL_ENDOFINFO)


def _admin(client: Served, line: Line) -> None:
    if not _elsewhere(client, line.param(0)):
        refuse(client, ERR_NOADMININFO, client.gateway.name)


def _links(client: Served, line: Line) -> None:
    gateway = client.gateway
    client.numeric(RPL_LINKS, gateway.name, gateway.name, f"0 {gateway.options.network} server")
    refuse(client, RPL_ENDOFLINKS, "*")


def _stats(client: Served, line: Line) -> None:
    letter = line.param(0)[:1]
    if letter == "u":
        up = int(client.gateway.clock() - client.gateway.created)
        hours, seconds = divmod(up % DAY, 3600)
        text = f"Server Up {up // DAY} days {hours}:{seconds // 60:02}:{seconds % 60:02}"
        client.numeric(RPL_STATSUPTIME, text)
    refuse(client, RPL_ENDOFSTATS, letter)


def _help(client: Served, line: Line) -> None:
    subject = line.param(0).upper()
    lines = TOPICS.get(subject) if subject else INDEX
    if lines is None:
        refuse(client, ERR_HELPNOTFOUND, line.param(0))
        return
    first, *middle = lines
    client.numeric(RPL_HELPSTART, subject or "*", first)
    for text in middle:
        client.numeric(RPL_HELPTXT, subject or "*", text)
    refuse(client, RPL_ENDOFHELP, subject or "*")


def _oper(client: Served, line: Line) -> None:
    refuse(client, ERR_NOOPERHOST)


def _privileged(client: Served, line: Line) -> None:
    refuse(client, ERR_NOPRIVILEGES)


TABLE = {
    "LUSERS": (_lusers, 0),
    "VERSION": (_version, 0),
    "TIME": (_time, 0),
    "INFO": (_info, 0),
    "ADMIN": (_admin, 0),
    "LINKS": (_links, 0),
    "STATS": (_stats, 0),
    "HELP": (_help, 0),
    "HELPOP": (_help, 0),
    "OPER": (_oper, 2),
    "KILL": (_privileged, 1),
    "WALLOPS": (_privileged, 1),
    **dict.fromkeys(("CONNECT", "DIE", "REHASH", "RESTART", "SQUIT"), (_privileged, 0)),
}
