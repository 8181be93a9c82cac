"""Whose an event is, and where an answer to it goes: the handlers that may take it, its place, its mark. Pure.

Source: RFC 1459 section 4.4.2 (a NOTICE is never answered), modern.ircdocs.horse (CTCP, STATUSMSG).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from interfaces.shared.errors import ApplicationError

__all__ = ["handlers", "mark", "message_id", "passed", "place", "spoken"]


def handlers(event: Mapping[str, Any], *, notices: bool = False) -> Iterator[str]:
    """Names of the methods that may handle it, the finer one first; ``notices``: ``irc_message`` takes them, too."""
    if event.get("type") != "irc.message":
        yield str(event.get("type", "")).replace(".", "_")
    elif event.get("command") == "TAGMSG":
        yield "irc_tagmsg"
    elif event.get("ctcp") not in (None, "ACTION"):
        yield "irc_ctcp"
    else:
        notice = event.get("command") == "NOTICE"
        if notice or event.get("ctcp"):
            yield "irc_notice" if notice else "irc_action"
        if notices or not notice:
            yield "irc_message"


def spoken(event: Mapping[str, Any]) -> bool:
    """Whether it is a message in plain words, which may have a command in it."""
    if event.get("type") != "irc.message" or event.get("ctcp") is not None:
        return False
    return event.get("command") == "PRIVMSG" and isinstance(event.get("text"), str)


def passed(event: Mapping[str, Any], *, own: bool, history: bool) -> str:
    """Why a consumer passes it over: "echo" or "history", as far as these are asked for; "" when it does not."""
    if own and event.get("is_echo"):
        return "echo"
    return "history" if history and event.get("is_history") else ""


def place(event: Mapping[str, Any]) -> tuple[str, str]:
    """Where an answer goes, and the nick of who is answered; the same where it is private.

    To a STATUSMSG such as "@#ops" goes an answer to the same few. ApplicationError for a NOTICE, and for what nobody
    has done.
    """
    nick = str((event.get("source") or {}).get("nick") or "")
    if event.get("command") == "NOTICE":
        raise ApplicationError(
            "reply: a NOTICE is never answered, so that no two programs answer each other; say() speaks anyway"
        )
    target = _target(event, nick)
    if not target:
        raise ApplicationError(f"reply: a {event.get('type')} has nobody to answer, so say() to whom")
    return target, nick


def _target(event: Mapping[str, Any], nick: str) -> str:
    match event.get("type"):
        case "irc.message":
            found = nick if event.get("is_private") and not event.get("is_echo") else event.get("target")
        case "irc.invite":
            found = nick
        case "irc.mode":
            found = event.get("target")
        case _:
            found = event.get("channel") or nick
    return str(found or "")


def message_id(event: Mapping[str, Any], mode: str) -> str | None:
    """The msgid by which everybody else knows the message; None: it has none."""
    if event.get("type") != "irc.message":
        return None
    found = event.get("id") if mode == "gateway" else (event.get("tags") or {}).get("msgid")
    return found if isinstance(found, str) and found else None


def mark(event: Mapping[str, Any], mode: str) -> str:
    """What an answer is known by if the event comes again, as a history may tell it; "": it never does."""
    if mode != "client" or not (event.get("tags") or {}).get("msgid"):
        return ""
    return str(event.get("dedupe_key") or "")
