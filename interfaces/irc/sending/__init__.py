"""What is sent to networks from anywhere: the channel ``irc.send``."""

from interfaces.irc.sending.sender import check, sending
from interfaces.irc.sending.way import CHANNEL, Speaking

__all__ = ["CHANNEL", "Speaking", "check", "sending"]
