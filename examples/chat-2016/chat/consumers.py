"""A function an event. They are plain functions, so they may use the database; what lasts is in the session."""

import json

from chat.models import Room
from interfaces.workers.channel_session import channel_session
from interfaces.workers.message import Group, Message


@channel_session
def ws_connect(message: Message) -> None:
    """Join the room that the path names, /chat/<label>; who returns has accepted."""
    _, _, label = message["path"].strip("/").partition("/")
    room = Room.objects.filter(label=label).first()
    if room is None:
        message.reply_channel.send({"close": True})
        return
    message.channel_session["room"] = room.label
    Group("chat-" + room.label).add(message.reply_channel)


@channel_session
def ws_receive(message: Message) -> None:
    """Keep what was said and tell it to all; what is no line of the chat is passed over."""
    try:
        data = json.loads(message["text"])
        line = {"handle": str(data["handle"])[:50], "message": str(data["message"])[:500]}
    except (KeyError, TypeError, ValueError):
        return
    room = Room.objects.get(label=message.channel_session["room"])
    said = room.messages.create(**line)
    Group("chat-" + room.label).send({"text": json.dumps(said.as_dict())})


@channel_session
def ws_disconnect(message: Message) -> None:
    """Leave."""
    Group("chat-" + message.channel_session["room"]).discard(message.reply_channel)
