"""The ways of the customers: mail, and texts. What they say goes into a ticket, and a new one is confirmed."""

from django.conf import settings

from interfaces.demo import desk
from interfaces.demo.ways import filed
from interfaces.demo.words import Refused
from interfaces.email.consumer import EmailConsumer
from interfaces.shared.asgi import Event
from interfaces.sms.consumer import SmsConsumer

__all__ = ["Mailbox", "Phones"]


CONFIRMED = """\
We have your message. It is ticket {ticket.number}; answer this mail to add to it.
On your way? Text {number}: #{ticket.tag} and what there is to add.
"""
FAILED = frozenset({"undelivered", "failed", "rejected", "expired"})
"""Of receipts."""


class Mailbox(EmailConsumer):
    """Takes what comes to ``support@`` and ``support+<tag>@``. Plain functions: they run in a thread."""

    def email_receive(self, message: Event) -> None:
        """Put it into its ticket; what a program says is no question."""
        if message["kind"] != "message":
            return
        try:
            tag = self.scope["url_route"]["kwargs"]["tag"]
            ticket, new = desk.mailed(message, self.parsed(message), tag) or (None, False)
        except Refused as refusal:
            self.reject(str(refusal), enhanced="5.1.1" if refusal.code == "unknown" else "5.2.2")
            return
        if ticket is None:
            return  # it has come before
        filed(self.scope, ticket.room.slug)
        if new:
            self.reply(
                message,
                subject=f"[#{ticket.number}] {ticket.subject}",
                text=CONFIRMED.format(ticket=ticket, number=settings.DESK_NUMBER),
                reply_to=ticket.address,
            )


class Phones(SmsConsumer):
    """Takes what is texted to the desk."""

    def sms_receive(self, message: Event) -> None:
        """Put it into its ticket; STOP and the like are for the provider."""
        if message["keyword"]:
            return
        try:
            ticket, new = desk.texted(message) or (None, False)
        except Refused as refusal:
            self.reject(str(refusal))
            return
        if ticket is None:
            return
        filed(self.scope, ticket.room.slug)
        if new:
            self.reply(f"We have your message, it is ticket {ticket.number}. Somebody will answer.")

    def sms_status(self, message: Event) -> None:
        """A receipt: what was not delivered is said in its room."""
        slug = message["id"].partition(" ")[0]
        filed(self.scope, slug)
        if message["status"] in FAILED and desk.ticket_of(slug) is not None:
            desk.lost(slug, message["to_address"], message["error_text"] or message["status"])
