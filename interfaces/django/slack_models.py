"""Where Slack's app is installed, and its tokens, encrypted; see :mod:`interfaces.django.slack_installations`."""

from django.db import models
from django.utils import timezone

__all__ = ["SlackInstallation"]


class SlackInstallation(models.Model):
    """What one user has granted at a place, or, without a user, the place's bot."""

    client_id = models.CharField(max_length=64)
    """Of which app."""
    enterprise_id = models.CharField(max_length=32, default="", blank=True)
    team_id = models.CharField(max_length=32, default="", blank=True)
    """ "" where the app is installed for the whole enterprise."""
    user_id = models.CharField(max_length=32, default="", blank=True)
    """Who has installed it; "" for the bot, which all of them share."""
    app_id = models.CharField(max_length=32, default="", blank=True)
    enterprise_name = models.CharField(max_length=200, default="", blank=True)
    enterprise_url = models.CharField(max_length=500, default="", blank=True)
    team_name = models.CharField(max_length=200, default="", blank=True)
    is_enterprise_install = models.BooleanField(default=False)
    bot_id = models.CharField(max_length=32, default="", blank=True)
    bot_user_id = models.CharField(max_length=32, default="", blank=True)
    scopes = models.TextField(default="", blank=True)
    """The bot's, or the user's, with commas between them."""
    token_type = models.CharField(max_length=32, default="", blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    """When its token ends, where tokens are rotated."""
    incoming_webhook_channel = models.CharField(max_length=200, default="", blank=True)
    incoming_webhook_channel_id = models.CharField(max_length=32, default="", blank=True)
    installed_at = models.DateTimeField(default=timezone.now)
    sealed = models.TextField(editable=False)
    """Its tokens and other secrets, encrypted by a key of SECRET_KEY."""

    class Meta:
        """Django's options."""

        constraints = [
            models.UniqueConstraint(
                fields=["client_id", "enterprise_id", "team_id", "user_id"], name="interfaces_slack_once"
            )
        ]
        indexes = [
            models.Index(fields=["client_id", "team_id", "installed_at"], name="interfaces_slack_team")
        ]
        ordering = ["-installed_at", "-id"]
        verbose_name = "Slack installation"

    def __str__(self) -> str:
        place = self.team_name or self.team_id or self.enterprise_name or self.enterprise_id
        return f"{self.user_id or 'bot'} in {place}"
