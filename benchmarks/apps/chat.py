"""Applications of an IRC gateway: what one member of a channel says, the others get.

One call a connection (scope type ``irc``). ``app`` sends to each of the others itself, ``relay`` has the gateway do it.
"""

from interfaces.shared.asgi import Receive, Scope, Send

channels: dict[str, set[Send]] = {}


async def lifespan(receive: Receive, send: Send) -> None:
    """Nothing to begin or end."""
    while True:
        event = await receive()
        await send({"type": event["type"] + ".complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI 3."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    joined: set[str] = set()
    try:
        while (event := await receive())["type"] != "irc.disconnect":
            kind = event["type"]
            if kind == "irc.connect":
                await send({"type": "irc.accept"})
            elif kind == "irc.join":
                joined.add(event["channel"])
                channels.setdefault(event["channel"], set()).add(send)
            elif kind == "irc.part":
                joined.discard(event["channel"])
                channels[event["channel"]].discard(send)
            elif kind == "irc.message":
                out = {
                    "type": "irc.deliver",
                    "source": event["source"],
                    "target": event["target"],
                    "text": event["text"],
                }
                for other in channels.get(event["target"], ()):
                    if other is not send:
                        await other(out)
    finally:
        for name in joined:
            channels[name].discard(send)


async def relay(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI 3."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    while (event := await receive())["type"] != "irc.disconnect":
        if event["type"] == "irc.connect":
            await send({"type": "irc.accept"})
        elif event["type"] == "irc.message":
            said = {key: event[key] for key in ("source", "target", "text", "command")}
            await send({"type": "irc.deliver", "relay": True, **said})
