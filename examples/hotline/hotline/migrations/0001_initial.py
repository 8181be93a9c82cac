"""The first table."""

from typing import Any, ClassVar

from django.db import migrations, models

STATES = ("planned", "reminded", "confirmed", "call")


class Migration(migrations.Migration):
    """Appointments."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Appointment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("phone", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        max_length=20, choices=[(one, one.capitalize()) for one in STATES], default="planned"
                    ),
                ),
            ],
            options={
                "ordering": ("at", "id"),
                "indexes": [models.Index(fields=["phone", "at"], name="hotline_phone")],
            },
        )
    ]
