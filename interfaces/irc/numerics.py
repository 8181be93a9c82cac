"""Numerics: the codes of what a server answers, by the names that the field has for them. Pure.

Source: modern.ircdocs.horse, and RFC 2812 §5 where it has none; 730-734 of IRCv3 monitor, 900-908 of sasl-3.1. A code
that servers use for several things has the name of what is most common.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["NAMES", "TEXTS", "text_of"]  # and each code, by its name

RPL_WELCOME: Final = "001"
RPL_YOURHOST: Final = "002"
RPL_CREATED: Final = "003"
RPL_MYINFO: Final = "004"
RPL_ISUPPORT: Final = "005"
RPL_BOUNCE: Final = "010"
RPL_ENDOFSTATS: Final = "219"
RPL_UMODEIS: Final = "221"
RPL_STATSUPTIME: Final = "242"
RPL_LUSERCLIENT: Final = "251"
RPL_LUSEROP: Final = "252"
RPL_LUSERUNKNOWN: Final = "253"
RPL_LUSERCHANNELS: Final = "254"
RPL_LUSERME: Final = "255"
RPL_ADMINME: Final = "256"
RPL_ADMINLOC1: Final = "257"
RPL_ADMINLOC2: Final = "258"
RPL_ADMINEMAIL: Final = "259"
RPL_TRYAGAIN: Final = "263"
RPL_LOCALUSERS: Final = "265"
RPL_GLOBALUSERS: Final = "266"
RPL_WHOISCERTFP: Final = "276"
RPL_AWAY: Final = "301"
RPL_USERHOST: Final = "302"
RPL_ISON: Final = "303"
RPL_UNAWAY: Final = "305"
RPL_NOWAWAY: Final = "306"
RPL_WHOISREGNICK: Final = "307"
RPL_WHOISUSER: Final = "311"
RPL_WHOISSERVER: Final = "312"
RPL_WHOISOPERATOR: Final = "313"
RPL_WHOWASUSER: Final = "314"
RPL_ENDOFWHO: Final = "315"
RPL_WHOISIDLE: Final = "317"
RPL_ENDOFWHOIS: Final = "318"
RPL_WHOISCHANNELS: Final = "319"
RPL_WHOISSPECIAL: Final = "320"
RPL_LISTSTART: Final = "321"
RPL_LIST: Final = "322"
RPL_LISTEND: Final = "323"
RPL_CHANNELMODEIS: Final = "324"
RPL_CREATIONTIME: Final = "329"
RPL_WHOISACCOUNT: Final = "330"
RPL_NOTOPIC: Final = "331"
RPL_TOPIC: Final = "332"
RPL_TOPICWHOTIME: Final = "333"
RPL_WHOISBOT: Final = "335"
RPL_INVITELIST: Final = "336"
RPL_ENDOFINVITELIST: Final = "337"
RPL_WHOISACTUALLY: Final = "338"
RPL_INVITING: Final = "341"
RPL_INVEXLIST: Final = "346"
RPL_ENDOFINVEXLIST: Final = "347"
RPL_EXCEPTLIST: Final = "348"
RPL_ENDOFEXCEPTLIST: Final = "349"
RPL_VERSION: Final = "351"
RPL_WHOREPLY: Final = "352"
RPL_NAMREPLY: Final = "353"
RPL_WHOSPCRPL: Final = "354"
RPL_LINKS: Final = "364"
RPL_ENDOFLINKS: Final = "365"
RPL_ENDOFNAMES: Final = "366"
RPL_BANLIST: Final = "367"
RPL_ENDOFBANLIST: Final = "368"
RPL_ENDOFWHOWAS: Final = "369"
RPL_INFO: Final = "371"
RPL_MOTD: Final = "372"
RPL_ENDOFINFO: Final = "374"
RPL_MOTDSTART: Final = "375"
RPL_ENDOFMOTD: Final = "376"
RPL_WHOISHOST: Final = "378"
RPL_WHOISMODES: Final = "379"
RPL_YOUREOPER: Final = "381"
RPL_TIME: Final = "391"
RPL_VISIBLEHOST: Final = "396"
ERR_UNKNOWNERROR: Final = "400"
ERR_NOSUCHNICK: Final = "401"
ERR_NOSUCHSERVER: Final = "402"
ERR_NOSUCHCHANNEL: Final = "403"
ERR_CANNOTSENDTOCHAN: Final = "404"
ERR_TOOMANYCHANNELS: Final = "405"
ERR_WASNOSUCHNICK: Final = "406"
ERR_TOOMANYTARGETS: Final = "407"
ERR_NOORIGIN: Final = "409"
ERR_INVALIDCAPCMD: Final = "410"
ERR_NORECIPIENT: Final = "411"
ERR_NOTEXTTOSEND: Final = "412"
ERR_INPUTTOOLONG: Final = "417"
ERR_UNKNOWNCOMMAND: Final = "421"
ERR_NOMOTD: Final = "422"
ERR_NOADMININFO: Final = "423"
ERR_NONICKNAMEGIVEN: Final = "431"
ERR_ERRONEUSNICKNAME: Final = "432"
ERR_NICKNAMEINUSE: Final = "433"
ERR_NICKCOLLISION: Final = "436"
ERR_UNAVAILRESOURCE: Final = "437"
ERR_USERNOTINCHANNEL: Final = "441"
ERR_NOTONCHANNEL: Final = "442"
ERR_USERONCHANNEL: Final = "443"
ERR_NOTREGISTERED: Final = "451"
ERR_NEEDMOREPARAMS: Final = "461"
ERR_ALREADYREGISTERED: Final = "462"
ERR_PASSWDMISMATCH: Final = "464"
ERR_YOUREBANNEDCREEP: Final = "465"
ERR_CHANNELISFULL: Final = "471"
ERR_UNKNOWNMODE: Final = "472"
ERR_INVITEONLYCHAN: Final = "473"
ERR_BANNEDFROMCHAN: Final = "474"
ERR_BADCHANNELKEY: Final = "475"
ERR_BADCHANMASK: Final = "476"
ERR_NEEDREGGEDNICK: Final = "477"
ERR_BANLISTFULL: Final = "478"
ERR_NOPRIVILEGES: Final = "481"
ERR_CHANOPRIVSNEEDED: Final = "482"
ERR_CANTKILLSERVER: Final = "483"
ERR_NOOPERHOST: Final = "491"
ERR_UMODEUNKNOWNFLAG: Final = "501"
ERR_USERSDONTMATCH: Final = "502"
ERR_HELPNOTFOUND: Final = "524"
ERR_INVALIDKEY: Final = "525"
RPL_STARTTLS: Final = "670"
RPL_WHOISSECURE: Final = "671"
ERR_STARTTLS: Final = "691"
ERR_INVALIDMODEPARAM: Final = "696"
RPL_HELPSTART: Final = "704"
RPL_HELPTXT: Final = "705"
RPL_ENDOFHELP: Final = "706"
RPL_MONONLINE: Final = "730"
RPL_MONOFFLINE: Final = "731"
RPL_MONLIST: Final = "732"
RPL_ENDOFMONLIST: Final = "733"
ERR_MONLISTFULL: Final = "734"
RPL_LOGGEDIN: Final = "900"
RPL_LOGGEDOUT: Final = "901"
ERR_NICKLOCKED: Final = "902"
RPL_SASLSUCCESS: Final = "903"
ERR_SASLFAIL: Final = "904"
ERR_SASLTOOLONG: Final = "905"
ERR_SASLABORTED: Final = "906"
ERR_SASLALREADY: Final = "907"
RPL_SASLMECHS: Final = "908"

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {code: name for name, code in globals().items() if name.startswith(("RPL_", "ERR_"))}
)
"""Code → name."""
TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        RPL_ISUPPORT: "are supported by this server",
        RPL_ENDOFSTATS: "End of STATS report",
        RPL_LUSEROP: "operator(s) online",
        RPL_LUSERUNKNOWN: "unknown connection(s)",
        RPL_LUSERCHANNELS: "channels formed",
        RPL_TRYAGAIN: "Please wait a while and try again",
        RPL_UNAWAY: "You are no longer marked as being away",
        RPL_NOWAWAY: "You have been marked as being away",
        RPL_WHOISOPERATOR: "is an IRC operator",
        RPL_ENDOFWHO: "End of WHO list",
        RPL_WHOISIDLE: "seconds idle, signon time",
        RPL_ENDOFWHOIS: "End of WHOIS list",
        RPL_LISTSTART: "Users  Name",
        RPL_LISTEND: "End of LIST",
        RPL_WHOISACCOUNT: "is logged in as",
        RPL_NOTOPIC: "No topic is set",
        RPL_WHOISBOT: "is a bot",
        RPL_ENDOFINVITELIST: "End of INVITE list",
        RPL_WHOISACTUALLY: "is actually using host",
        RPL_ENDOFINVEXLIST: "End of channel invite exception list",
        RPL_ENDOFEXCEPTLIST: "End of channel exception list",
        RPL_ENDOFLINKS: "End of LINKS list",
        RPL_ENDOFNAMES: "End of NAMES list",
        RPL_ENDOFBANLIST: "End of channel ban list",
        RPL_ENDOFWHOWAS: "End of WHOWAS list",
        RPL_ENDOFINFO: "End of INFO list",
        RPL_ENDOFMOTD: "End of MOTD command",
        RPL_YOUREOPER: "You are now an IRC operator",
        RPL_VISIBLEHOST: "is now your displayed host",
        ERR_UNKNOWNERROR: "Something went wrong",
        ERR_NOSUCHNICK: "No such nick/channel",
        ERR_NOSUCHSERVER: "No such server",
        ERR_NOSUCHCHANNEL: "No such channel",
        ERR_CANNOTSENDTOCHAN: "Cannot send to channel",
        ERR_TOOMANYCHANNELS: "You have joined too many channels",
        ERR_WASNOSUCHNICK: "There was no such nickname",
        ERR_TOOMANYTARGETS: "Too many targets",
        ERR_NOORIGIN: "No origin specified",
        ERR_INVALIDCAPCMD: "Invalid CAP command",
        ERR_NORECIPIENT: "No recipient given",
        ERR_NOTEXTTOSEND: "No text to send",
        ERR_INPUTTOOLONG: "Input line was too long",
        ERR_UNKNOWNCOMMAND: "Unknown command",
        ERR_NOMOTD: "MOTD is missing",
        ERR_NOADMININFO: "No administrative info available",
        ERR_NONICKNAMEGIVEN: "No nickname given",
        ERR_ERRONEUSNICKNAME: "Erroneous nickname",
        ERR_NICKNAMEINUSE: "Nickname is already in use",
        ERR_NICKCOLLISION: "Nickname collision",
        ERR_UNAVAILRESOURCE: "Nick/channel is temporarily unavailable",
        ERR_USERNOTINCHANNEL: "They aren't on that channel",
        ERR_NOTONCHANNEL: "You're not on that channel",
        ERR_USERONCHANNEL: "is already on channel",
        ERR_NOTREGISTERED: "You have not registered",
        ERR_NEEDMOREPARAMS: "Not enough parameters",
        ERR_ALREADYREGISTERED: "You may not reregister",
        ERR_PASSWDMISMATCH: "Password incorrect",
        ERR_YOUREBANNEDCREEP: "You are banned from this server",
        ERR_CHANNELISFULL: "Cannot join channel (+l)",
        ERR_UNKNOWNMODE: "is unknown mode char to me",
        ERR_INVITEONLYCHAN: "Cannot join channel (+i)",
        ERR_BANNEDFROMCHAN: "Cannot join channel (+b)",
        ERR_BADCHANNELKEY: "Cannot join channel (+k)",
        ERR_BADCHANMASK: "Bad channel mask",
        ERR_NEEDREGGEDNICK: "Cannot join channel (+r): you need to be logged in to an account",
        ERR_BANLISTFULL: "Channel list is full",
        ERR_NOPRIVILEGES: "Permission denied: you're not an IRC operator",
        ERR_CHANOPRIVSNEEDED: "You're not channel operator",
        ERR_CANTKILLSERVER: "You can't kill a server",
        ERR_NOOPERHOST: "No O-lines for your host",
        ERR_UMODEUNKNOWNFLAG: "Unknown MODE flag",
        ERR_USERSDONTMATCH: "Can't change mode for other users",
        ERR_HELPNOTFOUND: "No help available on this topic",
        ERR_INVALIDKEY: "Key is not well-formed",
        RPL_STARTTLS: "STARTTLS successful, proceed with TLS handshake",
        RPL_WHOISSECURE: "is using a secure connection",
        ERR_STARTTLS: "STARTTLS failed",
        ERR_INVALIDMODEPARAM: "Invalid mode parameter",
        RPL_ENDOFHELP: "End of HELP",
        RPL_ENDOFMONLIST: "End of MONITOR list",
        ERR_MONLISTFULL: "Monitor list is full",
        RPL_LOGGEDOUT: "You are now logged out",
        ERR_NICKLOCKED: "You must use a nick assigned to you",
        RPL_SASLSUCCESS: "SASL authentication successful",
        ERR_SASLFAIL: "SASL authentication failed",
        ERR_SASLTOOLONG: "SASL message too long",
        ERR_SASLABORTED: "SASL authentication aborted",
        ERR_SASLALREADY: "You have already authenticated using SASL",
        RPL_SASLMECHS: "are available SASL mechanisms",
    }
)
"""Code → the text at the end of its line: of every error, and of each answer whose text is always the same."""


def text_of(code: str) -> str:
    """What ``code`` says; "" of what has no text of its own."""
    return TEXTS.get(code, "")
