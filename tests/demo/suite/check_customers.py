"""Mailbox and phones: what customers are answered. Run by test_suite.py with Django's own runner."""

from unittest.mock import patch

from django.conf import settings
from django.test import TransactionTestCase

from interfaces.demo import store
from interfaces.demo.customers import Mailbox, Phones
from interfaces.demo.models import Message, Ticket
from interfaces.email.router import EmailRouter, tagged
from interfaces.testing import Communicator
from interfaces.testing.sms_communicator import SmsCommunicator
from tests.demo.suite.kit import PHONE, Sent, mail

ROUTER = EmailRouter([tagged(settings.DESK_ADDRESS, Mailbox.as_asgi())])


async def texts():
    """What was said in the first ticket."""
    found = Message.objects.filter(room__slug="ticket-1").order_by("number")
    return [one async for one in found.values_list("text", flat=True)]


async def delivered(event):
    """What the mailbox says to a mail, and the room that the console is told."""
    local, _, domain = event["to_address"].partition("@")
    recipient = {"address": event["to_address"], "local": local, "domain": domain}
    delivery = Communicator(ROUTER, {"type": "email", "rcpt_to": [recipient]})
    await delivery.send_input(event)
    await delivery.receive_nothing(5)
    delivery.stop()
    return [*delivery.outputs], delivery.scope["state"].get("conversation")


class MailboxTests(Sent, TransactionTestCase):
    """What a customer's mail server hears."""

    async def test_a_new_ticket_is_confirmed(self):
        """With its number, and an address to answer to; the console files it under its room."""
        (answer,), room = await delivered(mail())
        ticket = await Ticket.objects.aget()
        assert (answer["type"], answer["reply_to"]) == ("email.send", ticket.address)
        assert answer["subject"] == "[#1] Printer"
        assert "It is ticket 1" in answer["text"]
        assert f"#{ticket.tag} " in answer["text"]
        assert room == "ticket-1"

    async def test_what_follows_is_not(self):
        """An answer to the ticket's address, and a mail that comes again."""
        await delivered(mail())
        ticket = await Ticket.objects.aget()
        assert await delivered(mail("More.", id="2", to=ticket.address)) == ([], "ticket-1")
        assert await delivered(mail()) == ([], None)
        assert await texts() == ["It is on fire.", "More."]

    async def test_what_programs_say_is_no_question(self):
        """A bounce is taken, and nothing comes of it."""
        assert await delivered(mail(kind="bounce")) == ([], None)
        assert await Ticket.objects.acount() == 0

    async def test_who_cannot_be_served_is_told(self):
        """An address that was made up, and a desk that is full."""
        (made_up,), _ = await delivered(mail(to="support+1-ff@desk.example"))
        with patch.object(store, "ROOMS_MAX", 0):
            (full,), _ = await delivered(mail())
        assert (made_up["type"], made_up["enhanced"]) == ("email.reject", "5.1.1")
        assert (full["type"], full["enhanced"]) == ("email.reject", "5.2.2")
        assert self.sent == []


class PhonesTests(Sent, TransactionTestCase):
    """What a phone is answered."""

    def phone(self):
        """One that texts the desk."""
        return SmsCommunicator(Phones.as_asgi(), theirs=PHONE)

    async def test_a_new_ticket_is_confirmed_once(self):
        """In the provider's answer; the next text is just taken."""
        phone = self.phone()
        first, second = await phone.text("Where is it?"), await phone.text("Hello?")
        assert first.replies == ["We have your message, it is ticket 1. Somebody will answer."]
        assert second.replies == []
        assert second.scope["state"]["conversation"] == "ticket-1"
        assert await texts() == ["Where is it?", "Hello?"]

    async def test_a_keyword_is_for_the_provider(self):
        """STOP opens no ticket."""
        said = await self.phone().text("STOP")
        assert (said.verdict, said.texts, await Ticket.objects.acount()) == ("accept", [], 0)

    async def test_a_full_desk_refuses(self):
        """In words."""
        with patch.object(store, "ROOMS_MAX", 0):
            said = await self.phone().text("Where is it?")
        assert said.verdict == "reject"
        assert "too many" in said.detail["text"]

    async def test_a_receipt_of_what_failed_is_said_in_the_room(self):
        """With the number and the reason; one of what arrived, and one of a message of no room, are not."""
        phone = self.phone()
        await phone.text("Where is it?")
        for name, status in (("ticket-1 2", "delivered"), ("ticket-9 2", "failed"), ("ticket-1 3", "failed")):
            heard = await phone.status(status, id=name, error_text="no such number")
            assert heard.scope["state"]["conversation"] == name.partition(" ")[0]
        assert await texts() == ["Where is it?", f"That did not reach {PHONE}: no such number"]
