"""What most providers are answered: a class for theirs to extend. Pure."""

from collections.abc import Sequence

from interfaces.shared.webhook import Answer
from interfaces.sms.providers.base import Reply, Wanted

__all__ = ["Answers"]


class Answers:
    """200 for what is taken, and for what is refused, since all else comes again; 503 for what is to come again."""

    def got(self, wanted: Wanted, content: bytes) -> Answer | None:
        """Nothing is ever wanted."""
        return None

    def accepted(self, replies: Sequence[Reply]) -> Answer:
        """200; replies are sent."""
        return Answer(200, "OK")

    def refused(self, status: int, text: str) -> Answer:
        """200, which is not repeated."""
        return Answer(200, text)

    def deferred(self) -> Answer:
        """503."""
        return Answer(503, "Try again later")
