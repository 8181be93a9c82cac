"""One handler, served by aiosmtpd itself and by us: what it is asked, and what the client is told, is the same."""

import asyncio
import smtplib

import pytest
from aiosmtpd.smtp import SMTP

from interfaces import Server
from interfaces.email.aiosmtpd import serve


class Handler:
    """Notes what it is asked; the recipient's name is the reply."""

    def __init__(self):
        self.asked = []

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        content = envelope.content[envelope.content.index(b"Subject:") :]  # behind our Received
        peer = session.peer[0]
        self.asked.append((session.host_name, peer, envelope.mail_from, sorted(envelope.mail_options),
                           envelope.rcpt_tos, envelope.smtp_utf8, content))  # fmt: skip
        name = envelope.rcpt_tos[0].partition("@")[0]
        return {"no": "550 5.7.1 Not here", "later": "451 4.7.1 Later", "plain": "250 OK"}.get(
            name, "250 2.0.0 Fine"
        )


def talk(port):
    """What a client hears."""
    heard = []
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=20) as client:
        for to in (
            ["you@b.example", "two@b.example"],
            ["no@b.example"],
            ["later@b.example"],
            ["plain@b.example"],
        ):
            client.ehlo()
            client.mail("a@a.example", ["BODY=8BITMIME"])
            for one in to:
                client.rcpt(one)
            code, text = client.data(b"Subject: x\r\n\r\n.dot\r\n\xe4\r\n")
            heard.append((code, text.split(b" ")[0], code >= 400 and text))
        client.ehlo()
        client.command_encoding = "utf-8"
        client.mail("grüße@a.example", ["SMTPUTF8", "BODY=8BITMIME"])
        client.rcpt("jörg@b.example")
        heard.append(client.data(b"Subject: x\r\n\r\n")[0])
    return heard


@pytest.mark.parametrize("threads", [False, True])
def test_the_same_handler_is_asked_the_same(threads):
    """And says the same to the client: but an enhanced code where it gave none, and our transaction's id."""
    theirs, ours = Handler(), Handler()

    async def run():
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: SMTP(theirs, enable_SMTPUTF8=True), "127.0.0.1", 0)
        async with listening:
            told = await asyncio.to_thread(talk, listening.sockets[0].getsockname()[1])
        app = serve(ours, threads=threads)
        async with Server(app, "email", email_bind=("127.0.0.1:0",), lifespan="off") as server:
            return told, await asyncio.to_thread(talk, server.addresses[0].port)

    told, mine = asyncio.run(run())
    assert ours.asked == theirs.asked and len(ours.asked) == 5
    assert mine[:3] == told[:3] and [one[0] for one in mine[3:4]] == [250] and mine[4] == told[4] == 250
