"""What a client knows of its network: itself, the channels that it is in, and who is in them. Pure.

RFC 2812, modern.ircdocs.horse; IRCv3 multi-prefix, userhost-in-names, extended-join, account-notify, account-tag,
away-notify, chghost, setname; WHOX, of a question with the fields of :data:`WHOX`. Names compare as the server says,
from the line on in which it says so. Refused is nothing: a line that does not fit what is known (somebody leaves who
has never joined) changes nothing. What a history tells of the past is not for it.
"""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from interfaces.irc.isupport import Isupport
from interfaces.irc.line import Line
from interfaces.irc.messages import IrcSource
from interfaces.irc.modes import read
from interfaces.irc.names import read_source
from interfaces.irc.tables import Channel, Limits, Member, Tables, User

__all__ = ["WHOX", "Channel", "Limits", "Member", "State", "User"]

_ASKED: Final = "152"
WHOX: Final = f"%tcuhnfar,{_ASKED}"
"""Behind the target of a WHO, where the server has WHOX: its answers tell of accounts and real names."""
REFOLDS: Final = 3
"""Times that a server may say anew which names are the same: all that is known is looked through for that."""
_SAID: Final = ("PRIVMSG", "NOTICE", "TAGMSG")


class State(Tables):
    """Of one connection; ``nick`` is the one that we ask for."""

    def __init__(self, nick: str, limits: Limits | None = None) -> None:
        self.isupport = Isupport()
        super().__init__(nick, self.isupport.fold, limits or Limits())
        self.caps: Collection[str] = ()
        """Capabilities that are agreed on, to be set by whoever agrees: how far an account is believed."""
        self.refolds = 0
        self.server = ""
        """Its name, as 004 says it."""

    def source(self, line: Line) -> IrcSource:
        """Who a line is from: what it says itself, and what is known. To be asked before the line is fed.

        An account that was told once is believed as long as the server tells when it changes (account-notify), and of
        what is said only with its tag, where there are tags (account-tag).
        """
        nick, name, host = read_source(line.source)
        known = self.users.get(self.fold(nick))
        if known is not None and name is None and host is None:
            name, host = known.user, known.host
        account = _account(line)
        if account is None and known is not None and "account-notify" in self.caps:
            tagged = "account-tag" in self.caps and line.command in _SAID
            account = None if tagged else known.account
        return {"nick": nick, "user": name, "host": host, "account": None if account == "*" else account}

    def feed(self, line: Line) -> None:
        """Take in what the server says; takes anything."""
        handler = _HANDLERS.get(line.command)
        if handler is not None:
            handler(self, line)


def _seen(state: State, line: Line) -> User | None:
    """Who did it, if known, with what the line tells of them."""
    nick, name, host = read_source(line.source)
    user = state.users.get(state.fold(nick))
    if user is not None:
        user.user, user.host = name or user.user, host or user.host
        user.account = line.tags.get("account") or user.account
    return user


def _welcome(state: State, line: Line) -> None:
    if line.param(0):
        state.rename(state.me, line.param(0))


def _myinfo(state: State, line: Line) -> None:
    state.server = line.param(1)


def _supports(state: State, line: Line) -> None:
    state.isupport.feed(line.params)
    if state.isupport.fold is not state.fold and state.refolds < REFOLDS:
        state.refolds += 1
        state.refold(state.isupport.fold)


def _join(state: State, line: Line) -> None:
    nick = read_source(line.source).nick
    for name in line.param(0).split(","):
        channel = state.channel(name)
        if state.is_me(nick):
            state.enter(name)
        elif channel is not None:
            state.add(channel, nick)
    user = _seen(state, line)
    if user is not None and len(line.params) > 2:
        user.account = _logged_in(line.param(1))
        user.realname = line.param(2)


def _part(state: State, line: Line) -> None:
    nick = read_source(line.source).nick
    for name in line.param(0).split(","):
        channel = state.channel(name)
        if channel is not None:
            state.remove(channel, nick)


def _kick(state: State, line: Line) -> None:
    for nick in line.param(1).split(","):
        channel = state.channel(line.param(0))
        if channel is not None:
            state.remove(channel, nick)


def _quit(state: State, line: Line) -> None:
    user = _seen(state, line)
    if user is not None:
        state.gone(user)


def _nick(state: State, line: Line) -> None:
    user = _seen(state, line)
    if user is not None and line.param(0):
        state.rename(user, line.param(0))


def _mode(state: State, line: Line) -> None:
    channel = state.channel(line.param(0))
    if channel is not None:
        _change(state, channel, line.param(1), line.params[2:])


def _modes_are(state: State, line: Line) -> None:
    channel = state.channel(line.param(1))
    if channel is not None:
        channel.modes.clear()
        _change(state, channel, line.param(2), line.params[3:])


def _change(state: State, channel: Channel, letters: str, args: list[str]) -> None:
    signs = {letter: sign for sign, letter in state.isupport.signs.items()}
    lists = state.isupport.chanmodes[0]
    for sign, letter, arg in read(letters, args, state.isupport):
        if letter in signs:
            member = channel.members.get(state.fold(arg))
            if member is not None:
                _mark(state, member, signs[letter], given=sign == "+")
        elif sign == "-":
            channel.modes.pop(letter, None)
        elif letter not in lists:
            _set(state, channel, letter, arg)


def _mark(state: State, member: Member, sign: str, *, given: bool) -> None:
    has = {*member.prefixes} | {sign} if given else {*member.prefixes} - {sign}
    member.prefixes = "".join(one for one in state.isupport.signs if one in has)


def _set(state: State, channel: Channel, letter: str, arg: str) -> None:
    if letter in channel.modes or len(channel.modes) < state.limits.modes:
        channel.modes[letter] = arg
    else:
        state.dropped += 1


def _topic(state: State, line: Line) -> None:
    channel = state.channel(line.param(0))
    if channel is not None:
        channel.topic = line.param(1) or None
        channel.topic_by, channel.topic_at = line.source, 0


def _topic_is(state: State, line: Line) -> None:
    channel = state.channel(line.param(1))
    if channel is not None:
        channel.topic = (line.param(2) or None) if line.command == "332" else None


def _topic_by(state: State, line: Line) -> None:
    channel = state.channel(line.param(1))
    at = line.param(3)
    if channel is not None:
        channel.topic_by = line.param(2)
        channel.topic_at = int(at) if at.isascii() and at.isdigit() and len(at) < 16 else 0


def _names(state: State, line: Line) -> None:
    channel = state.channel(line.param(2))
    if channel is None:
        return
    signs = "".join(state.isupport.signs)
    for word in line.param(3).split(" "):
        bare = word.lstrip(signs)
        nick, name, host = read_source(bare)
        member = state.add(channel, nick) if nick else None
        if member is None:
            continue
        said = word[: len(word) - len(bare)]
        if len(said) != 1 or not member.prefixes.startswith(said):
            member.prefixes = said  # without multi-prefix only the strongest is said
        member.user.user, member.user.host = name or member.user.user, host or member.user.host


def _names_end(state: State, line: Line) -> None:
    channel = state.channel(line.param(1))
    if channel is not None:
        channel.complete = True


def _who(state: State, line: Line) -> None:
    user = state.user(line.param(5))
    if user is not None and len(line.params) > 7:
        user.user, user.host = line.param(2), line.param(3)
        _flags(user, line.param(6))
        user.realname = line.param(7).partition(" ")[2]


def _whox(state: State, line: Line) -> None:
    user = state.user(line.param(5))
    if user is not None and len(line.params) > 8 and line.param(1) == _ASKED:
        user.user, user.host = line.param(3), line.param(4)
        _flags(user, line.param(6))
        user.account = None if line.param(7) == "0" else _logged_in(line.param(7))
        user.realname = line.param(8)


def _flags(user: User, flags: str) -> None:
    user.away = (user.away or "") if "G" in flags else None


def _visible_host(state: State, line: Line) -> None:
    name, _, host = line.param(1).rpartition("@")
    state.me.user, state.me.host = name or state.me.user, host or state.me.host


def _logged_in_as(state: State, line: Line) -> None:
    state.me.account = _logged_in(line.param(2)) if line.command == "900" else None


def _account_is(state: State, line: Line) -> None:
    user = _seen(state, line)
    if user is not None:
        user.account = _logged_in(line.param(0))


def _host_is(state: State, line: Line) -> None:
    user = _seen(state, line)
    if user is not None and len(line.params) > 1:
        user.user, user.host = line.params[:2]


def _away(state: State, line: Line) -> None:
    user = _seen(state, line)
    if user is not None:
        user.away = line.param(0) or None


def _realname_is(state: State, line: Line) -> None:
    user = _seen(state, line)
    if user is not None:
        user.realname = line.param(0)


def _logged_in(account: str) -> str | None:
    return None if account in ("", "*") else account


def _account(line: Line) -> str | None:
    """The account that a line tells of itself, "*" where it tells that there is none; None: it tells nothing."""
    if line.command == "ACCOUNT":
        return line.param(0) or "*"
    if line.command == "JOIN" and len(line.params) > 2:
        return line.param(1) or "*"
    return line.tags.get("account") or None


_HANDLERS: Final[Mapping[str, Callable[[State, Line], None]]] = MappingProxyType(
    {
        "001": _welcome,
        "004": _myinfo,
        "005": _supports,
        "324": _modes_are,
        "331": _topic_is,
        "332": _topic_is,
        "333": _topic_by,
        "352": _who,
        "353": _names,
        "354": _whox,
        "366": _names_end,
        "396": _visible_host,
        "900": _logged_in_as,
        "901": _logged_in_as,
        "ACCOUNT": _account_is,
        "AWAY": _away,
        "CHGHOST": _host_is,
        "JOIN": _join,
        "KICK": _kick,
        "MODE": _mode,
        "NICK": _nick,
        "PART": _part,
        "QUIT": _quit,
        "SETNAME": _realname_is,
        "TOPIC": _topic,
    }
)
