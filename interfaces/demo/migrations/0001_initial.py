"""The first tables: rooms, tickets, messages, members."""

from django.db import migrations, models

__all__ = ["Migration"]

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
ROOM = ("room", models.ForeignKey(on_delete=models.CASCADE, to="demo.room"))
WHO = ("who", models.CharField(max_length=12))
NAME = ("name", models.CharField(max_length=32))
STATES = [(state, state) for state in ("open", "taken", "closed")]


class Migration(migrations.Migration):
    """Makes them."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Room",
            fields=[
                ID,
                ("slug", models.CharField(max_length=32, unique=True)),
                ("last", models.PositiveBigIntegerField(default=0)),
                ("revision", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ID,
                ("number", models.PositiveIntegerField(unique=True)),
                ("tag", models.CharField(max_length=32, unique=True)),
                ("via", models.CharField(max_length=5, choices=[("email", "mail"), ("sms", "text")])),
                ("email", models.CharField(blank=True, max_length=320)),
                ("phone", models.CharField(blank=True, db_index=True, max_length=20)),
                ("subject", models.CharField(max_length=200)),
                ("state", models.CharField(max_length=6, default="open", choices=STATES)),
                ("agent", models.CharField(blank=True, max_length=32)),
                ("message_id", models.CharField(blank=True, max_length=255)),
                ("slack_ts", models.CharField(blank=True, max_length=32)),
                (
                    "room",
                    models.OneToOneField(on_delete=models.CASCADE, related_name="ticket", to="demo.room"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                ID,
                ("channel", models.CharField(max_length=100, unique=True)),
                WHO,
                NAME,
                ("seen", models.DateTimeField(db_index=True)),
                ROOM,
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ID,
                ("number", models.PositiveBigIntegerField()),
                ("key", models.CharField(max_length=36)),
                WHO,
                NAME,
                ("side", models.CharField(max_length=5)),
                ("text", models.TextField(max_length=2000)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ROOM,
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["room", "number"], name="demo_message_number"),
                    models.UniqueConstraint(fields=["room", "who", "key"], name="demo_message_key"),
                ]
            },
        ),
    ]
