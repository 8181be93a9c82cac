"""People with phones, at a fake provider that posts to our webhook, signed."""

from typing import Any, ClassVar

from interfaces.console.simulators.base import Simulator, text
from interfaces.shared.webhook import refusal

__all__ = ["SmsSimulator"]

PHONES = 100
"""That are shown, or may be."""
TEXTS = 200
"""Of one phone."""


class SmsSimulator(Simulator):
    """The phones of a fake provider."""

    name: ClassVar[str] = "sms"

    @property
    def there(self) -> bool:
        """Whether there is a fake provider."""
        return super().there and self.place.fake("sms") is not None

    @property
    def missing(self) -> str:
        """Why not."""
        return "there is no fake provider of short messages here: interfaces dev sms, without an account of yours"

    async def shown(self) -> dict[str, Any]:
        """What each phone shows and has sent."""
        fake = self.place.fake("sms")
        phones: dict[str, list[dict[str, Any]]] = {number: [] for number in list(fake.phones)[:PHONES]}
        for one in fake.deliveries:
            row = one.payload
            if one.kind == "message" and row["from"] in phones:
                phones[row["from"]].append(_text(row["from"], row["to"], row["text"], row["sent_at"], "out"))
        for number, rows in phones.items():
            rows += [_text(one.sender, number, one.text, one.at, "in") for one in fake.phone(number).messages]
            rows.sort(key=lambda row: row["time"])
            del rows[:-TEXTS]
        return {"phones": phones, "ours": list(fake.numbers)}

    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """A phone texts one of our numbers."""
        fake = self.place.fake("sms")
        number, to = text(said, "from"), text(said, "to", "") or fake.ours
        if number not in fake.phones and len(fake.phones) >= PHONES:
            raise refusal(409, f"there are {PHONES} phones")
        if not fake.webhook:
            fake.webhook = self._webhook()
        sent = await fake.phone(number).texts(text(said, "text", ""), to=to, retries=False)
        last = sent.last
        return {
            "status": last.status,
            "acknowledged": sent.acknowledged,
            "reason": last.reason,
            "replies": sent.replies,
        }

    def _webhook(self) -> str:
        """Where the account of the fake is posted to."""
        options = self.place.options("sms")
        names = zip(options.names, options.accounts, strict=True)
        name = next((name for name, one in names if one.provider == "fake"), "fake")
        return f"{self.place.url('sms')}{options.path}/{name}"


def _text(sender: str, recipient: str, said: str, at: float, direction: str) -> dict[str, Any]:
    return {"from": sender, "to": recipient, "text": said, "time": at, "direction": direction}
