"""The tables of the log of mail."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

__all__ = ["Migration"]

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
NOW = django.utils.timezone.now
RECEIVED = ["pending", "delivered", "bounced", "failed"]
SENT = [*RECEIVED, "uncertain"]


def words(most: int, **more: bool) -> models.CharField:
    """A text of at most so many characters, which may be empty."""
    return models.CharField(max_length=most, blank=True, **more)


def state(names: list[str]) -> models.CharField:
    """One of ``names``."""
    choices = [(name, name.capitalize()) for name in names]
    return models.CharField(max_length=20, choices=choices, default="pending")


def index(name: str, *fields: str) -> models.Index:
    """An index of ``fields``."""
    return models.Index(fields=[*fields], name=f"interfaces_{name}")


class Migration(migrations.Migration):
    """Makes them."""

    dependencies = [("interfaces", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="MailContent",
            fields=[
                ID,
                ("data", models.BinaryField(null=True)),
                ("file", models.CharField(blank=True, default="", max_length=255)),
                ("size", models.PositiveBigIntegerField()),
                ("cut", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="SentMail",
            fields=[
                ID,
                ("send_id", models.CharField(max_length=100, unique=True)),
                ("message_id", words(255)),
                ("from_address", words(320)),
                ("recipients", models.TextField(blank=True)),
                ("subject", words(500)),
                ("text", models.TextField(blank=True)),
                ("state", state(SENT)),
                ("reply", models.TextField(blank=True)),
                (
                    "outbox",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="interfaces.outbox",
                    ),
                ),
                ("created_at", models.DateTimeField(default=NOW)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "sent mail",
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    index("sent_state", "state", "created_at"),
                    index("sent_created", "created_at"),
                    index("sent_id", "message_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceivedMail",
            fields=[
                ID,
                ("dedupe_key", models.CharField(max_length=255, unique=True)),
                ("envelope", models.JSONField(default=dict)),
                ("from_address", words(320)),
                ("to_address", models.CharField(max_length=320)),
                ("subject", words(500)),
                ("message_id", words(255)),
                ("kind", models.CharField(default="message", max_length=20)),
                ("digest", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("state", state(RECEIVED)),
                ("reply", words(600)),
                ("error", models.TextField(blank=True)),
                ("attempts", models.PositiveIntegerField(default=1)),
                ("received_at", models.DateTimeField(default=NOW)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "content",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="mails",
                        to="interfaces.mailcontent",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "received mail",
                "ordering": ["-received_at", "-id"],
                "indexes": [
                    index("mail_state", "state", "received_at"),
                    index("mail_received", "received_at"),
                    index("mail_to", "to_address", "received_at"),
                    index("mail_id", "message_id"),
                ],
            },
        ),
    ]
