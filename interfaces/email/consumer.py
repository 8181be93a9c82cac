"""A consumer of mail: ``email_receive`` handles a message, and says what the client is told."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from interfaces.email.message import aparsed, parsed
from interfaces.email.mime import LIMITS, Limits, MimeError
from interfaces.email.sending.forwards import forward
from interfaces.email.sending.outgoing import Suppressed
from interfaces.email.sending.threads import reply
from interfaces.shared.asgi import Event
from interfaces.shared.consumer import Consumer
from interfaces.shared.errors import PeerError

__all__ = ["EmailConsumer"]

CIRCLE = {"type": "email.reject", "code": 554, "enhanced": "5.4.6", "text": "This message goes in a circle"}


class EmailConsumer(Consumer):
    """Subclass it and write ``async def email_receive(self, message)``, or a plain function, which may block.

    To return without a word accepts the message; to raise has the client try again. The methods are to be awaited,
    except in a plain function. After a verdict there is no other.
    """

    _replies = 0
    """How many were made in this scope."""

    async def dispatch(self, message: Event) -> None:
        """Call the handler of the message's type; a message that is beyond the limits of a reader is refused."""
        try:
            await super().dispatch(message)
        except MimeError as error:
            await self._base_send(error.answer)

    def parsed(self, message: Mapping[str, Any], limits: Limits = LIMITS) -> Any:
        """The content of the message: a :class:`interfaces.email.mime.Parsed`; a large one is read in a thread.

        MimeError for one beyond the limits: who does not catch it refuses the message.
        """
        if threading.get_ident() == self._thread:
            return aparsed(message, limits)
        return parsed(message, limits)

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

    def reply(self, message: Mapping[str, Any], *, wait: float = 0.0, **said: Any) -> Any:
        """Answer the message that was received: ``text``, ``html``, ``attachments``, and all else of ``email.send``.

        To whom, under which subject and in which thread is taken from it. What no program may answer, such as a bounce
        or another program's answer, is not answered. ``wait`` and what is given: as :meth:`send_mail`.

        A message that comes again is answered once: the ``dedupe_key`` is made of its own, unless one is said, or None.
        """
        if message.get("dedupe_key") and "dedupe_key" not in said:
            self._replies += 1
            said["dedupe_key"] = f"{message['dedupe_key']} reply {self._replies}"
        return self.send_mail(wait=wait, **reply(message, **said))

    def forward(
        self, message: Mapping[str, Any], to: str | Sequence[str], *, wait: float = 0.0, **said: Any
    ) -> Any:
        """Send the message that was received to somebody else, as an attachment, byte for byte.

        ``wait`` and what is given: as :meth:`send_mail`. One that goes in a circle is refused: 554 5.4.6.
        """
        if threading.get_ident() == self._thread:
            return self._forward(message, to, wait, said)
        return self.send_mail(wait=wait, **_forwarded(message, to, said))

    async def _forward(
        self, message: Mapping[str, Any], to: str | Sequence[str], wait: float, said: Mapping[str, Any]
    ) -> Any:
        if message.get("body_ref") is None:
            made = _forwarded(message, to, said)
        else:
            made = await asyncio.to_thread(_forwarded, message, to, said)
        return await self.send_mail(wait=wait, **made)

    def send_mail(self, *, wait: float = 0.0, **said: Any) -> Any:
        """Send a message: ``to``, ``from_address``, ``subject``, ``text`` and all else that ``email.send`` knows.

        When this returns it waits where the sender takes it from; ``wait``: for so many seconds, then its
        ``email.result`` is given. A ``dedupe_key`` makes it one message however often it is said.
        ApplicationError for what cannot be sent; TimeoutError.
        """
        message = {**said, "type": "email.send"}
        return self.call(message, wait) if wait else self.send(message)

    def _say(self, kind: str, words: dict[str, Any], said: dict[str, Any]) -> Any:
        return self.send({"type": kind, **words, **said})


def _forwarded(
    message: Mapping[str, Any], to: str | Sequence[str], said: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        return forward(message, to, **said)
    except Suppressed as error:
        raise PeerError(str(error), CIRCLE) from None
