"""What the chat keeps: rooms, what was said in them, and who is there."""

from typing import ClassVar

from django.db import models

__all__ = ["Member", "Message", "Room"]


class Room(models.Model):
    """A room, made by the first to enter it."""

    slug = models.CharField(max_length=32, unique=True)
    last = models.PositiveBigIntegerField(default=0)
    """Number of its latest message. Numbers have no gaps, so that a client sees when it missed one."""
    revision = models.PositiveBigIntegerField(default=0)
    """Grows with each change of who is there, so that an older list never replaces a newer one."""

    def __str__(self) -> str:
        return str(self.slug)


class Message(models.Model):
    """One message. ``who`` is the public name of a visitor's secret, ``name`` the name chosen then."""

    room = models.ForeignKey(Room, models.CASCADE)
    number = models.PositiveBigIntegerField()
    key = models.CharField(max_length=36)
    """The writer's own identifier: a message that is sent again after a reconnect is kept once."""
    who = models.CharField(max_length=12)
    name = models.CharField(max_length=32)
    text = models.TextField(max_length=2000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Found by number, recognised by key."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "number"], name="demo_message_number"),
            models.UniqueConstraint(fields=["room", "who", "key"], name="demo_message_key"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text:.40}"


class Member(models.Model):
    """One open socket in a room. A process that died leaves rows behind; ``seen`` tells them apart."""

    room = models.ForeignKey(Room, models.CASCADE)
    channel = models.CharField(max_length=100, unique=True)
    who = models.CharField(max_length=12)
    name = models.CharField(max_length=32)
    seen = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.name)
