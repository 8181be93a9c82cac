"""An application in event style, as in 2016: functions, a session, a group."""

import os

from interfaces.workers.channel_session import channel_session
from interfaces.workers.message import Group
from interfaces.workers.routing import Routing, route


@channel_session
def connect(message):
    """Join the room; the accept is implicit."""
    message.channel_session["room"] = message["path"].strip("/")
    message.channel_session["count"] = 0
    Group("room-" + message.channel_session["room"]).add(message.reply_channel)


@channel_session
def receive(message):
    """Count in the session, and say it to the room."""
    message.channel_session["count"] += 1
    count = message.channel_session["count"]
    Group("room-" + message.channel_session["room"]).send(
        {"text": f"{count} {message['text']} {os.getpid()}"}
    )


application = Routing([route("websocket.connect", connect), route("websocket.receive", receive)])
