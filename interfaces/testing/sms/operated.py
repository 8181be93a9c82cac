"""The fake provider with phones that are operated by HTTP, for those who have no terminal of it.

::

    curl -d 'My parcel is late' http://127.0.0.1:8004/phones/+41790000001     it texts
    curl http://127.0.0.1:8004/phones/+41790000001                            what it shows
"""

import re

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.testing.fakes.http import Answer, send_answer
from interfaces.testing.fakes.operated import asked, page
from interfaces.testing.sms.fake import FakeSms

__all__ = ["OperatedSms"]

_PHONE = re.compile(r"/phones/(\+[1-9][0-9]{6,14})")


class OperatedSms(FakeSms):
    """A :class:`FakeSms` that takes ``POST`` and ``GET`` of ``/phones/NUMBER``, too."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] == "http" and (found := _PHONE.fullmatch(scope["path"])):
            typed = await asked(scope, receive)
            answer = typed if isinstance(typed, Answer) else await self._operated(found[1], typed)
            await send_answer(send, answer)
        else:
            await super().__call__(scope, receive, send)

    async def _operated(self, number: str, text: str) -> Answer:
        """Have the phone text; what it shows now."""
        phone = self.phone(number)
        if text:
            sent = await phone.texts(text, retries=False)
            if not sent.acknowledged:
                reason = (sent.last.reason or sent.status) if sent.tries else "there is no app"
                return page(f"the app did not take it: {reason}", 502)
            await self.settled()
        return page("\n".join(f"{one.sender}: {one.text}" for one in phone.messages) or "(nothing yet)")
