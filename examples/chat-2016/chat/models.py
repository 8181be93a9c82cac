"""Rooms, and what was said in them."""

from typing import ClassVar

from django.db import models


class Room(models.Model):
    """A room, made when somebody first opens its page."""

    label = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.label


class Message(models.Model):
    """One line."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    handle = models.CharField(max_length=50)
    message = models.CharField(max_length=500)
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """The last line is the last that was said."""

        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.handle}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """What the page shows."""
        return {"handle": self.handle, "message": self.message, "said_at": f"{self.said_at:%H:%M}"}
