"""Who says a message, and who hears it: members of a channel, those of them with a sign, or a nick.

STATUSMSG of modern.ircdocs.horse: "@#ops" are the operators, "+#ops" they and the voiced. Who says it does not hear
it, unless it is said to oneself: an echo is made where it is said.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from interfaces.irc.gateway.hearers import to_users
from interfaces.irc.gateway.roster import SIGNS, Room, Roster, User
from interfaces.irc.gateway.saying import Message, spoken
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.line import form_tags
from interfaces.irc.names import read_source
from interfaces.irc.times import stamp
from interfaces.shared.errors import ApplicationError

__all__ = ["author", "bot", "find", "message_of", "relay", "split", "tags_of"]

_STRONGEST: Final = next(iter(SIGNS.values()))
_SIGNS: Final = tuple(SIGNS.values())
_OURS: Final = frozenset({"account", "batch", "label", "time"})
"""Tags that the gateway makes itself."""
TAGS: Final = 4096
"""Octets of client-only tags that an application may give: as many as a client may, whose message it passes on."""
OTHER_TAGS: Final = 1024
"""Octets of its other tags, a msgid among them: there is room for ours besides."""


def split(target: str) -> tuple[str, str]:
    """The sign of a STATUSMSG and the channel; both "" of a nick."""
    if target.startswith("#"):
        return "", target
    return (target[0], target[1:]) if target.startswith(_SIGNS) and target[1:2] == "#" else ("", "")


def find(roster: Roster, target: str) -> tuple[Iterable[User], Room | None]:
    """Whom ``target`` names, and the channel that it is of."""
    sign, channel = split(target)
    if not channel:
        user = roster.present(target)
        return ([] if user is None else [user]), None
    room = roster.room(channel)
    if room is None:
        return [], None
    if not sign:
        return room.members, room
    strong = sign == _STRONGEST
    return [user for user, signs in room.members.items() if signs and (not strong or sign in signs)], room


def relay(gateway: Gateway, message: Message) -> bool:
    """Have all whom it names hear it who are connected here; False where it names nobody."""
    roster = gateway.roster
    users, room = find(roster, message.target)
    if room is None and not users:
        return False
    author = None if room is None else roster.present(read_source(message.source).nick)
    for said in spoken(message):
        to_users(users, said, but=author)
    return True


def message_of(gateway: Gateway, event: Mapping[str, Any]) -> Message:
    """What irc.deliver says, or one of the messages of irc.history. ApplicationError for what cannot be said."""
    source, account, own = author(gateway, event["source"])
    tags = {"msgid": gateway.msgid(), **own, **tags_of(event)}
    command, now = event.get("command", "PRIVMSG"), event.get("time")
    if command not in ("PRIVMSG", "NOTICE", "TAGMSG"):
        raise ApplicationError(f"{command!r} is no PRIVMSG, NOTICE or TAGMSG")
    text = "" if command == "TAGMSG" else event["text"]
    return Message(
        source,
        command,
        event["target"],
        text,
        gateway.clock() if now is None else _moment(now),
        tags,
        account,
        event.get("ctcp"),
    )


def _moment(said: Any) -> float:
    """Unix seconds that can be written. Any, as compiled code would refuse it in words of its own."""
    try:
        stamp(said)
    except (ArithmeticError, OSError, TypeError, ValueError) as error:
        raise ApplicationError(f"time: {said!r} is none in Unix seconds") from error
    found: float = said
    return found


def author(gateway: Gateway, said: str | Mapping[str, Any]) -> tuple[str, str | None, dict[str, str]]:
    """Source, account and the tag of a bot; a nick alone is who has it, or somebody at our server."""
    nick, name, host, account = _parts(said)
    user = gateway.roster.present(nick)
    if user is not None and name in (None, user.user) and host in (None, user.host):
        return user.source, account or user.account, bot(user)
    source = f"{nick}!{nick if name is None else name}@{gateway.name if host is None else host}"
    return source, account, {}


def _parts(said: str | Mapping[str, Any]) -> tuple[str, str | None, str | None, str | None]:
    """Nick, user, host and account, as far as they are said."""
    if isinstance(said, str):
        return *read_source(said), None
    return said["nick"], said.get("user"), said.get("host"), said.get("account")


def bot(user: User) -> dict[str, str]:
    """The tag that says that somebody is one."""
    return {"bot": ""} if "B" in user.modes else {}


def tags_of(event: Mapping[str, Any]) -> dict[str, str]:
    """The tags that an application gives, without those that are ours. ApplicationError for what is none."""
    tags = event.get("tags")
    if not tags:
        return {}
    found = {key: value for key, value in tags.items() if key not in _OURS}
    for other, kind, most in ((False, "client-only tags", TAGS), (True, "other tags", OTHER_TAGS)):
        some = {key: value for key, value in found.items() if other != key.startswith("+")}
        if len(form_tags(some).encode(errors="replace")) > most:
            raise ApplicationError(f"the {kind} of an application have at most {most} octets")
    return found
