"""A message that was accepted before the application has seen it, as it is kept: to bytes, and back. Pure."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from interfaces.email.body import Body
from interfaces.email.envelope import Address, Mail, Recipient
from interfaces.email.headers import Headers, conversation, identifier
from interfaces.email.translate import Place, Transaction

__all__ = ["Mark", "order", "packed", "unpacked"]

VERSION: Final = 1


class Mark(msgspec.Struct, array_like=True):
    """What is noted of an attempt: which recipients are left (None: all), and what was said of it."""

    left: list[int] | None = None
    reason: str = ""

    def again(self, late: Sequence[int], of: int, reason: str) -> "Mark":
        """What is noted when only those at ``late`` are to be tried again, ``of`` so many that were tried now."""
        if self.left is not None:
            return Mark([self.left[at] for at in late], reason)
        return Mark(None if len(late) == of else [*late], reason)


def packed(transaction: Transaction, more: dict[str, Any] | None) -> bytes:
    """All but the content; ``more`` are the keys that were added to the event. TypeError for what is not plain."""
    place, mail = transaction.place, transaction.mail
    return msgspec.msgpack.encode(
        {
            "version": VERSION,
            "id": transaction.id,
            "place": {
                "protocol": place.protocol,
                "client": place.client,
                "server": place.server,
                "helo": place.helo,
                "client_name": place.client_name,
                "tls": place.tls,
                "auth": place.auth,
            },
            "mail": [*_address(mail.sender), mail.parameters],
            "recipients": [[*_address(one.address), one.parameters] for one in transaction.recipients],
            "received_at": transaction.received_at,
            "digest": transaction.body.digest,
            "more": more,
        }
    )


def unpacked(head: bytes, body: Body) -> tuple[Transaction, dict[str, Any]]:
    """The message again, and the keys that were added to its event; ``body`` gets its digest.

    Raises ValueError for what is none, or of a version that is not known here.
    """
    try:
        said: dict[str, Any] = msgspec.msgpack.decode(head)
        if said["version"] != VERSION:
            raise ValueError(f"version {said['version']}, and this is version {VERSION}")
        where = said["place"]
        place = Place(**{**where, "client": _endpoint(where["client"]), "server": _endpoint(where["server"])})
        local, domain, parameters = said["mail"]
        mail = Mail(Address(local, domain), parameters)
        recipients = [Recipient(Address(local, domain), words) for local, domain, words in said["recipients"]]
        body.known(said["digest"])
        transaction = Transaction(said["id"], place, mail, recipients, said["received_at"], body)
        return transaction, said["more"] or {}
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise ValueError(f"no message: {error!r}") from error


def _address(one: Address) -> tuple[str, str]:
    return one.local, one.domain


def _endpoint(said: Sequence[Any] | None) -> tuple[str, int | None] | None:
    return None if said is None else (said[0], said[1])


def order(headers: Headers) -> str | None:
    """What is handled one after the other: a thread, by the message that began it, which this one may be."""
    return conversation(headers) or identifier(headers.first(b"message-id"))
