"""Who may join, talk and change, and who sees what. Pure.

RFC 2811 and modern.ircdocs.horse: modes i k l m n s t, lists b e I, operators and voices; account-extban of IRCv3 as
``$a:ACCOUNT`` (``$a`` is whoever is logged in). A ban holds for the nick!user@host that others see. An operator's
invitation lifts b, i and l, not a key. Who is banned, and neither operator nor voiced, may not talk either.
"""

import re
from typing import Final

from interfaces.irc.gateway.roster import SIGNS, Entry, Room, User
from interfaces.irc.isupport import Isupport
from interfaces.irc.names import Fold, matcher
from interfaces.irc.numerics import (
    ERR_BADCHANNELKEY,
    ERR_BANNEDFROMCHAN,
    ERR_CHANNELISFULL,
    ERR_CHANOPRIVSNEEDED,
    ERR_INVITEONLYCHAN,
    ERR_NOTONCHANNEL,
)

__all__ = [
    "AWAY", "FLAGS", "KEY", "LISTS", "MODES", "OURS", "USER_MODES", "banned", "entry", "is_key", "is_limit", "listed",
    "may_talk", "meets", "normal", "sees", "sees_user", "tokens", "why_not_change", "why_not_invite", "why_not_join",
    "why_not_topic",
]  # fmt: skip

LISTS: Final = "beI"
"""Modes that are lists of masks."""
FLAGS: Final = "imnst"
"""Those without a parameter."""
MODES: Final = 20
"""Modes in one command."""
KEY: Final = 32
"""Octets of a key."""
MASK: Final = 200
"""Octets of a mask."""
AWAY: Final = 300
"""Octets of what somebody says when away."""
USER_MODES: Final = "Biw"
"""Those that users set themselves; r is of who is logged in."""
_ACCOUNT: Final = "$a"
_ACCOUNTS: Final = re.compile(r"\$a(:.+)?")
_KEY: Final = re.compile(r"(?!:)[!-+\--~]+")
_MASK: Final = re.compile(r"(?!:)[^\s\0-\x1f\x7f]+")


def tokens() -> dict[str, str]:
    """What a server that keeps to these rules says of itself in 005."""
    return {
        "CHANTYPES": "#",
        "CHANMODES": f"{LISTS},k,l,{FLAGS}",
        "PREFIX": f"({''.join(SIGNS)}){''.join(SIGNS.values())}",
        "MODES": str(MODES),
        "EXCEPTS": "",
        "INVEX": "",
        "EXTBAN": "$,a",
        "ACCOUNTEXTBAN": "a",
        "KEYLEN": str(KEY),
        "AWAYLEN": str(AWAY),
        "ELIST": "CMNTU",
    }


def _ours() -> Isupport:
    made = Isupport()
    made.feed(["*", *(f"{name}={value}" for name, value in tokens().items())])
    return made


OURS: Final = _ours()
"""How modes of our channels are read."""


# --- masks -----------------------------------------------------------------------------------------


def normal(mask: str) -> str:
    """``mask`` with all three parts, ``nick`` becomes ``nick!*@*``; "" for one that cannot be."""
    if not _MASK.fullmatch(mask) or len(mask.encode(errors="replace")) > MASK:
        return ""
    if mask.startswith("$"):
        return mask if _ACCOUNTS.fullmatch(mask) else ""
    before, at, host = mask.rpartition("@")
    if not at:
        before, host = mask, "*"
    nick, bang, user = before.partition("!")
    if at and not bang:
        nick, user = "*", nick
    return "!".join((nick or "*", f"{user or '*'}@{host or '*'}"))


def entry(mask: str, by: str, at: float, fold: Fold) -> Entry:
    """An entry of a list, for a mask that is normal."""
    if mask == _ACCOUNT:
        return Entry(mask, by, at, lambda user: user.account is not None)
    if mask.startswith("$"):
        account = matcher(mask[3:], fold)
        return Entry(mask, by, at, lambda user: user.account is not None and account(user.account))
    matches = matcher(mask, fold)
    return Entry(mask, by, at, lambda user: matches(user.source))


def listed(room: Room, letter: str, user: User) -> bool:
    """Whether a list of the channel names ``user``."""
    found = room.lists.get(letter)
    return found is not None and any(one.matches(user) for one in found.values())


def banned(room: Room, user: User) -> bool:
    """Whether ``user`` is banned, and not excepted."""
    return listed(room, "b", user) and not listed(room, "e", user)


# --- who may ---------------------------------------------------------------------------------------


def may_talk(room: Room, user: User) -> bool:
    """Whether all of the channel hear what ``user`` says."""
    signs = room.members.get(user)
    if signs:
        return True
    if signs is None and "n" in room.modes:
        return False
    return "m" not in room.modes and not banned(room, user)


def why_not_join(room: Room, user: User, key: str) -> str:
    """The numeric that keeps ``user`` out; "" for none."""
    modes = room.modes
    if "k" in modes and key != modes["k"]:
        return ERR_BADCHANNELKEY
    if room in user.invites:
        return ""
    if banned(room, user):
        return ERR_BANNEDFROMCHAN
    if "i" in modes and not listed(room, "I", user):
        return ERR_INVITEONLYCHAN
    return ERR_CHANNELISFULL if "l" in modes and len(room.members) >= int(modes["l"]) else ""


def why_not_change(room: Room, user: User) -> str:
    """The numeric that keeps ``user`` from changing the channel; "" for none."""
    if user not in room.members:
        return ERR_NOTONCHANNEL
    return "" if room.ops(user) else ERR_CHANOPRIVSNEEDED


def why_not_topic(room: Room, user: User) -> str:
    """As :func:`why_not_change`, of the topic."""
    found = why_not_change(room, user)
    return "" if found == ERR_CHANOPRIVSNEEDED and "t" not in room.modes else found


def why_not_invite(room: Room, user: User) -> str:
    """As :func:`why_not_change`, of an invitation."""
    found = why_not_change(room, user)
    return "" if found == ERR_CHANOPRIVSNEEDED and "i" not in room.modes else found


def is_key(text: str) -> bool:
    """Whether a channel may have this key: it has to stand in a list, in the middle of a line."""
    return len(text) <= KEY and _KEY.fullmatch(text) is not None


def is_limit(text: str) -> bool:
    """Whether a channel may have this limit."""
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0


# --- who sees --------------------------------------------------------------------------------------


def sees(room: Room, viewer: User) -> bool:
    """Whether ``viewer`` may know that there is such a channel."""
    return "s" not in room.modes or viewer in room.members


def meets(user: User, viewer: User) -> bool:
    """Whether both are in one channel."""
    few, many = sorted((user.rooms, viewer.rooms), key=len)
    return any(name in many for name in few)


def sees_user(user: User, viewer: User) -> bool:
    """Whether ``viewer`` finds ``user`` without having named it."""
    return "i" not in user.modes or user is viewer or meets(user, viewer)
