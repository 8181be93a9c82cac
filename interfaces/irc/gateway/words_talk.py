"""What an application says to clients, or has others say: deliver, send, action, numeric, raw."""

from typing import Final

from interfaces.irc.gateway.relaying import author, message_of, relay, split, tags_of
from interfaces.irc.gateway.saying import Message, Said, fitting, spoken
from interfaces.irc.gateway.served import Served
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.line import form
from interfaces.irc.numerics import ERR_NOSUCHCHANNEL, ERR_NOSUCHNICK, text_of
from interfaces.irc.outcome import Outcome
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError

__all__ = ["WORDS", "delivered", "sent"]


# --- deliver ---------------------------------------------------------------------------------------


def _deliver(client: Served, event: Event) -> Outcome | None:
    gateway = client.gateway
    if event.get("relay"):
        return delivered(gateway, event)
    if client.gone:
        return None
    latest = gateway.latest
    if latest is None or not latest.is_of(event):
        latest = gateway.remember(event, spoken(message_of(gateway, event)))
    bits = client.bits
    for said in latest.lines:
        client.put(said.line(bits))
    return None


def delivered(gateway: Gateway, event: Event) -> Outcome:
    """irc.deliver to all whom it names, wherever they are."""
    return _relayed(gateway, message_of(gateway, event))


def _relayed(gateway: Gateway, message: Message) -> Outcome:
    known = relay(gateway, message)
    if gateway.link is not None:
        gateway.link.relay(message)
    if known:
        return Outcome("sent", msgid=message.tags["msgid"])
    code = ERR_NOSUCHCHANNEL if split(message.target)[1] else ERR_NOSUCHNICK
    return Outcome("failed", f"{code} {message.target}: {text_of(code)}")


# --- send, action ----------------------------------------------------------------------------------


def _send(client: Served, event: Event) -> Outcome:
    network = event.get("network")
    if network not in (None, "", client.gateway.options.network):
        raise ApplicationError(
            f"{event['type']}: this is not {network}; what is for it is sent on the channel irc.send"
        )
    return sent(client.gateway, event)


def sent(gateway: Gateway, event: Event) -> Outcome:
    """irc.send and irc.action, to all whom they name."""
    nick = event.get("nick")
    source, account, bot = (gateway.source, None, {}) if nick is None else author(gateway, nick)
    tags = {"msgid": gateway.msgid(), **bot, **tags_of(event)}
    if event.get("reply_to"):
        tags["+reply"] = tags["+draft/reply"] = event["reply_to"]
    text = event["text"]
    if not text.strip():
        raise ApplicationError(f"{event['type']}: there is no text to be sent")
    command = "NOTICE" if event.get("notice") else "PRIVMSG"
    ctcp = "ACTION" if event["type"] == "irc.action" else None
    message = Message(source, command, event["target"], text, gateway.clock(), tags, account, ctcp)
    return _relayed(gateway, message)


# --- numeric, raw ----------------------------------------------------------------------------------


def _numeric(client: Served, event: Event) -> None:
    code, text = event["code"], event.get("text")
    words = [*event.get("params", ()), *([] if text is None else [text])]
    if isinstance(code, int) or code.isdigit():
        client.numeric(f"{code:0>3}", *words)
    elif code in ("FAIL", "WARN", "NOTE"):
        client.say(code, *words)
    else:
        raise ApplicationError(f"irc.numeric: {code!r} is no number, nor FAIL, WARN or NOTE")


def _raw(client: Served, event: Event) -> None:
    gateway = client.gateway
    body = form(event["verb"], event.get("params", ()), event.get("source") or gateway.name)
    client.put(Said(fitting(body), gateway.clock(), None, tags_of(event)).line(client.bits))


WORDS: Final = {
    "irc.deliver": _deliver,
    "irc.send": _send,
    "irc.action": _send,
    "irc.numeric": _numeric,
    "irc.raw": _raw,
}
"""Type → who does it."""
