"""A consumer of short messages: ``sms_receive`` handles what people text, ``sms_status`` what became of what was sent.

A keyword, where that is all that a message says, has a handler to itself: ``keyword_stop``, ``keyword_start`` and
``keyword_help``; a class without it gets the message in ``sms_receive``, as any other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from interfaces.shared.asgi import Event
from interfaces.shared.consumer import Consumer

__all__ = ["SmsConsumer"]


class SmsConsumer(Consumer):
    """Subclass it and write ``async def sms_receive(self, message)``, or a plain function, which may block.

    To return without a word accepts the message; to raise before has the provider try again, where that can. The
    methods are to be awaited, except in a plain function. ``wait``: for so many seconds for the ``sms.result``, which
    is given then; TimeoutError. Without it they return when the message waits where the sender takes it from.
    """

    _event: Mapping[str, Any] = MappingProxyType({})
    """That which is handled."""
    _sends: Counter[str]
    """How many messages it had sent, to each number."""

    @property
    def user(self) -> Any:
        """Who has sent it: behind ``IdentityMiddleware`` the user of the project whose number it is."""
        return self.scope.get("user")

    async def dispatch(self, message: Event) -> None:
        """Call the finest handler there is; what nobody wants is passed over, and counted in ``UNKNOWN``."""
        self._event = message
        self._sends = Counter()
        handler = getattr(self, f"keyword_{str(message.get('keyword') or '').lower()}", None)
        if message.get("type") == "sms.receive" and callable(handler):
            await self._handle(handler, message)
        else:
            await super().dispatch(message)

    # --- the verdict ------------------------------------------------------------------------------

    def accept(self) -> Any:
        """Take it, now; what is replied later is sent."""
        return self.send({"type": "sms.accept"})

    def reject(self, text: str = "", status: int = 0) -> Any:
        """Refuse it for good, with a status of HTTP's or SMPP's."""
        said = {"text": text, "status": status}
        return self.send({"type": "sms.reject", **{key: value for key, value in said.items() if value}})

    def defer(self) -> Any:
        """Have it tried again."""
        return self.send({"type": "sms.defer"})

    # --- messages ---------------------------------------------------------------------------------

    def reply(self, text: str = "", *, media: Sequence[str] = (), wait: float = 0.0, **said: Any) -> Any:
        """Answer the message: in the provider's own answer while that is open, else it is sent, from the same number.

        A message that comes again is answered once, where its provider knows it again. With ``wait`` it is sent,
        since an answer has no result.
        """
        return self._say("reply", said, wait, text=text, media=list(media))

    def send_sms(
        self, to_address: str, text: str = "", *, media: Sequence[str] = (), wait: float = 0.0, **said: Any
    ) -> Any:
        """Send a message, with all else of ``sms.send``; from the number of this scope, unless one is said.

        The ``dedupe_key`` is made of the event's, so that an event that comes again sends it once; unless one is said,
        or None.
        """
        if self._event.get("dedupe_key") and "dedupe_key" not in said:
            self._sends[to_address] += 1
            said["dedupe_key"] = f"{self._event['dedupe_key']} {to_address} send {self._sends[to_address]}"
        return self._say("send", said, wait, to_address=to_address, text=text, media=list(media))

    def cancel(self, id: str, *, wait: float = 0.0) -> Any:
        """Do not send the message of this ``id``, if it still waits, here or at the provider."""
        return self._say("cancel", {}, wait, id=id)

    def _say(self, word: str, said: Mapping[str, Any], wait: float, **words: Any) -> Any:
        """Send ``sms.<word>`` with all that says something; what a caller has said comes before ours."""
        given = {key: value for key, value in words.items() if value}
        more = {key: value for key, value in said.items() if value is not None}
        message = {**given, **more, "type": f"sms.{word}"}
        return self.call(message, wait) if wait else self.send(message)
