"""What the desk keeps: rooms, what was said in them, who is there, and which of them are tickets."""

from typing import ClassVar

from django.conf import settings
from django.db import models

__all__ = ["Member", "Message", "Room", "Ticket"]


class Room(models.Model):
    """A room, made by the first to enter it."""

    slug = models.CharField(max_length=32, unique=True)
    last = models.PositiveBigIntegerField(default=0)
    """Number of its latest message. Numbers have no gaps, so that a client sees when it missed one."""
    revision = models.PositiveBigIntegerField(default=0)
    """Grows with each change of who is there, so that an older list never replaces a newer one."""

    def __str__(self) -> str:
        return str(self.slug)


class Ticket(models.Model):
    """A question of a customer: a room, to whose words the customer listens by mail or by text."""

    OPEN, TAKEN, CLOSED = "open", "taken", "closed"

    room = models.OneToOneField(Room, models.CASCADE, related_name="ticket")
    number = models.PositiveIntegerField(unique=True)
    tag = models.CharField(max_length=32, unique=True)
    """Behind the plus in the address that answers go to, and first in a text: proves that one was told of it."""
    via = models.CharField(max_length=5, choices=[("email", "mail"), ("sms", "text")])
    """By which way the customer has written last, and so is answered."""
    email = models.CharField(max_length=320, blank=True)
    phone = models.CharField(max_length=20, blank=True, db_index=True)
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=6, default=OPEN, choices=[(s, s) for s in (OPEN, TAKEN, CLOSED)])
    agent = models.CharField(max_length=32, blank=True)
    """Who has taken or closed it."""
    message_id = models.CharField(max_length=255, blank=True)
    """Of the customer's latest mail: the answer stands in its thread."""
    slack_ts = models.CharField(max_length=32, blank=True)
    """Of the alert in Slack, whose thread is this room; "" until Slack has said it."""

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def customer(self) -> str:
        """Where the customer is answered: an address, or a number."""
        return str(self.email if self.via == "email" else self.phone)

    @property
    def address(self) -> str:
        """Where the customer's mail finds this ticket: ``support+1-0f3a…@``."""
        local, _, domain = settings.DESK_ADDRESS.rpartition("@")
        return f"{local}+{self.tag}@{domain}"


class Message(models.Model):
    """One message. ``who`` is the public name of a visitor's secret, ``name`` the name chosen then."""

    room = models.ForeignKey(Room, models.CASCADE)
    number = models.PositiveBigIntegerField()
    key = models.CharField(max_length=36)
    """The writer's own identifier: a message that is sent again after a reconnect is kept once."""
    who = models.CharField(max_length=12)
    name = models.CharField(max_length=32)
    side = models.CharField(max_length=5)
    """Where it was said: web, irc, slack, email, sms; or desk, by the program."""
    text = models.TextField(max_length=2000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Found by number, recognised by key."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "number"], name="demo_message_number"),
            models.UniqueConstraint(fields=["room", "who", "key"], name="demo_message_key"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text:.40}"


class Member(models.Model):
    """One open socket in a room. A process that died leaves rows behind; ``seen`` tells them apart."""

    room = models.ForeignKey(Room, models.CASCADE)
    channel = models.CharField(max_length=100, unique=True)
    who = models.CharField(max_length=12)
    name = models.CharField(max_length=32)
    seen = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.name)
