"""The tables: messages that had their effect, or leave with a transaction; mail; Slack's tokens; accounts; opt-outs."""

from django.db import models
from django.utils import timezone

from interfaces.django.account_models import Account, UsedLink
from interfaces.django.mail_models import MailContent, ReceivedMail, SentMail
from interfaces.django.slack_models import SlackInstallation
from interfaces.django.sms_models import OptOut

__all__ = [
    "Account", "Inbox", "MailContent", "OptOut", "Outbox", "ReceivedMail", "SentMail", "SlackInstallation", "UsedLink",
]  # fmt: skip


class Inbox(models.Model):
    """A message that a consumer has handled; see :mod:`interfaces.django.inbox`."""

    consumer = models.CharField(max_length=200)
    dedupe_key = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    """When it was begun."""
    done = models.BooleanField(default=True)
    """False while an async consumer runs, whose effects are in no transaction."""

    class Meta:
        """Django's options."""

        constraints = [
            models.UniqueConstraint(fields=["consumer", "dedupe_key"], name="interfaces_inbox_once")
        ]
        verbose_name_plural = "inbox"

    def __str__(self) -> str:
        return f"{self.dedupe_key} for {self.consumer}"


class Outbox(models.Model):
    """A message that is to be sent, or was; see :mod:`interfaces.django.outbox`."""

    channel = models.CharField(max_length=100)
    group = models.BooleanField(default=False)
    """Whether ``channel`` is the name of a group."""
    message = models.BinaryField()
    """The message in msgpack, with its ``dedupe_key``."""
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    """When the layer took it."""
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, default="", blank=True)
    given_up = models.BooleanField(default=False)
    """Whether no attempt can succeed, such as for a message that no layer takes."""

    class Meta:
        """Django's options."""

        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(sent_at=None, given_up=False), name="interfaces_outbox_due"
            ),
            models.Index(fields=["sent_at"], name="interfaces_outbox_sent"),
        ]
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return f"{self.pk} to {self.channel}"
