"""Mail with Django: users log in to the SMTP server with their passwords, and what Django sends goes to a channel.

::

    EMAIL_BACKEND = "interfaces.django.mail.ChannelEmailBackend"

Then ``send_mail`` and all else that sends mail hands it to the sender (``interfaces serve email --email-send …``) over
the channel layer, once the transaction commits in which it was said.
"""

import uuid
from collections.abc import Sequence
from email import message_from_bytes
from email.generator import BytesGenerator
from email.policy import SMTP, compat32
from importlib import import_module
from io import BytesIO
from typing import Any

from django import VERSION
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from interfaces.django.logins import authenticate
from interfaces.workers.message import Channel

__all__ = ["CHANNEL", "ChannelEmailBackend", "OutboxEmailBackend", "authenticate"]

CHANNEL = "email.send"


class ChannelEmailBackend(BaseEmailBackend):
    """An EMAIL_BACKEND that puts each message on the channel ``email.send``: on commit, where there is a transaction.

    Each message has its ``id`` as ``send_id`` then, by which results and bounces name it.

    What is sent outside of one raises what the layer does (ChannelFull, Unavailable, ConfigError), unless it is to fail
    silently. That somebody does not take it, the sender tells: in its log, as a dead letter, or by ``email.result``.
    """

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fail_silently = fail_silently  # Django's own class stops knowing it after 6

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were handed on; those without recipients are none."""
        sent = 0
        for message in email_messages:
            try:
                content = self.content(message)
                if content is not None:
                    self.send(content)
                    sent += 1
            except Exception:
                if not self.fail_silently:
                    raise
        return sent

    def content(self, message: EmailMessage) -> dict[str, Any] | None:
        """The ``email.send`` of a message; None when it is for nobody."""
        recipients = message.recipients()
        if not recipients:
            return None
        name = message.send_id = uuid.uuid4().hex
        return {
            "type": CHANNEL,
            "id": name,
            "dedupe_key": name,
            "from_address": str(message.from_email),
            "to": [str(one) for one in recipients],
            "raw": written(message),
        }

    def send(self, content: dict[str, Any]) -> None:
        """Hand it on."""
        Channel(CHANNEL).send(content)


def written(message: EmailMessage) -> bytes:
    """The bytes of a message, with the ends of lines that mail has; Django 6 makes it another way.

    Of seven bits: the next server, or one behind it, may know no more, and changing it then breaks its signature.
    """
    if VERSION >= (6, 0):
        whole = bytes(message.message(policy=SMTP).as_bytes())
    else:
        whole = bytes(message.message().as_bytes(linesep="\r\n"))
    return whole if whole.isascii() else _seven_bits(whole)


def _seven_bits(whole: bytes) -> bytes:
    """The same message with its texts encoded; its header stays, and so does what is signed, or cannot be encoded."""
    parsed, file = message_from_bytes(whole), BytesIO()
    if any(part.get_content_type() == "multipart/signed" for part in parsed.walk()):
        return whole
    policy = compat32.clone(cte_type="7bit", linesep="\r\n")
    try:
        BytesGenerator(file, mangle_from_=False, maxheaderlen=0, policy=policy).flatten(parsed)
    except (LookupError, ValueError):  # a charset that is none
        return whole
    return file.getvalue()


class OutboxEmailBackend(ChannelEmailBackend):
    """Writes each message into the outbox, as certain as the transaction: a relay gives it to the channel.

    Needs ``interfaces.django`` in INSTALLED_APPS, and ``manage.py runworker --outbox`` or ``interfaces_outbox``.
    """

    def send(self, content: dict[str, Any]) -> None:
        """A row, in the transaction that is open."""
        import_module("interfaces.django.outbox").send(CHANNEL, content)
