"""What others see of the client, and whom it waits for: AWAY, SETNAME, MONITOR."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.greeting import NAME
from interfaces.irc.gateway.replies import did, refuse, room_for, shown
from interfaces.irc.gateway.rules import AWAY
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.names import is_nick
from interfaces.irc.numerics import (
    ERR_MONLISTFULL,
    ERR_NEEDMOREPARAMS,
    RPL_ENDOFMONLIST,
    RPL_MONLIST,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
    RPL_NOWAWAY,
    RPL_UNAWAY,
    text_of,
)
from interfaces.irc.texts import clipped, packed

__all__ = ["TABLE"]


def _away(client: Served, line: Line) -> None:
    text = clipped(line.param(0), AWAY) or None
    actions.away(client.gateway, client.user, text)
    refuse(client, RPL_UNAWAY if text is None else RPL_NOWAWAY)
    did(client, line, "irc.away", text=text)


def _setname(client: Served, line: Line) -> None:
    realname = line.params[0]
    if not realname.strip() or len(realname) > NAME:
        client.say("FAIL", "SETNAME", "INVALID_REALNAME", "Realname is not valid")
        return
    actions.setname(client.gateway, client.user, realname)
    did(client, line, "irc.setname", account=None, realname=realname)


# --- MONITOR ---------------------------------------------------------------------------------------


def _monitor(client: Served, line: Line) -> None:
    found = _MONITOR.get(line.params[0].upper())
    if found is None or (found in (_add, _remove) and len(line.params) < 2):
        refuse(client, ERR_NEEDMOREPARAMS, "MONITOR")
    else:
        found(client, [one for one in line.param(1).split(",") if one])


def _add(client: Served, nicks: list[str]) -> None:
    watches, most = client.gateway.roster.watches, client.gateway.options.nick_length
    added: list[str] = []
    for place, nick in enumerate(nicks):
        if not is_nick(nick, most):
            continue
        if not watches.add(client.user, nick):
            rest = ",".join(map(shown, nicks[place:]))
            client.numeric(ERR_MONLISTFULL, str(watches.most), rest, text_of(ERR_MONLISTFULL))
            break
        added.append(nick)
    _tell(client, added)


def _remove(client: Served, nicks: list[str]) -> None:
    for nick in nicks:
        client.gateway.roster.watches.remove(client.user, nick)


def _clear(client: Served, nicks: list[str]) -> None:
    client.gateway.roster.watches.clear(client.user)


def _show(client: Served, nicks: list[str]) -> None:
    _lines(client, RPL_MONLIST, client.gateway.roster.watches.of(client.user))
    refuse(client, RPL_ENDOFMONLIST)


def _status(client: Served, nicks: list[str]) -> None:
    _tell(client, client.gateway.roster.watches.of(client.user))


def _tell(client: Served, nicks: Iterable[str]) -> None:
    """Which of them are here, and which are not."""
    found = {nick: client.gateway.roster.present(nick) for nick in nicks}
    _lines(client, RPL_MONONLINE, [user.source for user in found.values() if user])
    _lines(client, RPL_MONOFFLINE, [nick for nick, user in found.items() if not user])


def _lines(client: Served, code: str, words: Iterable[str]) -> None:
    for text in packed(words, room_for(client), ","):
        client.numeric(code, text)


_MONITOR: Final[Mapping[str, Callable[[Served, list[str]], None]]] = {
    "+": _add,
    "-": _remove,
    "C": _clear,
    "L": _show,
    "S": _status,
}

TABLE = {"AWAY": (_away, 0), "SETNAME": (_setname, 1), "MONITOR": (_monitor, 1)}
