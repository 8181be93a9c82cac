"""What HELP says. Pure."""

from collections.abc import Mapping
from typing import Final

__all__ = ["INDEX", "TOPICS"]

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "ADMIN": ("[<server>]", "Who runs the server."),
    "AUTHENTICATE": ("<mechanism or data>", "Log in by SASL."),
    "AWAY": ("[<text>]", "Say that you are away; without a text that you are back."),
    "CAP": ("LS|LIST|REQ|END [<capabilities>]", "Agree on capabilities of IRCv3."),
    "CHATHISTORY": (
        "<subcommand> <target> <bound> [<bound>] <limit>",
        "What was said, as far as it is kept.",
    ),
    "HELP": ("[<command>]", "This."),
    "INFO": ("", "What the server is."),
    "INVITE": ("[<nick> <channel>]", "Invite somebody; alone: where you are invited."),
    "ISON": ("<nick>{ <nick>}", "Which of them are here."),
    "JOIN": ("<channel>{,<channel>} [<key>{,<key>}]", "Enter channels; JOIN 0 leaves all."),
    "KICK": ("<channel> <nick>{,<nick>} [<text>]", "Put somebody out of a channel."),
    "LINKS": ("", "The servers of the network."),
    "LIST": (
        "[<condition>{,<condition>}]",
        "Channels: names, masks, !mask, >5 and <5 members, C>5 and T<5 minutes since they were made or had a topic.",
    ),
    "LUSERS": ("", "How many are here."),
    "MODE": ("<channel or nick> [<modes> {<parameter>}]", "Show or change modes."),
    "MONITOR": ("+|-|C|L|S [<nick>{,<nick>}]", "Be told when somebody comes or goes."),
    "MOTD": ("", "The message of the day."),
    "NAMES": ("<channel>{,<channel>}", "Who is in a channel."),
    "NICK": ("<nick>", "Be called otherwise."),
    "NOTICE": ("<target> <text>", "Say something that nobody answers by itself."),
    "PART": ("<channel>{,<channel>} [<text>]", "Leave channels."),
    "PING": ("<text>", "Is answered by PONG with the same text."),
    "PRIVMSG": ("<target>{,<target>} <text>", "Say something to a channel or a nick."),
    "QUIT": ("[<text>]", "Leave the network."),
    "SETNAME": ("<real name>", "Have another real name."),
    "TAGMSG": ("<target>", "Send tags without a text."),
    "TIME": ("[<server>]", "The time of the server."),
    "TOPIC": ("<channel> [<text>]", "Show or change the topic."),
    "USERHOST": ("<nick>{ <nick>}", "User names and hosts of up to five."),
    "VERSION": ("[<server>]", "What runs here."),
    "WHO": ("[<channel or mask> [%<fields>[,<token>]]]", "Who is there."),
    "WHOIS": ("[<server>] <nick>", "Who somebody is."),
    "WHOWAS": ("<nick> [<count>]", "Who somebody was."),
}
_WIDTH: Final = 8


def _index() -> list[str]:
    names = [*_COMMANDS]
    rows = [" ".join(names[place : place + _WIDTH]) for place in range(0, len(names), _WIDTH)]
    return ["Commands; HELP <command> says more:", *rows]


INDEX: Final = _index()
"""Without a subject."""
TOPICS: Final[Mapping[str, list[str]]] = {
    name: [f"{name} {syntax}".rstrip(), text] for name, (syntax, text) in _COMMANDS.items()
}
"""Command → lines."""
