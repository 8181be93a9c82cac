"""The first tables: inbox and outbox."""

import django.utils.timezone
from django.db import migrations, models

__all__ = ["Migration"]

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
NOW = django.utils.timezone.now


class Migration(migrations.Migration):
    """Makes them."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Inbox",
            fields=[
                ID,
                ("consumer", models.CharField(max_length=200)),
                ("dedupe_key", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField(db_index=True, default=NOW)),
                ("done", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name_plural": "inbox",
                "constraints": [
                    models.UniqueConstraint(fields=("consumer", "dedupe_key"), name="interfaces_inbox_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ID,
                ("channel", models.CharField(max_length=100)),
                ("group", models.BooleanField(default=False)),
                ("message", models.BinaryField()),
                ("created_at", models.DateTimeField(default=NOW)),
                ("sent_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, default="", max_length=500)),
                ("given_up", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name_plural": "outbox",
                "indexes": [
                    models.Index(
                        condition=models.Q(("given_up", False), ("sent_at", None)),
                        fields=["id"],
                        name="interfaces_outbox_due",
                    ),
                    models.Index(fields=["sent_at"], name="interfaces_outbox_sent"),
                ],
            },
        ),
    ]
