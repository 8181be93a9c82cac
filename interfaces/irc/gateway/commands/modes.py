"""MODE, of channels and of the client itself."""

from collections.abc import Iterable
from typing import Final

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.commands.channels import find
from interfaces.irc.gateway.replies import did, refuse, shown
from interfaces.irc.gateway.roster import SIGNS, Room
from interfaces.irc.gateway.rules import (
    FLAGS,
    LISTS,
    MODES,
    OURS,
    USER_MODES,
    is_key,
    is_limit,
    normal,
    why_not_change,
)
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.modes import Change, plain, read
from interfaces.irc.numerics import (
    ERR_BANLISTFULL,
    ERR_INVALIDMODEPARAM,
    ERR_NOSUCHNICK,
    ERR_UMODEUNKNOWNFLAG,
    ERR_UNKNOWNMODE,
    ERR_USERNOTINCHANNEL,
    ERR_USERSDONTMATCH,
    RPL_BANLIST,
    RPL_CHANNELMODEIS,
    RPL_CREATIONTIME,
    RPL_ENDOFBANLIST,
    RPL_ENDOFEXCEPTLIST,
    RPL_ENDOFINVEXLIST,
    RPL_EXCEPTLIST,
    RPL_INVEXLIST,
    RPL_UMODEIS,
    text_of,
)

__all__ = ["TABLE", "room_modes"]

_SHOWN: Final = {
    "b": (RPL_BANLIST, RPL_ENDOFBANLIST),
    "e": (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST),
    "I": (RPL_INVEXLIST, RPL_ENDOFINVEXLIST),
}


def _mode(client: Served, line: Line) -> None:
    if line.params[0].startswith("#"):
        room = find(client, line.params[0])
        if room is not None:
            _room(client, line, room)
    else:
        _user(client, line)


# --- a channel -------------------------------------------------------------------------------------


def _room(client: Served, line: Line, room: Room) -> None:
    if len(line.params) == 1:
        client.numeric(RPL_CHANNELMODEIS, room.name, *room_modes(room, client.user in room.members))
        client.numeric(RPL_CREATIONTIME, room.name, str(int(room.since)))
        return
    said = read(line.params[1], line.params[2:], OURS)[:MODES]
    lists = dict.fromkeys(one.letter for one in said if one.letter in LISTS and not one.arg)
    for letter in lists:
        _show(client, room, letter)
    changes = [one for one in said if one.letter not in LISTS or one.arg]
    code = why_not_change(room, client.user) if changes else ""
    if code:
        refuse(client, code, room.name)
        return
    wanted = [made for one in changes if (made := _checked(client, room, one))]
    done = actions.moded(client.gateway, client.user, room, _bounded(client, room, wanted))
    if done:
        did(client, line, "irc.mode", target=room.name, modes=plain(done))


def room_modes(room: Room, inside: bool) -> list[str]:
    """As 324 has them: letters, and behind them the parameters; the key only for members."""
    letters = "".join(sorted(room.modes, key=lambda one: (one in "kl", one)))
    args = [("*" if one == "k" and not inside else room.modes[one]) for one in letters if one in "kl"]
    return [f"+{letters}", *args]


def _show(client: Served, room: Room, letter: str) -> None:
    code, end = _SHOWN[letter]
    for one in room.lists.get(letter, {}).values():
        client.numeric(code, room.name, one.mask, one.by, str(int(one.at)))
    refuse(client, end, room.name)


def _checked(client: Served, room: Room, change: Change) -> Change | None:
    """The change as it is done; None for one that is refused."""
    letter = change.letter
    if letter in SIGNS:
        return _member(client, room, change)
    if letter in FLAGS:
        return change
    if letter not in f"{LISTS}kl":
        client.numeric(ERR_UNKNOWNMODE, shown(letter), text_of(ERR_UNKNOWNMODE))
        return None
    arg = _parameter(change)
    if arg is not None:
        return Change(change.sign, letter, arg)
    _invalid(client, room, letter, "" if letter == "k" else change.arg)
    return None


def _parameter(change: Change) -> str | None:
    """That of a list, a key or a limit as it is kept; None for one that cannot be."""
    sign, letter, arg = change
    if letter in LISTS:
        return normal(arg) or None
    if sign == "-":
        return arg
    if letter == "k":
        return arg if is_key(arg) else None
    return f"{int(arg)}" if is_limit(arg) else None


def _member(client: Served, room: Room, change: Change) -> Change | None:
    user = client.gateway.roster.present(change.arg) if change.arg else None
    if not change.arg:
        _invalid(client, room, change.letter, "")
    elif user is None:
        refuse(client, ERR_NOSUCHNICK, change.arg)
    elif user not in room.members:
        refuse(client, ERR_USERNOTINCHANNEL, user.nick, room.name)
    else:
        return change
    return None


def _invalid(client: Served, room: Room, letter: str, arg: str) -> None:
    refuse(client, ERR_INVALIDMODEPARAM, room.name, letter, arg or "*")


def _bounded(client: Served, room: Room, changes: Iterable[Change]) -> Iterable[Change]:
    """Without what a list has no room for. All lists of a channel have one bound; what is taken away makes room."""
    most = client.gateway.options.list_entries
    for change in changes:
        full = sum(map(len, room.lists.values())) >= most
        if change.sign == "+" and change.letter in LISTS and full:
            refuse(client, ERR_BANLISTFULL, room.name, change.letter)
        else:
            yield change


# --- the client ------------------------------------------------------------------------------------


def _user(client: Served, line: Line) -> None:
    gateway, user = client.gateway, client.user
    other = gateway.roster.present(line.params[0])
    if other is None:
        refuse(client, ERR_NOSUCHNICK, line.params[0])
    elif other is not user:
        refuse(client, ERR_USERSDONTMATCH)
    elif len(line.params) == 1:
        client.numeric(RPL_UMODEIS, f"+{user.modes}")
    else:
        said = read(line.params[1], (), OURS)[:MODES]
        changes = [Change(one.sign, one.letter) for one in said if one.letter in USER_MODES]
        if any(one.letter not in f"{USER_MODES}r" for one in said):
            refuse(client, ERR_UMODEUNKNOWNFLAG)
        done = actions.user_moded(gateway, user, user, changes)
        if done:
            did(client, line, "irc.mode", target=user.nick, modes=plain(done))


TABLE = {"MODE": (_mode, 1)}
