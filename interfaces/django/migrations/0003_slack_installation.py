"""The table of Slack's installations."""

import django.utils.timezone
from django.db import migrations, models

__all__ = ["Migration"]

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
NOW = django.utils.timezone.now


def words(most: int) -> models.CharField:
    """A text of at most so many characters, which may be empty."""
    return models.CharField(max_length=most, blank=True, default="")


class Migration(migrations.Migration):
    """Makes it."""

    dependencies = [("interfaces", "0002_mail_log")]
    operations = [
        migrations.CreateModel(
            name="SlackInstallation",
            fields=[
                ID,
                ("client_id", models.CharField(max_length=64)),
                ("enterprise_id", words(32)),
                ("team_id", words(32)),
                ("user_id", words(32)),
                ("app_id", words(32)),
                ("enterprise_name", words(200)),
                ("enterprise_url", words(500)),
                ("team_name", words(200)),
                ("is_enterprise_install", models.BooleanField(default=False)),
                ("bot_id", words(32)),
                ("bot_user_id", words(32)),
                ("scopes", models.TextField(blank=True, default="")),
                ("token_type", words(32)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("incoming_webhook_channel", words(200)),
                ("incoming_webhook_channel_id", words(32)),
                ("installed_at", models.DateTimeField(default=NOW)),
                ("sealed", models.TextField(editable=False)),
            ],
            options={
                "verbose_name": "Slack installation",
                "ordering": ["-installed_at", "-id"],
                "indexes": [
                    models.Index(
                        fields=["client_id", "team_id", "installed_at"], name="interfaces_slack_team"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client_id", "enterprise_id", "team_id", "user_id"),
                        name="interfaces_slack_once",
                    )
                ],
            },
        )
    ]
