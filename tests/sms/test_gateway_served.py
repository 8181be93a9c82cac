"""The gateway as it is served: what the application answers a system that is bound to us comes back to it."""

import asyncio
from typing import Any

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.interface import Context
from interfaces.sms.accounts import Bind
from interfaces.sms.interface import Sms, SmsOptions
from interfaces.sms.smpp import binds
from tests.http_ws.harness import scene
from tests.sms.harness import OURS, THEIRS, Desk
from tests.sms.smpp.kit import outgoing


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Says what it has heard, to who said it."""
    if scope["type"] == "upstream":
        raise NotImplementedError
    event = await receive()
    if event["type"] == "sms.receive":
        await send({"type": "sms.reply", "text": f"heard {event['text']}"})


@scene
async def test_a_system_that_is_bound_gets_its_answer() -> None:
    """By the name under which it has bound, whatever accounts there are."""
    options = SmsOptions(
        gateway_bind=("127.0.0.1:0",), gateway_auth="tests.sms.smpp.systems:allowed", accounts=()
    )
    context = Context(names=("sms",), drain=2.0)
    async with Sms(options).serve(answering, context) as (address,):
        bind = Bind(name="gw", url=f"smpp://shop:secret@127.0.0.1:{address.port}")
        esme = Desk(binds=(bind,))
        esme.context.drain = 1.0
        async with binds(esme.service, esme.context) as found:
            sent = await found.submit("gw", outgoing("hi"))
            assert sent.state == "sent"
            heard: list[dict[str, Any]] = []
            while not heard:
                await asyncio.sleep(0.01)
                heard = [event for event in esme.heard if event["type"] == "sms.receive"]
            assert [(one["text"], one["from_address"], one["to_address"]) for one in heard] == [
                ("heard hi", THEIRS, OURS)
            ]
