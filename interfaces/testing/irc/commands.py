"""What a user of the fake network may do once it is registered."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from interfaces.irc.line import Line
from interfaces.testing.irc.peer import Peer
from interfaces.testing.irc.rooms import Spoken

__all__ = ["COMMANDS"]


def _join(network: Any, peer: Peer, line: Line) -> None:
    keys = line.param(1).split(",")
    for place, name in enumerate(line.param(0).split(",")):
        if not name.startswith("#"):
            peer.numeric("403", [name.replace(":", "")], "No such channel")
            continue
        room = network.room(name)
        if room.refuses:
            code, _, text = room.refuses.partition(" :")
            peer.numeric(code, [name], text)
        elif room.key and (place >= len(keys) or keys[place] != room.key):
            peer.numeric("475", [name], "Cannot join channel (+k)")
        elif peer.nick not in room.members:
            network.enters(peer.nick, name, peer)
            if room.topic:
                peer.numeric("332", [room.name], room.topic)
            _tell_names(network, peer, name)


def _tell_names(network: Any, peer: Peer, name: str) -> None:
    room = network.room(name)
    for nick in room.members:
        sign = "@" if nick in room.ops else ""
        peer.numeric("353", ["=", room.name], f"{sign}{nick}")
    peer.numeric("366", [room.name], "End of /NAMES list.")


def _names(network: Any, peer: Peer, line: Line) -> None:
    _tell_names(network, peer, line.param(0))


def _part(network: Any, peer: Peer, line: Line) -> None:
    name = line.param(0)
    if peer.nick not in network.room(name).members:
        peer.numeric("442", [name], "You're not on that channel")
        return
    network.relay("PART", [name, line.param(1)] if line.param(1) else [name], peer.source, name)
    del network.room(name).members[peer.nick]


def _message(network: Any, peer: Peer, line: Line) -> None:
    target, text = line.param(0), line.param(1)
    room = network.rooms.get(target)
    if room is not None and (room.mute or peer.nick not in room.members):
        peer.numeric("404", [target], "Cannot send to channel")
        return
    if room is None and not network.taken(target, None):
        code, words = ("403", "No such channel") if target.startswith("#") else ("401", "No such nick")
        peer.numeric(code, [target], words)
        return
    tags = network.stamp() | {key: value for key, value in line.tags.items() if key.startswith("+")}
    network.spoke(Spoken(peer.source, line.command, target, text, tags), peer)
    if "echo-message" in peer.caps:
        peer.send(line.command, [target, text] if text else [target], peer.source, tags)
    if network.faults.drop_after:
        network.faults.drop_after -= 1
        if not network.faults.drop_after:
            peer.transport.abort()


def _topic(network: Any, peer: Peer, line: Line) -> None:
    room = network.room(line.param(0))
    if len(line.params) < 2:
        code, text = ("332", room.topic) if room.topic else ("331", "No topic is set")
        peer.numeric(code, [room.name], text)
        return
    if peer.nick not in room.ops:
        peer.numeric("482", [room.name], "You're not channel operator")
        return
    room.topic = line.param(1)
    network.relay("TOPIC", [room.name, room.topic], peer.source, room.name)


def _kick(network: Any, peer: Peer, line: Line) -> None:
    room = network.room(line.param(0))
    if line.param(1) not in room.members:
        peer.numeric("441", [line.param(1), room.name], "They aren't on that channel")
        return
    network.relay("KICK", [room.name, line.param(1), line.param(2) or peer.nick], peer.source, room.name)
    del room.members[line.param(1)]


def _mode(network: Any, peer: Peer, line: Line) -> None:
    if len(line.params) < 2:
        if line.param(0).startswith("#"):
            peer.numeric("324", [line.param(0)], "+nt")
        else:
            peer.numeric("221", [], "+i")
        return
    if line.param(1).startswith("+k"):
        network.room(line.param(0)).key = line.param(2)
    network.relay("MODE", line.params, peer.source, line.param(0))


def _away(network: Any, peer: Peer, line: Line) -> None:
    if line.param(0):
        peer.numeric("306", [], "You have been marked as being away")
    else:
        peer.numeric("305", [], "You are no longer marked as being away")


def _invite(network: Any, peer: Peer, line: Line) -> None:
    peer.numeric("341", [line.param(0)], line.param(1))


def _history(network: Any, peer: Peer, line: Line) -> None:
    if line.param(0) == "TARGETS":
        since, until = _time(line.param(1)), _time(line.param(2))
        name = network.number("t")
        peer.send("BATCH", [f"+{name}", "draft/chathistory-targets"], network.name)
        for target, when in network.targets(peer.nick).items():
            if since < _seconds(when) < until:
                peer.send("CHATHISTORY", ["TARGETS", target, when], network.name, {"batch": name})
        peer.send("BATCH", [f"-{name}"], network.name)
        return
    target, limit = line.param(1), int(line.params[-1])
    every = network.history(target, peer.nick)
    found = _chosen(every, line.param(0), [_bound(every, one) for one in line.params[2:-1]], limit)
    name = network.number("h")
    peer.send("BATCH", [f"+{name}", "chathistory", target], network.name)
    for one in found:
        peer.send(one.command, [one.target, one.text], one.source, {**one.tags, "batch": name})
    peer.send("BATCH", [f"-{name}"], network.name)


def _chosen(every: list[Spoken], word: str, at: list[float], limit: int) -> list[Spoken]:
    """Those that a CHATHISTORY asks for, the oldest first."""
    times = [(one, _seconds(one.tags["time"])) for one in every]
    before = [one for one, when in times if when < at[0]]
    if word == "BEFORE":
        return before[-limit:]
    if word == "AROUND":
        rest = every[len(before) :][: limit - limit // 2]
        return before[len(before) - min(len(before), limit - len(rest)) :] + rest
    found = [one for one, when in times if at[0] < when]
    if word == "BETWEEN":
        found = [one for one, when in times if min(at) < when < max(at)]
    return found[-limit:] if word == "LATEST" or at[0] > at[-1] else found[:limit]


def _bound(every: list[Spoken], bound: str) -> float:
    """A moment; of a message its own, "*" is before all, as is what nobody has said."""
    if bound.startswith("timestamp="):
        return _time(bound)
    return next((_seconds(one.tags["time"]) for one in every if f"msgid={one.tags['msgid']}" == bound), 0.0)


def _time(bound: str) -> float:
    return _seconds(bound.removeprefix("timestamp="))


def _seconds(when: str) -> float:
    return datetime.fromisoformat(when).timestamp()


COMMANDS: dict[str, Callable[[Any, Peer, Line], None]] = {
    "JOIN": _join,
    "NAMES": _names,
    "PART": _part,
    "PRIVMSG": _message,
    "NOTICE": _message,
    "TAGMSG": _message,
    "TOPIC": _topic,
    "KICK": _kick,
    "MODE": _mode,
    "AWAY": _away,
    "INVITE": _invite,
    "CHATHISTORY": _history,
}
