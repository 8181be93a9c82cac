"""What a gateway says of itself: the tokens of 005, and the message of the day.

RPL_ISUPPORT and RPL_MOTD of modern.ircdocs.horse, UTF8ONLY, WHOX, BOT, CHATHISTORY and MONITOR of IRCv3.
"""

from pathlib import Path
from typing import Final

from interfaces.irc.gateway import rules, watches
from interfaces.irc.gateway.roster import SIGNS
from interfaces.irc.options import IrcOptions
from interfaces.irc.texts import pieces
from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["CASEMAPPING", "HISTORY", "NAME", "TARGETS", "USER", "motd", "split", "tokens"]

CASEMAPPING: Final = "ascii"
TARGETS: Final = 4
"""Of one PRIVMSG, NOTICE or TAGMSG."""
HISTORY: Final = 100
"""Messages of one CHATHISTORY."""
USER: Final = 18
"""Characters of a user name, with the sign that says that nobody has looked whether it is so."""
NAME: Final = 150
"""Characters of a real name."""
_LINE: Final = 400
"""Octets of a line of the message of the day."""


def tokens(options: IrcOptions) -> dict[str, str]:
    """Those of 005, name → value."""
    found = {
        "NETWORK": options.network,
        "CASEMAPPING": CASEMAPPING,
        **rules.tokens(),
        "STATUSMSG": "".join(SIGNS.values()),
        "NICKLEN": f"{options.nick_length}",
        "CHANNELLEN": f"{options.channel_length}",
        "TOPICLEN": f"{options.topic_length}",
        "USERLEN": f"{USER}",
        "NAMELEN": f"{NAME}",
        "CHANLIMIT": f"#:{options.joined}",
        "MAXLIST": f"{rules.LISTS}:{options.list_entries}",
        "MONITOR": f"{watches.MOST}",
        "TARGMAX": f"PRIVMSG:{TARGETS},NOTICE:{TARGETS},TAGMSG:{TARGETS},JOIN:,PART:,KICK:,MONITOR:,WHOIS:1",
        "WHOX": "",
        "BOT": "B",
        "MSGREFTYPES": "msgid,timestamp",
        "CHATHISTORY": f"{HISTORY}",
    }
    return {**found, "UTF8ONLY": ""} if options.utf8_only else found


def motd(text: str) -> list[str]:
    """The lines of an option: itself, or the file that it names behind an @. ConfigError for one that is not there."""
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text()
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"--irc-motd {text}: {error}; write a text, or @ and the path of a file"
            ) from error
    try:
        return split(text)
    except ApplicationError as error:
        raise ConfigError(f"--irc-motd: a line is too long: {error}; break it into several") from error


def split(text: str) -> list[str]:
    """A text in lines that fit into one each, empty ones among them."""
    found: list[str] = []
    for line in text.replace("\0", "").splitlines():
        found += pieces(line, _LINE) or [""]
    return found
