"""One change of a mode, done to a channel or a user: what came of it is what others are told. Pure."""

from interfaces.irc.gateway.roster import SIGNS, Room, Roster, User
from interfaces.irc.gateway.rules import FLAGS, LISTS, entry
from interfaces.irc.modes import Change

__all__ = ["change_room", "change_user"]


def change_room(roster: Roster, room: Room, change: Change, by: str, now: float) -> Change | None:
    """Do it; None where it changes nothing. Whoever asks for it has looked whether it may be."""
    letter = change.letter
    if letter in SIGNS:
        return _signs(roster, room, change)
    if letter in LISTS:
        return _list(roster, room, change, by, now)
    if letter in "kl":
        return _with_parameter(room, change)
    if letter not in f"{FLAGS}P" or (letter in room.modes) == (change.sign == "+"):
        return None
    if change.sign == "+":
        room.modes[letter] = ""
    else:
        del room.modes[letter]
    return Change(change.sign, letter)


def _signs(roster: Roster, room: Room, change: Change) -> Change | None:
    user = roster.present(change.arg)
    signs = None if user is None else room.members.get(user)
    sign = SIGNS[change.letter]
    if user is None or signs is None or (sign in signs) == (change.sign == "+"):
        return None
    has = {*signs, sign} if change.sign == "+" else {*signs} - {sign}
    room.members[user] = "".join(one for one in SIGNS.values() if one in has)
    return Change(change.sign, change.letter, user.nick)


def _list(roster: Roster, room: Room, change: Change, by: str, now: float) -> Change | None:
    entries = room.lists.setdefault(change.letter, {})
    folded = roster.fold(change.arg)
    found = entries.get(folded)
    if (found is not None) == (change.sign == "+"):
        return None
    if found is not None:
        del entries[folded]
        return Change("-", change.letter, found.mask)
    entries[folded] = entry(change.arg, by, now, roster.fold)
    return change


def _with_parameter(room: Room, change: Change) -> Change | None:
    letter, has = change.letter, room.modes.get(change.letter)
    if change.sign == "+":
        if has == change.arg:
            return None
        room.modes[letter] = change.arg
        return change
    if has is None:
        return None
    del room.modes[letter]
    return Change("-", letter, "*" if letter == "k" else "")


def change_user(roster: Roster, user: User, change: Change) -> Change | None:
    """Do it; None where it changes nothing."""
    if (change.letter in user.modes) == (change.sign == "+"):
        return None
    if change.sign == "+":
        user.modes = "".join(sorted(user.modes + change.letter))
    else:
        user.modes = user.modes.replace(change.letter, "")
    if change.letter == "i" and user.since:
        roster.invisible += 1 if change.sign == "+" else -1
    return Change(change.sign, change.letter)
