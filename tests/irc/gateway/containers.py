"""Containers without any I/O: rosters with what links them, for tests of that; what goes between is in lists."""

from collections.abc import Callable, Iterable
from typing import Any

from interfaces.irc.gateway.changing import change_room
from interfaces.irc.gateway.linked_acts import Limits
from interfaces.irc.gateway.linked_deeds import Deeds
from interfaces.irc.gateway.linked_own import Known, Own
from interfaces.irc.gateway.linked_peers import Peers
from interfaces.irc.gateway.roster import Roster, User
from interfaces.irc.modes import Change

__all__ = ["Container", "Heard", "healed", "settled", "view"]

Message = dict[str, Any]


class Heard(Deeds):
    """Deeds that say what they did."""

    def __init__(self, roster: Roster) -> None:
        super().__init__(roster)
        self.log: list[str] = []

    def arrive(self, user: User, since: float) -> None:
        self.log.append(f"arrive {user.nick}")
        super().arrive(user, since)

    def quit(self, user: User, text: str) -> None:
        self.log.append(f"quit {user.nick} {text}")
        super().quit(user, text)

    def rename(self, user: User, nick: str) -> None:
        self.log.append(f"rename {user.nick} {nick}")
        super().rename(user, nick)

    def enter(self, user: User, room: Any) -> None:
        self.log.append(f"enter {user.nick} {room.name}")
        super().enter(user, room)

    def leave(self, user: User, room: Any, text: str) -> None:
        self.log.append(f"leave {user.nick} {room.name} {text}")
        super().leave(user, room, text)

    def kick(self, by: User | None, user: User, room: Any, text: str) -> None:
        self.log.append(f"kick {by and by.nick} {user.nick} {room.name} {text}")
        super().kick(by, user, room, text)

    def mode(self, by: User | None, room: Any, changes: list[Change]) -> None:
        if changes:
            said = " ".join(f"{one.sign}{one.letter}{one.arg}" for one in changes)
            self.log.append(f"mode {by and by.nick} {room.name} {said}")
        super().mode(by, room, changes)

    def topic(self, by: User | None, room: Any, text: str) -> None:
        self.log.append(f"topic {by and by.nick} {room.name} {text}")
        super().topic(by, room, text)

    def say(self, said: Any) -> None:
        self.log.append(f"say {said[3]}")


class Container:
    """One of them; ``at`` is the time for all that it does."""

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        self.name = name
        self.at = 1.0
        self.roster = Roster()
        self.known = Known(name, self.roster)
        self.counts: dict[str, int] = {}
        self.own = Own(self.known, lambda by: self.count("lost", by))
        self.deeds = Heard(self.roster)
        self.peers = Peers(self.known, self.own, self.deeds, limits or Limits(), self.count)

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    @property
    def log(self) -> list[str]:
        return self.deeds.log

    # --- what clients do ----------------------------------------------------------------------------

    def user(self, nick: str) -> User | None:
        """One of ours."""
        found = self.roster.user(nick)
        return found if found is not None and found.client is not None else None

    def arrive(self, nick: str) -> User | None:
        user = User(nick, "u", "h")
        user.client = object()
        if not self.roster.add(user):
            return None
        self.roster.arrive(user, self.at)
        self.own.tell("arrive", user, {})
        return user

    def quit(self, nick: str, text: str = "bye") -> None:
        user = self.user(nick)
        if user is not None:
            self.roster.remove(user)
            self.own.tell("quit", user, {"text": text})

    def nick(self, nick: str, new: str) -> None:
        user = self.user(nick)
        if user is not None and self.roster.rename(user, new):
            self.own.tell("nick", user, {"old": nick})

    def join(self, nick: str, channel: str) -> None:
        user = self.user(nick)
        if user is None:
            return
        room = self.roster.open(channel, self.at, "nt")
        if user not in room.members:
            self.roster.enter(user, room, "" if room.members else "@")
            self.own.tell(
                "join", user, {"channel": channel, "signs": room.members[user], "since": room.since}
            )

    def part(self, nick: str, channel: str, text: str = "") -> None:
        user, room = self.user(nick), self.roster.room(channel)
        if user is not None and room is not None and user in room.members:
            self.roster.leave(user, room)
            self.own.tell("part", user, {"channel": room.name, "text": text})

    def kick(self, nick: str, channel: str, target: str, text: str = "out") -> None:
        user, room, whom = self.user(nick), self.roster.room(channel), self.roster.user(target)
        if user is not None and room is not None and whom is not None and whom in room.members:
            self.roster.leave(whom, room)
            self.own.tell("kick", user, {"channel": room.name, "target": whom.nick, "text": text})

    def mode(self, nick: str, channel: str, *modes: tuple[str, str]) -> None:
        user, room = self.user(nick), self.roster.room(channel)
        if user is None or room is None:
            return
        wanted = [Change(mode[0], mode[1], arg) for mode, arg in modes]
        done = [
            one for change in wanted if (one := change_room(self.roster, room, change, user.source, self.at))
        ]
        if done:
            said = [[f"{one.sign}{one.letter}", one.arg] for one in done]
            self.own.tell("mode", user, {"target": room.name, "modes": said, "at": self.at})

    def topic(self, nick: str, channel: str, text: str) -> None:
        user, room = self.user(nick), self.roster.room(channel)
        if user is not None and room is not None:
            room.topic, room.topic_by, room.topic_at = text, user.source, self.at
            self.own.tell("topic", user, {"channel": room.name, "text": text, "at": self.at})

    def away(self, nick: str, text: str | None) -> None:
        user = self.user(nick)
        if user is not None:
            user.away = text
            self.own.tell("away", user, {"text": text})

    # --- messages -----------------------------------------------------------------------------------

    def messages(self, beat: bool = False) -> Iterable[Message]:
        """What it has to tell, to be sent in this order."""
        while (message := self.own.take()) is not None:
            yield message
        if self.peers.asks:
            yield {"kind": "ask", "of": sorted(self.peers.asks)}
            self.peers.asks.clear()
        if self.peers.asked:
            self.peers.asked = False
            yield from self.own.portions()
        if beat:
            yield self.own.beat(self.peers.seen, self.peers.busy)

    def hear(self, sender: str, message: Message) -> None:
        for _ in self.peers.hearing(sender, message, self.at):
            pass
        self.leave()

    def tick(self) -> None:
        """Time has gone by."""
        self.peers.tick(self.at)
        self.leave()

    def leave(self) -> None:
        """Those go whose containers are gone."""
        for _ in self.peers.leaving():
            pass


def view(container: Container) -> dict[str, Any]:
    """All that is agreed on, as a container sees it."""
    roster = container.roster
    users = {
        nick: (user.nick, user.user, user.host, user.away, user.account, user.home or container.name)
        for nick, user in roster.users.items()
    }
    rooms = {
        name: (
            room.since, room.topic, room.modes, {user.nick: signs for user, signs in room.members.items()},
            {letter: {*found} for letter, found in room.lists.items() if found},
        )
        for name, room in roster.rooms.items()
    }  # fmt: skip
    return {"users": users, "rooms": rooms}


def settled(
    containers: list[Container], keep: Callable[[str, str], bool] = lambda _one, _other: True
) -> bool:
    """Have all messages delivered, and those that come of them; whether there were any."""
    some = False
    for _ in range(100):
        moved = False
        for one in containers:
            for message in [*one.messages()]:
                moved = some = True
                for other in containers:
                    if other is not one and keep(one.name, other.name):
                        other.hear(one.name, message)
        if not moved:
            return some
    raise AssertionError("they have no end of it")


def healed(containers: list[Container], rounds: int = 12) -> None:
    """Time goes by without a loss."""
    for _ in range(rounds):
        for one in containers:
            one.at += 10.0
        for one in containers:
            one.tick()
        settled(containers)
        for one in containers:
            for message in [*one.messages(beat=True)]:
                for other in containers:
                    if other is not one:
                        other.hear(one.name, message)
        settled(containers)
