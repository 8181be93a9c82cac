"""The first tables."""

from typing import Any, ClassVar

from django.db import migrations, models

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def one_of(*names: str, **more: str) -> models.CharField:
    """A field that is one of ``names``."""
    return models.CharField(max_length=20, choices=[(name, name) for name in names], **more)


class Migration(migrations.Migration):
    """Tickets, entries and attachments."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", KEY),
                ("subject", models.CharField(max_length=500, blank=True)),
                ("requester", models.EmailField(max_length=320)),
                ("state", one_of("open", "answered", default="open")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", KEY),
                ("kind", one_of("customer", "agent", "note")),
                ("author", models.CharField(max_length=320)),
                ("text", models.TextField(blank=True)),
                ("message_id", models.CharField(max_length=255, blank=True, db_index=True)),
                ("send_id", models.CharField(max_length=100, blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ticket", models.ForeignKey("helpdesk.Ticket", models.CASCADE, related_name="entries")),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", KEY),
                ("filename", models.CharField(max_length=255)),
                ("content", models.BinaryField()),
                ("entry", models.ForeignKey("helpdesk.Entry", models.CASCADE, related_name="attachments")),
            ],
        ),
    ]
