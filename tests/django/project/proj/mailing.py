"""What the tests of the log of mail have in common: messages, applications, and a server that calls them."""

import asyncio
import hashlib

from asgiref.sync import async_to_sync

from interfaces.django.models import ReceivedMail
from interfaces.email.consumer import EmailConsumer

RAW = b"Subject: hello\r\nMessage-ID: <1@example.org>\r\n\r\nhow are you?\r\n"
ADA, BOB = "ada@shop.example", "bob@shop.example"


def recipient(address):
    """As the server describes it."""
    local, _, domain = address.partition("@")
    return {"address": address, "local": local, "domain": domain, "tag": None, "params": {}}


def message(*to, raw=RAW, subject="hello", **more):
    """Scope and event of a message."""
    digest = hashlib.sha256(raw).hexdigest()
    scope = {
        "type": "email", "asgi": {"version": "3.0", "spec_version": "1.0"}, "protocol": "smtp", "transaction_id": "t1",
        "client": ("192.0.2.1", 25), "server": ("192.0.2.2", 25), "client_name": None, "helo": "client", "tls": None,
        "auth": None, "conversation": None, "mail_from": "eve@example.org", "mail_params": {"SIZE": 9},
        "rcpt_to": [recipient(one) for one in to], "path": "shop.example/ada", "state": {}, "extensions": {},
    }  # fmt: skip
    event = {
        "type": "email.receive", "id": "t1", "dedupe_key": f"eve@example.org {to[0]} {digest}", "attempt": 1,
        "received_at": 1e9, "from": "eve@example.org", "to": [*to], "from_address": "eve@example.org",
        "to_address": to[0], "subject": subject, "message_id": "1@example.org", "kind": "message", "size": len(raw),
        "digest": digest, "headers": [(b"subject", b"hello")], "body": raw, "body_ref": None, "more_body": False,
        **more,
    }  # fmt: skip
    return scope, event


def deliver(application, scope, *events):
    """Call it as a server does; what it said. What asks for more than there is is cancelled."""
    said = []

    async def run():
        waiting = [*events]
        over = asyncio.get_running_loop().create_future()

        async def receive():
            if not waiting:
                over.set_result([*ReceivedMail.objects.none()])
                await asyncio.get_running_loop().create_future()
            return waiting.pop(0)

        async def say(event):
            said.append(event)

        task = asyncio.ensure_future(application(scope, receive, say))
        await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        elif not task.cancelled():
            task.result()

    async_to_sync(run)()
    return said


class Accepts(EmailConsumer):
    """Looks at the log while it decides."""

    seen: list = []  # noqa: RUF012 - emptied by each test

    def email_receive(self, event):
        """Takes it."""
        self.seen += [(row.state, row.attempts) for row in ReceivedMail.objects.order_by("pk")]


def saying(*said, error=None):
    """An application that says this, then raises."""

    async def application(scope, receive, send):
        await receive()
        for one in said:
            await send(one)
        if error is not None:
            raise error

    return application


def states():
    """Of all rows: to whom, state, reply, attempts."""
    rows = ReceivedMail.objects.order_by("pk")
    return [(row.to_address, row.state, row.reply, row.attempts) for row in rows]
