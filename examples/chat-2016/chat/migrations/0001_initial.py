"""The first tables."""

from typing import Any, ClassVar

from django.db import migrations, models

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    """Rooms and messages."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(name="Room", fields=[("id", KEY), ("label", models.SlugField(unique=True))]),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", KEY),
                ("handle", models.CharField(max_length=50)),
                ("message", models.CharField(max_length=500)),
                ("said_at", models.DateTimeField(auto_now_add=True)),
                ("room", models.ForeignKey("chat.Room", models.CASCADE, related_name="messages")),
            ],
            options={"ordering": ["id"]},
        ),
    ]
