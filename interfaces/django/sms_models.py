"""The table of those who want no short messages."""

from django.db import models
from django.utils import timezone

__all__ = ["OptOut"]


class OptOut(models.Model):
    """What somebody has last said to one of our numbers; see :mod:`interfaces.django.opt_outs`."""

    ours = models.CharField(max_length=50)
    """Our number, or name, which they said it to."""
    theirs = models.CharField(max_length=50, db_index=True)
    """In E.164."""
    out = models.BooleanField(default=True)
    """Whether nothing is sent from the one to the other; False: they have come back."""
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Django's options."""

        constraints = [models.UniqueConstraint(fields=["ours", "theirs"], name="interfaces_opt_out_once")]
        ordering = ["theirs", "ours"]

    def __str__(self) -> str:
        return f"{self.theirs} {'wants nothing of' if self.out else 'takes from'} {self.ours}"
