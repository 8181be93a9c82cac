"""Channels: PART, KICK, TOPIC, INVITE."""

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.replies import did, refuse
from interfaces.irc.gateway.roster import Room, User
from interfaces.irc.gateway.rules import sees, why_not_change, why_not_invite, why_not_topic
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTONCHANNEL,
    ERR_USERNOTINCHANNEL,
    ERR_USERONCHANNEL,
    RPL_AWAY,
    RPL_ENDOFINVITELIST,
    RPL_INVITELIST,
    RPL_INVITING,
    RPL_NOTOPIC,
    RPL_TOPIC,
    RPL_TOPICWHOTIME,
)
from interfaces.irc.texts import clipped

__all__ = ["TABLE", "find", "part", "show_topic"]


def find(client: Served, name: str) -> Room | None:
    """The channel that a client names; one that it may not know of, or that is none, is refused."""
    room = client.gateway.roster.room(name)
    if room is not None and sees(room, client.user):
        return room
    refuse(client, ERR_NOSUCHCHANNEL, name)
    return None


# --- PART, KICK ------------------------------------------------------------------------------------


def _part(client: Served, line: Line) -> None:
    for name in filter(None, line.params[0].split(",")):
        room = find(client, name)
        if room is None:
            continue
        if client.user not in room.members:
            refuse(client, ERR_NOTONCHANNEL, room.name)
        else:
            part(client, line, room, line.param(1))


def part(client: Served, line: Line, room: Room, text: str) -> None:
    """A client leaves."""
    actions.leave(client.gateway, client.user, room, text)
    did(client, line, "irc.part", channel=room.name, text=text, is_self=True)


def _kick(client: Served, line: Line) -> None:
    names, nicks = line.params[0].split(","), line.params[1].split(",")
    pairs = zip(names, nicks, strict=False) if len(names) > 1 else ((names[0], nick) for nick in nicks)
    for name, nick in pairs:
        _put_out(client, line, name, nick)


def _put_out(client: Served, line: Line, name: str, nick: str) -> None:
    room = find(client, name)
    if room is None:
        return
    code = why_not_change(room, client.user)
    if code:
        refuse(client, code, room.name)
        return
    user = client.gateway.roster.present(nick)
    if user is None:
        refuse(client, ERR_NOSUCHNICK, nick)
    elif user not in room.members:
        refuse(client, ERR_USERNOTINCHANNEL, user.nick, room.name)
    else:
        text = line.param(2)
        actions.kicked(client.gateway, client.user, user, room, text)
        is_self = user is client.user
        did(client, line, "irc.kick", channel=room.name, target=user.nick, text=text, is_self=is_self)


# --- TOPIC -----------------------------------------------------------------------------------------


def _topic(client: Served, line: Line) -> None:
    room = find(client, line.params[0])
    if room is None:
        return
    if len(line.params) == 1:
        if room.topic:
            show_topic(client, room)
        else:
            refuse(client, RPL_NOTOPIC, room.name)
        return
    code = why_not_topic(room, client.user)
    if code:
        refuse(client, code, room.name)
        return
    text = clipped(line.params[1], client.gateway.options.topic_length)
    actions.topic(client.gateway, client.user, room, text)
    did(client, line, "irc.topic", channel=room.name, text=text)


def show_topic(client: Served, room: Room) -> None:
    """What it is, and since when, by whom."""
    client.numeric(RPL_TOPIC, room.name, room.topic)
    client.numeric(RPL_TOPICWHOTIME, room.name, room.topic_by, str(int(room.topic_at)))


# --- INVITE ----------------------------------------------------------------------------------------


def _invite(client: Served, line: Line) -> None:
    if not line.params:
        _invitations(client)
        return
    if len(line.params) < 2:
        refuse(client, ERR_NEEDMOREPARAMS, "INVITE")
        return
    nick, name = line.params[:2]
    user = client.gateway.roster.present(nick)
    if user is None:
        refuse(client, ERR_NOSUCHNICK, nick)
        return
    room = find(client, name)
    if room is None:
        return
    code = why_not_invite(room, client.user)
    if code:
        refuse(client, code, room.name)
    elif user in room.members:
        refuse(client, ERR_USERONCHANNEL, user.nick, room.name)
    else:
        _invited(client, line, user, room)


def _invited(client: Served, line: Line, user: User, room: Room) -> None:
    client.numeric(RPL_INVITING, user.nick, room.name)
    if user.away:
        client.numeric(RPL_AWAY, user.nick, user.away)
    actions.invited(client.gateway, client.user, user, room, room.ops(client.user))
    did(client, line, "irc.invite", channel=room.name, target=user.nick)


def _invitations(client: Served) -> None:
    """Those of the client itself."""
    roster = client.gateway.roster
    for room in client.user.invites:
        if roster.room(room.name) is room:
            client.numeric(RPL_INVITELIST, room.name)
    refuse(client, RPL_ENDOFINVITELIST)


TABLE = {"PART": (_part, 1), "KICK": (_kick, 2), "TOPIC": (_topic, 1), "INVITE": (_invite, 0)}
