"""Reports of our own to who sent us a message that some refuse: a hook for the service of receiving (``bounces``)."""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256

from interfaces.email.envelope import Recipient
from interfaces.email.sending.bounces import READ
from interfaces.email.sending.notices import Refused, notification
from interfaces.email.sending.outgoing import Result
from interfaces.email.sending.way import CHANNEL
from interfaces.email.translate import Key, Transaction
from interfaces.layers.base import Message
from interfaces.shared.delivery import Verdict

__all__ = ["Reports"]


class Reports:
    """Tells the sender of a message about those of its recipients that refuse it; ``keep(message)`` sends that."""

    def __init__(
        self, keep: Callable[[Message], Awaitable[None]], host: str, clock: Callable[[], float]
    ) -> None:
        self.keep = keep
        self.host = host
        self.clock = clock

    async def __call__(
        self, transaction: Transaction, refused: Sequence[tuple[Recipient, Verdict, Key]]
    ) -> None:
        """Hand the report to the sender of mail, once however often this is said. What it raises: it is not told."""
        name = sha256("\n".join(key for _, _, key in refused).encode("utf-8", "replace")).hexdigest()[:32]
        mail = notification(
            Refused(
                sender=transaction.mail.sender.text,
                failed=[_failed(recipient, said) for recipient, said, _ in refused],
                content=transaction.body.whole[:READ],
                received_at=transaction.received_at,
                envid=str(transaction.mail.parameters.get("ENVID", "")),
                parameters={one.address.text: one.parameters for one, _, _ in refused},
            ),
            id=name,
            now=self.clock(),
            host=self.host,
        )
        if mail is not None:
            message = {
                "type": CHANNEL,
                "id": name,
                "dedupe_key": f"report {name}",
                "mail_from": "",
                "raw": mail.content,
            }
            await self.keep({**message, "to": [*mail.recipients]})


def _failed(recipient: Recipient, said: Verdict) -> Result:
    detail = said.detail
    return Result(
        recipient.address.text,
        "failed",
        detail.get("code", 550),
        detail.get("enhanced", "5.7.1"),
        detail.get("text", "Refused"),
    )
