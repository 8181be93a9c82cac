"""What is on its way, and what became of it: the contract between composing, the outbox and the transports. Pure.

``compose(message, now=…, host=…, id=…)`` in :mod:`interfaces.email.sending.compose` makes an :class:`Outgoing` of an
``email.send``; ``transport(url)`` in :mod:`interfaces.email.sending.transports.opening` opens what a URL names.
RFC 3461 (NOTIFY, RET, ENVID), RFC 6531 (SMTPUTF8).
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import msgspec

from interfaces.shared.errors import ApplicationError

__all__ = [
    "LOCKED",
    "TOO_MANY",
    "Commit",
    "Outgoing",
    "Result",
    "Status",
    "Suppressed",
    "Transport",
    "results",
]

LOCKED = frozenset({530, 534, 535, 538})
"""Refusals of who we are and how we came (RFC 4954 §6), not of the message: somebody is to mend that."""

TOO_MANY = frozenset({"4.5.3", "5.5.3"})
"""Too many recipients at once (RFC 3463): those that are left are tried again, whatever else the reply says."""

Status = Literal["accepted", "deferred", "failed", "uncertain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message with its envelope, complete: nothing is asked for any more to send it, today or after a restart."""

    id: str
    """Of the send: what results and bounces name."""
    mail_from: str
    """The return path; "" for the null sender."""
    recipients: tuple[str, ...]
    content: bytes
    """Header and body, lines end with CRLF, the last one too; dots as they are. ASCII unless raw or SMTPUTF8."""
    message_id: str
    """Without angle brackets."""
    smtputf8: bool = False
    """An address or the header has more than ASCII: a server without SMTPUTF8 cannot take it."""
    notify: tuple[str, ...] = ()
    """NEVER, or some of SUCCESS, FAILURE, DELAY."""
    ret: str = ""
    """FULL, HDRS or ""."""
    envid: str = ""

    @property
    def eight_bit(self) -> bool:
        """Whether a server needs 8BITMIME for it."""
        return not self.content.isascii()

    def only(self, recipients: Iterable[str]) -> "Outgoing":
        """The same for some of its recipients: those who are tried again."""
        return replace(self, recipients=tuple(recipients))

    def plain(self) -> dict[str, Any]:
        """As values that any store or layer keeps."""
        values: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        return {**values, "recipients": [*self.recipients], "notify": [*self.notify]}

    @staticmethod
    def of(values: Any) -> "Outgoing":
        """What :meth:`plain` made; msgspec.ValidationError for anything else."""
        return msgspec.convert(values, Outgoing, builtin_types=(bytes,))


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it for one recipient.

    ``accepted``: the peer has it. ``deferred``: it does not, try again. ``failed``: it never will. ``uncertain``: all
    of it was sent and the answer lost, so trying again may deliver it twice.
    """

    recipient: str
    status: Status
    code: int | None = None
    """The peer's reply about it; None where there was none, or it lets nobody in."""
    enhanced: str | None = None
    text: str = ""

    def plain(self) -> dict[str, Any]:
        """As it stands in ``email.result``."""
        return {
            "recipient": self.recipient,
            "status": self.status,
            "code": self.code,
            "enhanced": self.enhanced,
            "text": self.text,
        }


class Suppressed(ApplicationError):  # noqa: N818 - a decision, not a mistake
    """An automatic answer to what no program may answer: it is not sent, and its text says why."""


def results(
    recipients: Iterable[str], status: Status, text: str, code: int | None = None, enhanced: str | None = None
) -> list[Result]:
    """The same for each of ``recipients``."""
    return [Result(one, status, code, enhanced, text) for one in recipients]


Commit = Callable[[], Awaitable[None]]
"""Writes down that what follows cannot be undone: who finds that after a crash reports "uncertain"."""


class Transport(Protocol):
    """A way out. Safe to be used by several tasks at once."""

    async def send(self, mail: Outgoing, commit: Commit | None = None) -> list[Result]:
        """Try once, without delay; one result for each recipient, in their order.

        Never raises for what a peer says or does: a connection that fails before the content was wholly sent is
        "deferred", one that is lost before the answer to it is "uncertain". Cancelling it closes the connection.

        ``commit`` is awaited once, right before what cannot be undone (the end of the content), and not at all when
        nobody takes the message; what it raises is raised, and the message is not delivered then.
        """
        ...

    async def close(self) -> None:
        """Let go of what is kept open; waits for nothing that a peer could withhold for long."""
        ...
