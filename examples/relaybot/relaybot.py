"""Rooms with four sides: what is said on IRC, in Slack, by text message or by mail is told on the others.

Each function hears one side, and speaks through the channels from which the servers of the others send.
"""

import os
import re
import tomllib
from html import escape, unescape
from pathlib import Path
from typing import Any

from interfaces.email.message import parsed
from interfaces.irc.texts import plain
from interfaces.slack.consumer import SAID
from interfaces.workers.message import Channel, Message
from interfaces.workers.routing import Routing, route

Room = dict[str, Any]
TABLE = Path(os.environ.get("RELAYBOT", Path(__file__).with_name("relaybot.toml")))
ROOMS: list[Room] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["rooms"]
LONGEST = 400  # characters that are told: a text message of more costs more


def open_to(side: str, *places: str) -> Room | None:
    """The room that is at one of these places."""
    names = {place.casefold() for place in places}
    return next((room for room in ROOMS if room.get(side, "").casefold() in names - {""}), None)


def irc(message: Message) -> None:
    """What is said or done in a channel; notices are what programs say, and an echo is our own."""
    room = open_to("irc", f"{message['path'].removeprefix('client/')}/{message.get('channel')}")
    said = message["command"] == "PRIVMSG" and message.get("ctcp", "ACTION") == "ACTION"
    if room and said and not message["is_echo"]:
        done = "* " if message.get("ctcp") else ""
        tell(room, "irc", message["source"]["nick"], done + plain(message["text"]), message)


def slack(message: Message) -> None:
    """What people say; neither edits nor bots."""
    room = open_to("slack", message["channel"])
    said = message.get("subtype", "") in SAID  # and no edit, nor that somebody has joined
    if room and said and not message["is_self"] and not message.get("bot_id"):
        text = re.sub(r"<(?:[^<>|]*\|)?([^<>|]*)>", r"\1", message["text"])  # a link is its words
        tell(room, "slack", message["user"], unescape(text), message)


def sms(message: Message) -> None:
    """What those text who are in the room; STOP and the like is for the provider."""
    room = open_to("sms", message["to_address"])
    if room and member(room, "sms", message["from_address"]) and not message.get("keyword"):
        tell(room, "sms", message["from_address"], message["text"], message)


def mail(message: Message) -> None:
    """What those write who are in the room, without what they quote; no bounce, and no automatic answer."""
    room = open_to("email", *message["to"])
    if message["kind"] != "message":
        return
    if room and member(room, "email", message["from_address"]):
        content = parsed(message)
        tell(room, "email", message["from_address"], content.reply_text or content.subject, message)
    else:
        message.reply_channel.send({"type": "email.reject", "code": 550, "text": "You are not in this room"})


def member(room: Room, side: str, address: str) -> str:
    """The name of whose address it is, "" of nobody's."""
    return next(
        (one["name"] for one in room["people"] if one.get(side, " ").casefold() == address.casefold()), ""
    )


def tell(room: Room, came: str, sender: str, text: str, message: Message) -> None:
    """Tell it on all other sides, and there to all but who has said it; once, if it comes again."""
    name = member(room, came, sender) or sender
    text = text.strip() if len(text) <= LONGEST else f"{text[:LONGEST].strip()} …"
    line = f"{name}: {text}"
    network, _, channel = room.get("irc", "").partition("/")
    words: list[dict[str, Any]] = []
    if channel and came != "irc":
        words.append(
            {"type": "irc.send", "network": network, "target": channel, "text": " ".join(line.split())}
        )
    if room.get("slack") and came != "slack":
        words.append({"type": "slack.send", "channel": room["slack"], "text": escape(line, quote=False)})
    for one in room["people"]:
        if one.get("sms") and one["sms"] != sender:
            words.append(
                {"type": "sms.send", "from_address": room["sms"], "to_address": one["sms"], "text": line}
            )
        if one.get("email") and one["email"].casefold() != sender.casefold():
            subject = f"[{room['name']}] {name}"
            words.append({"type": "email.send", "from_address": room["email"], "to": one["email"], "subject": subject,
                          "text": text, "auto_submitted": "auto-generated"})  # fmt: skip
    for number, word in enumerate(words if text else ()):
        Channel(word["type"]).send({**word, "dedupe_key": f"{message['dedupe_key']} told {number}"})


application = Routing(
    [
        route("irc.message", irc, path=r"client/"),
        route("slack.message", slack),
        route("sms.receive", sms),
        route("email.receive", mail),
    ]
)
