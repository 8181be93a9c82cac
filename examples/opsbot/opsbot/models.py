"""Deployments, from the question to the end."""

import re
from typing import ClassVar

from django.db import models
from django.utils import timezone

VERSION = re.compile(r"v?(\d+(?:\.\d+){1,3})")


class Deployment(models.Model):
    """Asked for by one, decided by another, and talked about in the thread of its message."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting"
        VERSION = "version"
        SURE = "sure"
        ROLLING = "rolling"
        DONE = "done"
        REJECTED = "rejected"
        CANCELLED = "cancelled"

    service = models.CharField(max_length=100)
    environment = models.CharField(max_length=20)
    reason = models.CharField(max_length=1000)
    requested_by = models.CharField(max_length=30)
    """The id of somebody at Slack."""
    decided_by = models.CharField(max_length=30, blank=True)
    version = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    channel = models.CharField(max_length=30)
    ts = models.CharField(max_length=30, blank=True)
    """Of its message in the channel, and so of the thread below."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """The latest first; a thread is looked for by each message."""

        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["channel", "ts"], name="opsbot_thread")]

    def __str__(self) -> str:
        version = f" {self.version}" if self.version else ""
        return f"#{self.pk} {self.service}{version} to {self.environment}"

    @property
    def said(self) -> str:
        """What the bot says in the thread when it has come this far."""
        by = f"<@{self.decided_by}>"
        return {
            self.State.WAITING: "It waits for somebody to approve it.",
            self.State.VERSION: f"{by} has approved it. Which version?",
            self.State.SURE: f"{self.service} {self.version} to {self.environment}: yes or no?",
            self.State.ROLLING: f"Rolling out {self.service} {self.version}.",
            self.State.DONE: f"{self.service} {self.version} is in {self.environment}.",
            self.State.REJECTED: f"{by} has rejected it.",
            self.State.CANCELLED: "It was called off.",
        }[self.State(self.state)]

    def hear(self, text: str) -> str:
        """An answer in the thread: go on, or give what was not understood. Nothing is saved."""
        text = text.strip().lower()
        if self.state == self.State.VERSION:
            found = VERSION.fullmatch(text)
            if not found:
                return "A version is like 1.4.2."
            self.version, self.state = found[1], self.State.SURE
        elif self.state == self.State.SURE:
            if text not in ("yes", "no"):
                return "Yes or no?"
            self.state = self.State.ROLLING if text == "yes" else self.State.CANCELLED
        return ""
