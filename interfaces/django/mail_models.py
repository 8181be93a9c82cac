"""The log of mail: what came in, what became of it, and what was sent; see :mod:`interfaces.django.mail_log`."""

from django.db import models
from django.utils import timezone

__all__ = ["MailContent", "ReceivedMail", "SentMail"]

ADDRESS = 320
"""Characters of an address that are kept."""


class ReceivedState(models.TextChoices):
    """How far the application is with a message, for one recipient."""

    PENDING = "pending"
    """The application was called. One that stays so had its process killed meanwhile: replay finds it."""
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    """Refused for good: the client has told the sender."""
    FAILED = "failed"
    """Deferred, or the application raised: the client comes again."""


class SentState(models.TextChoices):
    """What is known of a message that was sent."""

    PENDING = "pending"
    DELIVERED = "delivered"
    """The next server has it, or a report says so."""
    BOUNCED = "bounced"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """All of it was sent, and the answer lost."""


class MailContent(models.Model):
    """A message as it came: here, or in a storage under the name ``file``."""

    data = models.BinaryField(null=True)
    file = models.CharField(max_length=255, default="", blank=True)
    size = models.PositiveBigIntegerField()
    """Of the message; ``data`` is its beginning where it was ``cut``."""
    cut = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.size} bytes{' in ' + self.file if self.file else ''}"


class ReceivedMail(models.Model):
    """A message for one recipient; whoever sends it again finds the same row."""

    dedupe_key = models.CharField(max_length=255, unique=True)
    envelope = models.JSONField(default=dict)
    """The scope's own values, as a replay needs them."""
    from_address = models.CharField(max_length=ADDRESS, blank=True)
    """Of the envelope; "" for a bounce."""
    to_address = models.CharField(max_length=ADDRESS)
    subject = models.CharField(max_length=500, blank=True)
    message_id = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=20, default="message")
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content = models.ForeignKey(MailContent, models.SET_NULL, null=True, related_name="mails")
    """None once its days are over."""
    state = models.CharField(max_length=20, choices=ReceivedState.choices, default=ReceivedState.PENDING)
    reply = models.CharField(max_length=600, blank=True)
    """What the client was told: code, enhanced code and text."""
    error = models.TextField(blank=True)
    """What the application raised."""
    attempts = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(default=timezone.now)
    """When it came first."""
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """Django's options."""

        indexes = [
            models.Index(fields=["state", "received_at"], name="interfaces_mail_state"),
            models.Index(fields=["received_at"], name="interfaces_mail_received"),
            models.Index(fields=["to_address", "received_at"], name="interfaces_mail_to"),
            models.Index(fields=["message_id"], name="interfaces_mail_id"),
        ]
        ordering = ["-received_at", "-id"]
        verbose_name_plural = "received mail"

    def __str__(self) -> str:
        return f"{self.subject or '(no subject)'} for {self.to_address}"


class SentMail(models.Model):
    """A message that was handed in to be sent."""

    send_id = models.CharField(max_length=100, unique=True)
    """The ``id`` of its ``email.send``: results and bounces name it."""
    message_id = models.CharField(max_length=255, blank=True)
    from_address = models.CharField(max_length=ADDRESS, blank=True)
    recipients = models.TextField(blank=True)
    """One a line."""
    subject = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    """The beginning of what it says; gone once its days are over."""
    state = models.CharField(max_length=20, choices=SentState.choices, default=SentState.PENDING)
    reply = models.TextField(blank=True)
    """What was answered last, a line a recipient."""
    outbox = models.ForeignKey("interfaces.Outbox", models.SET_NULL, null=True, related_name="+")
    """What was handed on, as long as the outbox keeps it."""
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """Django's options."""

        indexes = [
            models.Index(fields=["state", "created_at"], name="interfaces_sent_state"),
            models.Index(fields=["created_at"], name="interfaces_sent_created"),
            models.Index(fields=["message_id"], name="interfaces_sent_id"),
        ]
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "sent mail"

    def __str__(self) -> str:
        return f"{self.subject or '(no subject)'} to {self.recipients.partition(chr(10))[0]}"
