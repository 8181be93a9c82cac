"""What a connection to the fake network may say from the start: becoming a user, and staying there."""

from collections.abc import Callable

from interfaces.irc.line import Line
from interfaces.irc.texts import packed
from interfaces.testing.irc.login import Login
from interfaces.testing.irc.peer import Peer

__all__ = ["EARLY_COMMANDS"]


def _cap(peer: Peer, line: Line) -> None:
    verb, network = line.param(0).upper(), peer.network
    if not network.caps:
        peer.numeric("421", ["CAP"], "Unknown command")
    elif verb == "LS":
        peer.negotiating = not peer.registered
        offer = [f"{name}={value}" if value else name for name, value in network.caps.items()]
        lists = [*packed(offer, 100)]
        for one in lists:
            more = ["*"] if one is not lists[-1] else []
            peer.send("CAP", [peer.nick or "*", "LS", *more, one], network.name)
    elif verb == "REQ":
        _request(peer, line.params[-1])
    elif verb == "END":
        peer.negotiating = False
        _register(peer)


def _request(peer: Peer, text: str) -> None:
    network, names = peer.network, {*text.split()}
    fits = names <= network.caps.keys() and not network.faults.nak & names
    if fits:
        peer.caps |= names
    peer.send("CAP", [peer.nick or "*", "ACK" if fits else "NAK", text], network.name)


def _authenticate(peer: Peer, line: Line) -> None:
    said, network = line.param(0), peer.network
    if said == "*":
        peer.login = None
        peer.numeric("906", [], "SASL authentication aborted")
    elif peer.login is None:
        known = (network.caps.get("sasl") or "PLAIN").split(",")
        if said not in known:
            peer.numeric("908", [",".join(known)], "are available SASL mechanisms")
            peer.numeric("904", [], "SASL authentication failed")
            return
        peer.login = Login(said, network.accounts, network.certified)
        peer.raw("AUTHENTICATE +")
    else:
        for one in peer.login.feed(said):
            peer.raw(f"AUTHENTICATE {one}")
        _logged_in(peer, peer.login)


def _logged_in(peer: Peer, login: Login) -> None:
    if login.failed:
        peer.login = None
        peer.numeric("904", [], "SASL authentication failed")
    elif login.account:
        peer.login = None
        peer.account = login.account
        peer.numeric("900", [peer.source, login.account], f"You are now logged in as {login.account}")
        peer.numeric("903", [], "SASL authentication successful")


def _pass(peer: Peer, line: Line) -> None:
    peer.password = line.param(0)


def _nick(peer: Peer, line: Line) -> None:
    nick, network = line.param(0), peer.network
    if nick in network.faults.bad_nicks:
        peer.numeric("432", [nick], "Erroneous nickname")
    elif network.taken(nick, peer):
        peer.numeric("433", [nick], "Nickname is already in use")
    elif peer.registered:
        network.renamed(peer, nick)
    else:
        peer.nick = nick
        _register(peer)


def _user(peer: Peer, line: Line) -> None:
    peer.user = f"~{line.param(0)}"
    _register(peer)


def _register(peer: Peer) -> None:
    network = peer.network
    if peer.registered or peer.negotiating or not (peer.nick and peer.user):
        return
    if network.password and peer.password != network.password:
        peer.numeric("464", [], "Password incorrect")
        peer.raw("ERROR :Closing Link: Bad Password")
        peer.transport.close()
        return
    peer.registered = True
    peer.numeric("001", [], f"Welcome to the {network.name} Network {peer.source}")
    peer.numeric("002", [], f"Your host is {network.name}")
    peer.numeric("003", [], "This server was created today")
    peer.send("004", [peer.nick, network.name, "fake", "i", "ntklov"], network.name)
    tokens = [f"{name}={value}" if value else name for name, value in network.isupport.items()]
    for at in range(0, len(tokens), 10):
        peer.numeric("005", tokens[at : at + 10], "are supported by this server")
    peer.numeric("375", [], f"- {network.name} Message of the day -")
    peer.numeric("372", [], "- hello")
    peer.numeric("376", [], "End of /MOTD command.")
    network.arrived(peer)


def _ping(peer: Peer, line: Line) -> None:
    if not peer.network.faults.no_pong:
        peer.send("PONG", [peer.network.name, line.param(0)], peer.network.name)


def _pong(peer: Peer, line: Line) -> None:
    peer.network.pongs.append(line.param(0))


def _quit(peer: Peer, line: Line) -> None:
    peer.network.quits.append(line.param(0))
    peer.raw(f"ERROR :Closing Link: {line.param(0)}")
    peer.transport.close()


EARLY_COMMANDS: dict[str, Callable[[Peer, Line], None]] = {
    "CAP": _cap,
    "AUTHENTICATE": _authenticate,
    "PASS": _pass,
    "NICK": _nick,
    "USER": _user,
    "PING": _ping,
    "PONG": _pong,
    "QUIT": _quit,
}
