"""The fake Slack with people who are operated by HTTP, line by line, for those who have no terminal of it.

::

    curl -d 'press take' http://127.0.0.1:8003/people/ann     does it: see :mod:`interfaces.testing.slack.terminal`
    curl http://127.0.0.1:8003/people                         what people see
"""

from typing import Any

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.testing.fakes.http import Answer, send_answer
from interfaces.testing.fakes.operated import asked, page
from interfaces.testing.slack.fake import FakeSlack
from interfaces.testing.slack.shown import everything
from interfaces.testing.slack.terminal import Terminal

__all__ = ["OperatedSlack"]


class OperatedSlack(FakeSlack):
    """A :class:`FakeSlack` that takes ``POST`` of ``/people/NAME`` and ``GET`` of ``/people``, too.

    ``events_url``: where the app takes the Events API; without it, it is told by Socket Mode.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.events_url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one WebSocket (ASGI 3)."""
        first, _, name = scope.get("path", "").strip("/").partition("/")
        if scope["type"] == "http" and first == "people":
            typed = await asked(scope, receive)
            await send_answer(send, typed if isinstance(typed, Answer) else await self._operated(name, typed))
        else:
            await super().__call__(scope, receive, send)

    async def _operated(self, name: str, line: str) -> Answer:
        """Have the person do it; what is to be seen now."""
        if line:
            wrong = await Terminal(self, events_url=self.events_url).do(f"{name}: {line}" if name else line)
            if wrong:
                return page(wrong, 422)
        return page("\n".join(seen for _, seen in everything(self.world) if seen) or "(nothing yet)")
