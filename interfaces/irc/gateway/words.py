"""What an application says to a client of the gateway: a table, and its answers to irc.connect."""

from collections.abc import Callable, Mapping
from typing import Final

from interfaces.irc.gateway import words_channels, words_talk
from interfaces.irc.gateway.accounts import is_account
from interfaces.irc.gateway.commands import history
from interfaces.irc.gateway.commands.welcome import welcome
from interfaces.irc.gateway.served import Served
from interfaces.irc.gateway.waits import ASKED
from interfaces.irc.names import is_nick
from interfaces.irc.numerics import text_of
from interfaces.irc.outcome import Outcome, result
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError

__all__ = ["WORDS", "words"]

NICK: Final = 100
"""Characters of a nick that an application gives."""


def words(client: Served, event: Event) -> None:
    """Do it, and tell what became of it where it has an id. ApplicationError for what is not known, or does not fit."""
    kind = event["type"]
    found = WORDS.get(kind)
    if found is None:
        raise ApplicationError(f"{kind} is no message for irc; known are {', '.join(WORDS)}")
    if client.gone and kind not in _OUTWARD:
        return
    try:
        came = found(client, event)
    except KeyError as missing:
        raise ApplicationError(f"{kind} needs {missing}") from missing
    if event.get("id") is not None and kind in _ANSWERED:
        _result(client, event["id"], came or Outcome("sent"))


def _result(client: Served, name: str, came: Outcome) -> None:
    session = client.session
    if session is None:
        return
    if session.crowded:
        raise ApplicationError("irc.result: too many results wait for being received")
    client.tell(result(name, came))


# --- irc.connect -----------------------------------------------------------------------------------


def _accept(client: Served, event: Event) -> None:
    if event.get("channel") is not None:
        words_channels.accepted(client, event)
    elif client.registration is None or not client.registration.asked:
        raise ApplicationError("irc.accept: nobody asks to connect; of a JOIN say which channel")
    else:
        _take(client, event)


def _take(client: Served, event: Event) -> None:
    gateway, user = client.gateway, client.user
    nick, account = event.get("nick"), event.get("account")
    if account is not None and not is_account(account):
        raise ApplicationError(f"irc.accept: no account can be called {account!r}")
    if nick is not None and not is_nick(nick, NICK):
        raise ApplicationError(f"irc.accept: nobody may be called {nick!r}")
    if nick is not None and not gateway.roster.rename(user, nick):
        raise ApplicationError(f"irc.accept: somebody is called {nick} already")
    if account is not None:
        user.account, user.host = account, gateway.cloak.host(client.address, account)
        user.named(user.nick)
    welcome(client, event)
    gateway.count("irc.gateway.connected")
    client.release(ASKED)
    client.loop.call_soon(client.go_on)


def _reject(client: Served, event: Event) -> None:
    if event.get("channel") is not None:
        words_channels.rejected(client, event)
    elif event.get("id") is not None:
        history.rejected(client, event)
    elif client.registration is None:
        raise ApplicationError(
            "irc.reject: nobody asks to connect; of a JOIN say which channel, of others the id"
        )
    else:
        text = event.get("text") or text_of(f"{event.get('code', 0):03}") or "You may not connect"
        if event.get("code"):
            client.numeric(f"{event['code']:03}", text)
        client.gateway.count("irc.gateway.refused")
        client.end(text, 1008)


def _close(client: Served, event: Event) -> None:
    client.end(event.get("reason") or "Closed by the application")


WORDS: Final[Mapping[str, Callable[[Served, Event], Outcome | None]]] = {
    "irc.accept": _accept,
    "irc.reject": _reject,
    "irc.close": _close,
    "irc.history": history.answered,
    **words_talk.WORDS,
    **words_channels.WORDS,
}
"""Type → who does it."""
_ANSWERED: Final = frozenset({"irc.send", "irc.action", "irc.raw", *words_channels.WORDS})
"""Those that may have an id to be answered by irc.result."""
_OUTWARD: Final = frozenset({"irc.send", "irc.action", "irc.deliver"})
"""Those that others hear: they may be said when the client is gone."""
