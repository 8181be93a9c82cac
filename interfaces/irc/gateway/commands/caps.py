"""CAP: what a client and we agree on.

IRCv3 capability-negotiation, version 302. A list with anything in it that we do not know is refused as a whole;
what is agreed on can be given back, also later.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from interfaces.irc.caps import ROOM
from interfaces.irc.gateway.login import mechanisms
from interfaces.irc.gateway.replies import shown
from interfaces.irc.gateway.saying import ACCOUNT_TAG, MESSAGE_TAGS, SERVER_TIME
from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.numerics import ERR_INVALIDCAPCMD, text_of
from interfaces.irc.texts import packed

__all__ = ["CAPS", "TABLE", "offered"]

CAPS: Final = (
    "account-notify",
    "account-tag",
    "away-notify",
    "batch",
    "cap-notify",
    "chghost",
    "draft/chathistory",
    "draft/no-implicit-names",
    "echo-message",
    "extended-join",
    "extended-monitor",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "server-time",
    "setname",
    "standard-replies",
    "userhost-in-names",
)
"""Those that are always there."""
_BITS: Final = {"server-time": SERVER_TIME, "account-tag": ACCOUNT_TAG, "message-tags": MESSAGE_TAGS}
_VERSION: Final = 302
"""From which on a list may take several lines, and have values."""
_ONE_LINE: Final = 450


def offered(client: Served) -> dict[str, str]:
    """Name → value."""
    found = dict.fromkeys(CAPS, "")
    ways = mechanisms(client)
    return {**found, "sasl": ",".join(ways)} if ways else found


def _cap(client: Served, line: Line) -> None:
    verb = line.params[0].upper()
    found = _VERBS.get(verb)
    if found is None:
        client.numeric(ERR_INVALIDCAPCMD, shown(line.params[0]), text_of(ERR_INVALIDCAPCMD))
    else:
        found(client, line.param(1))


def _ls(client: Served, version: str) -> None:
    _negotiates(client)
    modern = version.isascii() and version.isdigit() and len(version) < 10 and int(version) >= _VERSION
    if modern:
        client.caps.add("cap-notify")
    words = [f"{name}={value}" if value and modern else name for name, value in offered(client).items()]
    _list(client, "LS", words, several=modern)


def _listed(client: Served, _: str) -> None:
    _list(client, "LIST", sorted(client.caps), several=False)


def _list(client: Served, verb: str, words: Iterable[str], *, several: bool) -> None:
    lines = [*packed(words, ROOM)] if several else [*packed(words, _ONE_LINE)][:1]
    for one in lines[:-1]:
        client.say("CAP", client.user.nick, verb, "*", one)
    client.say("CAP", client.user.nick, verb, lines[-1] if lines else "")


def _req(client: Served, said: str) -> None:
    _negotiates(client)
    known = offered(client)
    words = said.split()
    names = [word.removeprefix("-") for word in words]
    if any(name not in known for name in names):
        client.say("CAP", client.user.nick, "NAK", said[:_ONE_LINE])
        return
    for word, name in zip(words, names, strict=True):
        if word == name:
            client.caps.add(name)
        else:
            client.caps.discard(name)
    agreed(client)
    for one in [*packed(dict.fromkeys(words), ROOM)] or [""]:
        client.say("CAP", client.user.nick, "ACK", one)


def agreed(client: Served) -> None:
    """Have what is asked for with every line at hand."""
    caps = client.caps
    client.bits = sum(bit for name, bit in _BITS.items() if name in caps)
    client.extended_join = "extended-join" in caps
    client.labels = "labeled-response" in caps


def _negotiates(client: Served) -> None:
    if client.registration is not None:
        client.registration.negotiating = True


def _end(client: Served, _: str) -> None:
    if client.registration is not None:
        client.registration.negotiating = False
        client.registration.go()


_VERBS: Final[Mapping[str, Callable[[Served, str], None]]] = {
    "LS": _ls,
    "LIST": _listed,
    "REQ": _req,
    "END": _end,
}
TABLE = {"CAP": (_cap, 1)}
