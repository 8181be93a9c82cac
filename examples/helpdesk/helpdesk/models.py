"""Tickets, what was written in them, and the files that came along."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac

LETTERS = 16


class Ticket(models.Model):
    """A question of a customer, and its thread."""

    OPEN, ANSWERED = "open", "answered"

    subject = models.CharField(max_length=500, blank=True)
    requester = models.EmailField(max_length=320)
    state = models.CharField(max_length=20, default=OPEN, choices=[(OPEN, "open"), (ANSWERED, "answered")])
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def address(self) -> str:
        """Where answers go: ``support+17-0f3a…@``, which nobody can make up for another number."""
        local, _, domain = settings.SUPPORT_ADDRESS.rpartition("@")
        return f"{local}+{self.pk}-{signature(self.pk)}@{domain}"

    @classmethod
    def of_tag(cls, tag: str) -> "Ticket | None":
        """The ticket of an address, if there is one and the tag is ours. Letters may have been made small or large."""
        number, _, said = tag.lower().partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < LETTERS):
            return None
        if not constant_time_compare(said, signature(int(number))):
            return None
        return cls.objects.filter(pk=int(number)).first()


def signature(number: int) -> str:
    """What proves that an address is one of ours."""
    return salted_hmac("helpdesk.ticket", str(number), algorithm="sha256").hexdigest()[:LETTERS]


class Entry(models.Model):
    """One message of a thread."""

    CUSTOMER, AGENT, NOTE = "customer", "agent", "note"

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=20, choices=[(one, one) for one in (CUSTOMER, AGENT, NOTE)])
    author = models.CharField(max_length=320)
    text = models.TextField(blank=True)
    message_id = models.CharField(max_length=255, blank=True, db_index=True)
    """Of the mail that it came or left with: answers name it in References."""
    send_id = models.CharField(max_length=100, blank=True)
    """Under which the log of sent mail has it."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """As they came."""

        ordering: ClassVar[tuple[str, ...]] = ("id",)

    def __str__(self) -> str:
        return f"{self.kind} {self.author}: {self.text[:60]}"


class Attachment(models.Model):
    """A file of an entry."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="attachments")
    filename = models.CharField(max_length=255)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.filename
