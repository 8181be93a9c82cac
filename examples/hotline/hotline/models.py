"""An appointment: who comes, when, and how far its reminder has come."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class Appointment(models.Model):
    """One of the surgery's."""

    class State(models.TextChoices):
        """How far it has come."""

        PLANNED = "planned"
        REMINDED = "reminded"
        CONFIRMED = "confirmed"
        CALL = "call"
        """Somebody has to call."""

    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=20)
    """E.164."""
    at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.PLANNED)

    class Meta:
        """The next first; each message asks for those of its number."""

        ordering: ClassVar[tuple[str, ...]] = ("at", "id")
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["phone", "at"], name="hotline_phone")]

    def __str__(self) -> str:
        return f"{self.name}, {self.when}"

    @property
    def when(self) -> str:
        """Day and time, as people read it."""
        return f"{timezone.localtime(self.at):%a %d %b, %H:%M}"
