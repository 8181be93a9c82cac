"""What changes who is there, and who is told of it: the same for our clients' doing and for that of other containers.

``by`` is a user, or a server by its name. Whom something happens to hears of it with all who share a channel.
A link, where there is one, tells the other containers what users of ours did, and our server:
``link.tell(what, user, said)``, where ``user`` is None for the server and ``said`` has plain values only. What is
told, and its keys:

arrive nick user host realname account modes since · quit text · nick old · away text · account account ·
setname realname · host user host · join channel signs since modes (those of a channel that is new) ·
part channel text · kick channel target text · topic channel text at · mode target modes at ·
invite channel target lifts
"""

from collections.abc import Iterable
from typing import Final

from interfaces.irc.gateway.changing import change_room, change_user
from interfaces.irc.gateway.hearers import By, line, linked, speech, to_able, to_room, to_users
from interfaces.irc.gateway.past import Was
from interfaces.irc.gateway.replies import shown, told
from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.rules import MODES
from interfaces.irc.gateway.saying import Said
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.modes import Change, form, plain
from interfaces.irc.numerics import RPL_MONOFFLINE, RPL_MONONLINE

__all__ = [
    "By", "account", "arrived", "away", "enter", "invited", "kicked", "leave", "moded", "quitted", "rehosted",
    "renamed", "setname", "to_able", "to_room", "to_users", "topic", "user_moded",
]  # fmt: skip

INVITES: Final = 50
"""Invitations that one user may have; the oldest falls away."""


# --- users -----------------------------------------------------------------------------------------


def arrived(gateway: Gateway, user: User, since: float = 0.0) -> None:
    """``user`` is registered, here (then it has its client already) or elsewhere, since then."""
    if user.account is not None and "r" not in user.modes:
        user.modes += "r"
    gateway.roster.arrive(user, since or gateway.clock())
    _watched(gateway, RPL_MONONLINE, user.nick, user.source)
    linked(gateway, user, "arrive", nick=user.nick, user=user.user, host=user.host, realname=user.realname,
            account=user.account, modes=user.modes, since=user.since)  # fmt: skip


def quitted(gateway: Gateway, user: User, text: str) -> None:
    """``user`` is gone."""
    said = speech(gateway, user, "QUIT", "", text)
    roster = gateway.roster
    near = roster.near(user)
    _remembered(gateway, user)
    roster.remove(user)
    roster.watches.clear(user)
    to_users(near, said, but=user)
    _watched(gateway, RPL_MONOFFLINE, user.nick, user.nick)
    linked(gateway, user, "quit", text=text)


def renamed(gateway: Gateway, user: User, nick: str) -> bool:
    """``user`` is called otherwise; False when somebody else is called so."""
    said = line(gateway, user, "NICK", nick)
    roster, old = gateway.roster, user.nick
    other = roster.user(nick)
    if other is not None and other is not user:
        return False
    if other is None:
        _remembered(gateway, user)
    roster.rename(user, nick)
    to_users(roster.near(user), said)
    if other is None:
        _watched(gateway, RPL_MONOFFLINE, old, old)
        _watched(gateway, RPL_MONONLINE, nick, user.source)
    linked(gateway, user, "nick", old=old)
    return True


def away(gateway: Gateway, user: User, text: str | None) -> None:
    """``user`` is away, or back: then without a text."""
    said = _away(gateway, user, text)
    user.away = text or None
    to_able(_interested(gateway, user), said, "away-notify", but=user)
    linked(gateway, user, "away", text=user.away)


def _away(gateway: Gateway, user: User, text: str | None) -> Said:
    return speech(gateway, user, "AWAY", "", text) if text else line(gateway, user, "AWAY")


def account(gateway: Gateway, user: User, name: str | None) -> None:
    """``user`` has logged in, or out."""
    user.account = name
    user_moded(gateway, gateway.name, user, [Change("-" if name is None else "+", "r")])
    to_able(_interested(gateway, user), line(gateway, user, "ACCOUNT", shown(name or "*")), "account-notify")
    linked(gateway, user, "account", account=name)


def setname(gateway: Gateway, user: User, realname: str) -> None:
    """``user`` has another real name."""
    said = speech(gateway, user, "SETNAME", "", realname)
    user.realname = realname
    to_able(_interested(gateway, user), said, "setname")
    linked(gateway, user, "setname", realname=realname)


def rehosted(gateway: Gateway, user: User, name: str, host: str) -> None:
    """``user`` has another user name or host; who has no chghost sees it with the next line."""
    said = line(gateway, user, "CHGHOST", name, host)
    user.user, user.host = name, host
    user.named(user.nick)
    to_able(_interested(gateway, user), said, "chghost")
    linked(gateway, user, "host", user=name, host=host)


def user_moded(gateway: Gateway, by: By, user: User, changes: Iterable[Change]) -> list[Change]:
    """Modes of ``user`` are changed; those that were, which only it hears."""
    done = [made for change in changes if (made := change_user(gateway.roster, user, change))]
    for words in form(done, MODES):
        to_users([user], line(gateway, by, "MODE", user.nick, *words))
    if done and user.client is not None:
        linked(gateway, user, "mode", target=user.nick, modes=plain(done), at=gateway.clock())
    return done


def _interested(gateway: Gateway, user: User) -> Iterable[User]:
    """Who shares a channel with ``user``, and who watches it and has extended-monitor."""
    near = gateway.roster.near(user)
    who = gateway.roster.watches.who(user.nick)
    watchers = [one for one in who if one.client is not None and "extended-monitor" in one.client.caps]
    return dict.fromkeys((*near, *watchers)) if watchers else near


def _remembered(gateway: Gateway, user: User) -> None:
    gateway.roster.past.add(Was(user.nick, user.user, user.host, user.realname, gateway.clock()))


def _watched(gateway: Gateway, code: str, nick: str, text: str) -> None:
    for watcher in gateway.roster.watches.who(nick):
        if watcher.client is not None:
            watcher.client.numeric(code, text)


# --- channels --------------------------------------------------------------------------------------


def enter(gateway: Gateway, user: User, room: Room, signs: str = "") -> None:
    """``user`` joins: its members hear of it, it too."""
    gateway.roster.enter(user, room, signs)
    short = line(gateway, user, "JOIN", room.name)
    long: Said | None = None
    for member in room.members:
        client = member.client
        if client is None:
            continue
        if client.extended_join:
            if long is None:
                words = f"{room.name} {shown(user.account or '*')}"
                long = speech(gateway, user, "JOIN", words, user.realname)
            client.put(long.line(client.bits))
        else:
            client.put(short.line(client.bits))
    if user.away:
        to_able(room.members, _away(gateway, user, user.away), "away-notify", but=user)
    made = room.modes if len(room.members) == 1 else {}
    linked(gateway, user, "join", channel=room.name, signs=signs, since=room.since, modes=dict(made))


def leave(gateway: Gateway, user: User, room: Room, text: str = "") -> None:
    """``user`` parts."""
    said = speech(gateway, user, "PART", room.name, text) if text else line(gateway, user, "PART", room.name)
    to_room(room, said)
    gateway.roster.leave(user, room)
    linked(gateway, user, "part", channel=room.name, text=text)


def kicked(gateway: Gateway, by: By, user: User, room: Room, text: str = "") -> None:
    """``user`` is put out of the channel."""
    text = text or (by if isinstance(by, str) else by.nick)
    to_room(room, speech(gateway, by, "KICK", f"{room.name} {user.nick}", text))
    gateway.roster.leave(user, room)
    if user.client is not None and user is not by:
        source = (
            {"nick": by, "user": None, "host": None, "account": None} if isinstance(by, str) else by.says()
        )
        told(
            user.client,
            "irc.kick",
            source=source,
            channel=room.name,
            target=user.nick,
            text=text,
            is_self=True,
        )
    linked(gateway, by, "kick", channel=room.name, target=user.nick, text=text)


def topic(gateway: Gateway, by: By, room: Room, text: str, at: float = 0.0) -> None:
    """The channel has another topic, "" is none."""
    said = speech(gateway, by, "TOPIC", room.name, text)
    room.topic = text
    room.topic_by = by if isinstance(by, str) else by.source
    room.topic_at = at or gateway.clock()
    to_room(room, said)
    linked(gateway, by, "topic", channel=room.name, text=text, at=room.topic_at)


def moded(gateway: Gateway, by: By, room: Room, changes: Iterable[Change], at: float = 0.0) -> list[Change]:
    """Modes of the channel are changed, without looking whether they may be; those that were."""
    name, now = by if isinstance(by, str) else by.source, at or gateway.clock()
    done = [made for change in changes if (made := change_room(gateway.roster, room, change, name, now))]
    for words in form(done, MODES):
        to_room(room, line(gateway, by, "MODE", room.name, *words))
    if done:
        linked(gateway, by, "mode", target=room.name, modes=plain(done), at=now)
    return done


def invited(gateway: Gateway, by: By, user: User, room: Room, lifts: bool = True) -> None:
    """``user`` is invited; it hears of it, and who is there and wants to know. ``lifts``: it may come in by that."""
    if lifts:
        user.invites.pop(room, None)
        user.invites[room] = None
        if len(user.invites) > INVITES:
            del user.invites[next(iter(user.invites))]
    said = line(gateway, by, "INVITE", user.nick, room.name)
    to_users([user], said)
    to_able(room.members, said, "invite-notify", but=by if isinstance(by, User) else None)
    linked(gateway, by, "invite", channel=room.name, target=user.nick, lifts=lifts)
