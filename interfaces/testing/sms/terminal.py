"""A phone at the fake provider, line by line: what is typed is texted, and what phones receive is said.

::

    hello                     Ann (+41790000001) texts it
    ben: hello                Ben (+41790000002) does; or a number: ``+41790000009: hello``
    ben: off                  his phone is off, and ``ben: on`` again
    ben: fails 30003          what is sent to him fails, and ``ben: fails`` no more
    ben: reads                a receipt says that he has read the last message
"""

from collections.abc import Awaitable, Callable

from interfaces.testing.sms.fake import FakeSms
from interfaces.testing.sms.phone import DELIVERED, Phone
from interfaces.testing.sms.records import Delivery

__all__ = ["PEOPLE", "Terminal"]

PEOPLE = {"ann": "+41790000001", "ben": "+41790000002"}
"""Who is known by a name."""


class Terminal:
    """Does lines, and tells what is new."""

    def __init__(self, sms: FakeSms) -> None:
        self.sms = sms
        self._shown: dict[str, int] = {}
        self._names = {number: name for name, number in PEOPLE.items()}

    def __repr__(self) -> str:
        return f"<Terminal of {self.sms!r}>"

    def news(self) -> list[str]:
        """Messages that phones have received since the last time."""
        lines = []
        for number, phone in self.sms.phones.items():
            seen = self._shown.get(number, 0)
            self._shown[number] = len(phone.messages)
            name = self._names.get(number, number)
            for one in phone.messages[seen:]:
                words = " ".join((one.text, *one.media)).strip() or f"{len(one.data)} bytes"
                lines.append(f"{name} < {one.sender}: {words}")
        return lines

    async def do(self, line: str) -> str:
        """Do what ``line`` says, and give what went wrong with it, or ""."""
        phone, text = self._phone(line.strip())
        word, _, rest = text.partition(" ")
        make: dict[str, Callable[[Phone, str], Awaitable[str]]] = {
            "off": self._off, "on": self._on, "fails": self._fails, "reads": self._reads,
        }  # fmt: skip
        if word in make and (word == "fails" or not rest):
            return await make[word](phone, rest)
        return _lost(await phone.texts(text)) if text else ""

    def _phone(self, line: str) -> tuple[Phone, str]:
        name, colon, rest = line.partition(": ")
        number = PEOPLE.get(name, name)
        if colon and number.startswith("+") and number[1:].isdigit():
            return self.sms.phone(number), rest.strip()
        return self.sms.phone(PEOPLE["ann"]), line

    async def _off(self, phone: Phone, _rest: str) -> str:
        phone.off()
        return ""

    async def _on(self, phone: Phone, _rest: str) -> str:
        phone.on()
        return ""

    async def _fails(self, phone: Phone, code: str) -> str:
        phone.fate = ("sent", f"undelivered:{code}") if code else DELIVERED
        return ""

    async def _reads(self, phone: Phone, _rest: str) -> str:
        if not phone.messages:
            return "there is nothing to be read"
        return _lost(await phone.tells("read"))


def _lost(sent: Delivery) -> str:
    if sent.acknowledged:
        return ""
    return f"the app did not take it: {sent.last.reason or sent.status}" if sent.tries else "there is no app"
