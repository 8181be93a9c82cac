"""What Django sends by the channel. Run by test_mail.py with Django's own runner."""

import asyncio
from email import message_from_bytes
from email.policy import SMTP

import msgspec
import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from django.db import transaction
from django.test import TestCase, TransactionTestCase, override_settings

from interfaces.django.models import Outbox
from interfaces.email.sending.compose import compose
from interfaces.layers.base import ChannelFull
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.strand import shutdown
from interfaces.workers.message import using_layer

CHANNEL = "interfaces.django.mail.ChannelEmailBackend"
OUTBOX = "interfaces.django.mail.OutboxEmailBackend"


def composed(content):
    """The message that the sender makes of it."""
    return compose(content, now=1_700_000_000.0, host="mx.example.org", id=content["id"])


@override_settings(EMAIL_BACKEND=CHANNEL)
class ChannelTests(TransactionTestCase):
    """On the channel."""

    def setUp(self):
        """A layer for this test, which holds two messages."""
        self.layer = LocalChannelLayer(capacity=2)
        context = using_layer(self.layer)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.addCleanup(shutdown)

    def taken(self):
        """The next message on the channel."""

        async def take():
            async with asyncio.timeout(5):
                return await self.layer.receive("email.send")

        return asyncio.run(take())

    def waiting(self):
        """How many there are."""
        return asyncio.run(self.layer.statistics())["messages"]

    def test_a_message_goes_to_the_channel(self):
        """The sender can compose it: to all recipients, blind ones as well, whom nobody sees."""
        message = EmailMultiAlternatives(
            "Héllo",
            "tëxt\n.\nFrom here  ",
            "Ann <ann@example.org>",
            ["bob@example.net"],
            bcc=["eve@example.net"],
            cc=["C <c@example.net>"],
        )
        message.attach_alternative("<p>html</p>", "text/html")
        message.attach("a.bin", b"\0\xff" * 1000, "application/octet-stream")
        assert message.send() == 1
        content = self.taken()
        mail = composed(content)
        assert mail.mail_from == "ann@example.org"
        assert mail.recipients == ("bob@example.net", "c@example.net", "eve@example.net")
        assert message.send_id == content["id"] == content["dedupe_key"]
        assert f"<{mail.message_id}>".encode() in content["raw"]
        assert b"eve@" not in mail.content and b"<p>html</p>" in mail.content
        assert b"\n" not in mail.content.replace(b"\r\n", b"")
        assert mail.content.isascii() and not mail.smtputf8  # else a server without 8BITMIME refuses it
        parsed = message_from_bytes(mail.content, policy=SMTP)
        assert parsed.get_body(("plain",)).get_content().split("\n")[0].strip() == "tëxt"
        assert parsed["subject"] == "Héllo"

    def test_it_waits_for_the_commit(self):
        """What is rolled back was not sent."""
        with transaction.atomic():
            send_mail("a", "b", "ann@example.org", ["bob@example.net"])
            assert self.waiting() == 0
        assert self.waiting() == 1
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - rolled back
            send_mail("a", "b", "ann@example.org", ["bob@example.net"])
            raise ZeroDivisionError
        assert self.waiting() == 1

    def test_a_message_for_nobody_is_none(self):
        """As with Django's own backends."""
        assert EmailMessage("a", "b", "ann@example.org", []).send() == 0
        assert get_connection().send_messages([]) == 0

    def test_a_full_channel_is_told(self):
        """To who sends; unless it is to fail silently, which is counted."""
        messages = [EmailMessage("a", "b", "ann@example.org", ["bob@example.net"]) for _ in range(3)]
        assert get_connection(fail_silently=True).send_messages(messages) == 2
        with pytest.raises(ChannelFull):
            get_connection().send_messages(messages)


@override_settings(EMAIL_BACKEND=OUTBOX)
class OutboxTests(TestCase):
    """In the outbox."""

    def test_row_and_message_are_one(self):
        """A row in the transaction, with the same message."""
        with transaction.atomic():
            assert send_mail("a", "b", "ann@example.org", ["bob@example.net"]) == 1
        row = Outbox.objects.get()
        content = msgspec.msgpack.decode(bytes(row.message))
        assert row.channel == "email.send"
        assert composed(content).recipients == ("bob@example.net",)
        assert content["dedupe_key"] == content["id"]
