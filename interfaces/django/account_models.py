"""The tables of identity: which account of a protocol is which user, and which links have been used."""

from django.conf import settings
from django.db import models
from django.utils import timezone

__all__ = ["Account", "UsedLink"]


class Account(models.Model):
    """An account that a protocol has proven, and whose it is; see :mod:`interfaces.django.accounts`."""

    protocol = models.CharField(max_length=20)
    """The type of the scopes: slack, irc, sms, email, …"""
    account = models.CharField(max_length=255)
    """As :func:`interfaces.django.identity.account_of` reads it: "T123/U456" of Slack."""
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="interfaces_accounts"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    """When the user has shown that it is theirs, by a link; null: somebody else has said so."""

    class Meta:
        """Django's options."""

        constraints = [
            models.UniqueConstraint(fields=["protocol", "account"], name="interfaces_account_once")
        ]
        ordering = ["protocol", "account"]

    def __str__(self) -> str:
        return f"{self.protocol} {self.account}"


class UsedLink(models.Model):
    """A link that has bound an account, and so does not bind another; it goes when its time is over."""

    nonce = models.CharField(max_length=50, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.nonce)
