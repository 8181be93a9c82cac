"""Somebody who writes mail: over SMTP to the listener, and reads what the application has sent."""

import asyncio
import base64
import binascii
import smtplib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from importlib import import_module
from typing import Any, ClassVar

from interfaces.console.simulators.base import TIMEOUT, Simulator, host_of, text
from interfaces.shared.bind import Address
from interfaces.shared.webhook import refusal

__all__ = ["EmailSimulator"]

SHOWN = 100
"""Sent messages that are shown, the newest."""
FILES = 32
FIELDS = (("message_id", "Message-ID"), ("in_reply_to", "In-Reply-To"), ("references", "References"))


class EmailSimulator(Simulator):
    """A client of SMTP, a connection a message."""

    name: ClassVar[str] = "email"

    async def shown(self) -> dict[str, Any]:
        """What the application has sent, where that is kept in memory, or the application's fake tells."""
        fake = self.place.fake("email")
        if fake is not None:
            return {"sent": list(fake.sent)[-SHOWN:], "to": str(getattr(fake, "to", ""))}
        way = str(getattr(self.place.options("email"), "send", ""))
        if not way.startswith("memory:"):
            return {"sent": []}
        boxes = import_module("interfaces.email.sending.transports.memory").BOXES
        return {"sent": [_sent(one) for one in list(boxes[way.removeprefix("memory:")])[-SHOWN:]]}

    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """Send a mail; the code and the words of the server."""
        address = self.place.address("email")
        if address is None:
            raise refusal(409, self.missing)
        mail = _mail(said)
        recipients = [one.strip() for one in text(said, "to").split(",") if one.strip()]
        try:
            code, answer = await asyncio.to_thread(
                _deliver, address, text(said, "from", ""), recipients, mail
            )
        except (OSError, smtplib.SMTPException) as error:
            raise refusal(502, f"the listener did not answer as SMTP has it: {error}") from None
        return {"code": code, "answer": answer, "message_id": mail["Message-ID"].strip("<>")}


def _mail(said: dict[str, Any]) -> EmailMessage:
    mail = EmailMessage()
    try:
        mail["From"] = text(said, "from", "") or "<>"
        mail["To"] = text(said, "to")
        mail["Subject"] = " ".join(text(said, "subject", "").split())
        mail["Date"] = formatdate()
        for name, field in FIELDS:
            value = " ".join(text(said, name, "").split())
            if value:
                mail[field] = value if value.startswith("<") else f"<{value}>"
        if "Message-ID" not in mail:
            mail["Message-ID"] = make_msgid(domain="console.localhost")
        mail.set_content(text(said, "text", ""))
        html = text(said, "html", "")
        if html:
            mail.add_alternative(html, subtype="html")
        _attach(mail, said.get("attachments") or [])
    except (ValueError, IndexError, UnicodeError) as error:
        raise refusal(400, f"this cannot be a mail: {error}") from None
    return mail


def _attach(mail: EmailMessage, files: Any) -> None:
    if not isinstance(files, list) or len(files) > FILES:
        raise refusal(400, f"attachments are a list, of {FILES} at most")
    for one in files:
        main, _, sub = str(one.get("type") or "application/octet-stream").partition("/")
        try:
            content = base64.b64decode(str(one.get("base64", "")), validate=True)
        except binascii.Error as error:
            raise refusal(400, f"attachment {one.get('name')}: {error}") from None
        name = str(one.get("name") or "file")
        mail.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=name)


def _deliver(address: Address, sender: str, recipients: list[str], mail: EmailMessage) -> tuple[int, str]:
    """Speak SMTP: the answer that decides. Blocks."""
    with smtplib.SMTP(host_of(address), address.port, timeout=TIMEOUT) as client:
        client.ehlo_or_helo_if_needed()
        utf8 = ["SMTPUTF8"] if client.has_extn("smtputf8") and not mail.as_bytes().isascii() else []
        code, answer = client.mail(sender, utf8)
        refused = []
        if code < 400:
            for one in recipients:
                code, answer = client.rcpt(one)
                if code >= 400:
                    refused.append((code, answer))
            if len(refused) < len(recipients):
                code, answer = client.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
    return code, answer.decode("utf-8", "replace")


def _sent(one: Any) -> dict[str, Any]:
    """A message of the memory transport, as a person reads it."""
    parsed = import_module("interfaces.email.mime.view").Parsed.of(one.content)
    return {
        "from": one.mail_from, "to": list(one.recipients), "subject": parsed.subject, "text": parsed.text[:65_536],
        "time": parsed.date.timestamp() if parsed.date else 0.0, "message_id": one.message_id,
    }  # fmt: skip
