"""What the processes of these tests serve: what is done is a line in the file STORE, written when it is done."""

import asyncio
import os
from pathlib import Path

from interfaces.irc.consumer import IrcConsumer

WORK = float(os.environ.get("WORK", "0.05"))
"""Seconds that everything takes, so that some of it is in flight whenever a signal comes."""
STORE = Path(os.environ.get("STORE", os.devnull))


async def done(what: str) -> None:
    """Work, and write it down; also that it begins, where somebody wants to know."""
    if "BEGUN" in os.environ:
        STORE.with_suffix(".begun").touch()
    await asyncio.sleep(WORK)
    with STORE.open("a", encoding="utf-8") as store:  # noqa: ASYNC230 - a line in a file of the test
        store.write(f"{what}\n")


async def application(scope, receive, send):
    """Of every protocol: a request, a message, a mail."""
    await SCOPES[scope["type"]](scope, receive, send)


async def http(scope, receive, send):
    """The path is what is done, and the answer."""
    await done(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def websocket(scope, receive, send):
    """An echo of what is done."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await done(event["text"])
        await send({"type": "websocket.send", "text": event["text"]})


async def email(scope, receive, send):
    """The subject."""
    await done((await receive())["subject"])


async def slack(scope, receive, send):
    """What somebody says."""
    await done((await receive())["text"])


async def sms(scope, receive, send):
    """What somebody texts, which is answered; receipts are not looked at."""
    event = await receive()
    if event["type"] == "sms.receive":
        await done(event["text"])
        await send({"type": "sms.reply", "text": f"done {event['text']}"})


async def irc(scope, receive, send):
    """On a network: what is said in a channel, which is answered there."""
    while (event := await receive())["type"] != "irc.disconnect":
        if event["type"] == "irc.connect":
            await send({"type": "irc.join", "channel": "#desk"})
        elif event["type"] == "irc.message" and not event["is_echo"]:
            await done(event["text"])
            await send({"type": "irc.send", "target": event["target"], "text": f"done {event['text']}"})


SCOPES = {"http": http, "websocket": websocket, "email": email, "slack": slack, "sms": sms, "irc": irc}


class Lounge(IrcConsumer):
    """Of a gateway: what is said goes to all whom it names."""

    relay_messages = True


lounge = Lounge.as_asgi()
