"""The first table."""

from typing import Any, ClassVar

import django.utils.timezone
from django.db import migrations, models

STATES = ("waiting", "version", "sure", "rolling", "done", "rejected", "cancelled")


class Migration(migrations.Migration):
    """Deployments."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Deployment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("service", models.CharField(max_length=100)),
                ("environment", models.CharField(max_length=20)),
                ("reason", models.CharField(max_length=1000)),
                ("requested_by", models.CharField(max_length=30)),
                ("decided_by", models.CharField(max_length=30, blank=True)),
                ("version", models.CharField(max_length=40, blank=True)),
                (
                    "state",
                    models.CharField(
                        max_length=20, choices=[(one, one.capitalize()) for one in STATES], default="waiting"
                    ),
                ),
                ("channel", models.CharField(max_length=30)),
                ("ts", models.CharField(max_length=30, blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["channel", "ts"], name="opsbot_thread")],
            },
        )
    ]
