"""A consumer of mail: ``email_receive`` handles a message, and says what the client is told."""

from typing import Any

from interfaces.shared.consumer import Consumer

__all__ = ["EmailConsumer"]


class EmailConsumer(Consumer):
    """Subclass it and write ``async def email_receive(self, message)``, or a plain function, which may block.

    To return without a word accepts the message; to raise has the client try again. The methods are to be awaited,
    except in a plain function. After a verdict there is no other.
    """

    def accept(self, queue_id: str = "", **said: Any) -> Any:
        """Take it. ``queue_id`` is put into the reply; further keywords: ``code``, ``enhanced``, ``text``."""
        return self._say("email.accept", {"queue_id": queue_id} if queue_id else {}, said)

    def discard(self, **said: Any) -> Any:
        """Let the client think that it was taken."""
        return self._say("email.discard", {}, said)

    def reject(self, text: str = "", **said: Any) -> Any:
        """Refuse it for good: 550, or the ``code`` and ``enhanced`` code given."""
        return self._say("email.reject", {"text": text} if text else {}, said)

    def defer(self, text: str = "", **said: Any) -> Any:
        """Have the client try again later: 451, or the ``code`` and ``enhanced`` code given."""
        return self._say("email.defer", {"text": text} if text else {}, said)

    def status(self, recipient: str, code: int, **said: Any) -> Any:
        """The verdict of one recipient; ``enhanced`` and ``text`` may be given."""
        return self._say("email.status", {"recipient": recipient, "code": code}, said)

    def _say(self, kind: str, words: dict[str, Any], said: dict[str, Any]) -> Any:
        return self.send({"type": kind, **words, **said})
