"""Mail that goes out by an EMAIL_BACKEND of Django's: ``--email-send django:``, or ``django:path.to.Backend``.

A backend that writes or sends MIME gives away exactly the bytes that were composed. One that calls a provider's API
reads subject, texts, recipients and attachments instead, as it would of any message of Django's. Django knows no null
sender: what has one goes out with its author's address in the envelope.
"""

import smtplib
from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage as Parsed
from email.policy import SMTP
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.module_loading import import_string

from interfaces.django.mail import ChannelEmailBackend
from interfaces.email.sending.outgoing import Commit, Outgoing, Result, Status, results
from interfaces.shared.strand import Strand, pool

__all__ = ["DjangoTransport", "Ready"]

READABLE = 4000
"""Characters of a field up to which Django is told what is in it: the standard library needs seconds for some."""
_NO_FIELDS = frozenset(
    str.split(
        "from to cc bcc subject reply-to content-type content-transfer-encoding mime-version message-id date"
    )
)


class _Exact(Parsed):
    """A parsed message that is written as it was read."""

    exact = b""

    def as_bytes(self, unixfrom: bool = False, policy: Any = None, linesep: str = "\r\n") -> bytes:
        """The bytes it was made of, with the ends of lines that are asked for."""
        return self.exact.replace(b"\r\n", linesep.encode())

    def as_string(self, *arguments: Any, **named: Any) -> str:
        """The same, as text."""
        return self.exact.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


class Ready(EmailMultiAlternatives):
    """A message for backends of Django, made of one that is complete."""

    def __init__(self, mail: Outgoing) -> None:
        exact = cast("_Exact", message_from_bytes(mail.content, _class=_Exact, policy=SMTP))
        exact.exact = mail.content
        self.exact = exact
        self._mail = mail
        readable = all(len(value) <= READABLE for _, value in exact.raw_items())
        self._names = {
            name: _addresses(exact, name) if readable else [] for name in ("from", "to", "cc", "reply-to")
        }
        to, cc = self._meant("to"), self._meant("cc")
        shown = {_bare(one) for one in (*to, *cc)}
        author = next(iter(self._names["from"]), mail.mail_from)
        super().__init__(
            subject=str(exact["subject"] or "") if readable else "",
            body="",
            from_email=mail.mail_from or author,
            to=to,
            cc=cc,
            bcc=[one for one in mail.recipients if one.lower() not in shown],
            reply_to=self._names["reply-to"],
            headers=_others(exact, mail, author) if readable else {},
        )
        self._fill()

    def _meant(self, name: str) -> list[str]:
        """Those of a field for whom this attempt is."""
        meant = {one.lower() for one in self._mail.recipients}
        return [one for one in self._names[name] if _bare(one) in meant]

    def _fill(self) -> None:
        """Texts and files, for backends that ask for them."""
        html = self.exact.get_body(("html",))
        self.body = _text(self.exact.get_body(("plain",)))
        if html is not None:
            self.attach_alternative(_text(html), "text/html")
        for part in self.exact.walk():
            inner = part.get_content_type() == "message/rfc822"
            if (not part.is_multipart() or inner) and (part.is_attachment() or part["content-id"]):
                content = part.get_content()
                whole = content.as_bytes() if isinstance(content, Parsed) else content
                self.attach(part.get_filename() or "attachment", whole, part.get_content_type())

    def message(self, *arguments: Any, **named: Any) -> Any:
        """Exactly what was composed."""
        return self.exact

    def recipients(self) -> list[str]:
        """Those of this attempt, and nobody else whom the header names."""
        return [*self._mail.recipients]


class DjangoTransport:
    """Sends by the backend ``name``, or by EMAIL_BACKEND, in a thread."""

    def __init__(self, name: str = "") -> None:
        try:
            self.name = name or str(settings.EMAIL_BACKEND)
        except ImproperlyConfigured as error:
            raise ValueError(" ".join(str(error).split())) from None
        try:
            found = import_string(self.name)  # now, and not with the first message
        except ImportError as error:
            raise ValueError(f"there is no backend {self.name}: {error}") from None
        ours = isinstance(found, type) and issubclass(found, ChannelEmailBackend)
        if ours:  # it would go round and round
            raise ValueError(
                f"{self.name} hands mail to this sender: name the backend that sends it, django:PATH.TO.BACKEND"
            )
        self._strand = Strand(pool())

    async def send(self, mail: Outgoing, commit: Commit | None = None) -> list[Result]:
        """As :meth:`Transport.send`; a backend says nothing of a single recipient unless it is SMTP's."""
        try:
            ready = await self._strand.run(Ready, mail)
        except Exception as error:  # noqa: BLE001 - the standard library's reader, of what an application sends raw
            return results(mail.recipients, "failed", _words(error), 554, "5.6.0")
        try:
            connection = await self._strand.run(self._opened)
        except Exception as error:  # noqa: BLE001 - a backend raises what it likes; nothing was sent
            return results(mail.recipients, "deferred", _words(error), *_code(error))
        try:
            if commit is not None:
                await commit()
            return await self._strand.run(_sent, connection, ready, mail)
        finally:
            await self._strand.run(_closed, connection)

    async def close(self) -> None:
        """Let go of the thread."""
        self._strand.close()

    def _opened(self) -> Any:
        connection = get_connection(self.name, fail_silently=False)
        connection.open()
        return connection


def _sent(connection: Any, ready: Ready, mail: Outgoing) -> list[Result]:
    try:
        sent = connection.send_messages([ready])
    except smtplib.SMTPRecipientsRefused as error:
        return [_refused(one, error.recipients) for one in mail.recipients]
    except Exception as error:  # noqa: BLE001 - a backend raises what it likes
        return _failed(mail, error)
    if not sent:
        return results(mail.recipients, "failed", "the backend has sent nothing, and does not say why")
    return results(mail.recipients, "accepted", "sent by the backend")


def _refused(recipient: str, said: Mapping[str, tuple[int, bytes]]) -> Result:
    """smtplib sends when one is accepted, and says nothing of the others: so all of these were refused."""
    code, text = said.get(recipient, (0, b""))
    return Result(recipient, _status(code), code or None, None, text.decode("utf-8", "replace")[:500])


def _failed(mail: Outgoing, error: Exception) -> list[Result]:
    """What an error means: an answer is one, a connection that broke while it was used is none."""
    code, enhanced = _code(error)
    if code is not None:
        return results(mail.recipients, _status(code), _words(error), code, enhanced)
    answered = getattr(error, "status_code", None)  # of HTTP, as the backends of providers have it
    if isinstance(answered, int) and 400 <= answered < 600:
        later = answered >= 500 or answered in (401, 403, 408, 429)
        return results(mail.recipients, "deferred" if later else "failed", _words(error))
    return results(mail.recipients, "uncertain", _words(error))


def _code(error: Exception) -> tuple[int | None, str | None]:
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    return (code, None) if isinstance(code, int) and 400 <= code < 600 else (None, None)


def _status(code: int) -> Status:
    return "failed" if 500 <= code < 600 and code not in (530, 534, 535, 538) else "deferred"


def _words(error: Exception) -> str:
    """One line."""
    said = error.smtp_error if isinstance(error, smtplib.SMTPResponseException) else str(error)
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(f"{type(error).__name__}: {text}".split())[:500]


def _closed(connection: Any) -> None:
    try:
        connection.close()
    except Exception:  # noqa: BLE001, S110 - what was sent is sent
        pass


def _addresses(message: Parsed, name: str) -> list[str]:
    found = message[name]
    return [str(one) for one in found.addresses] if found is not None and hasattr(found, "addresses") else []


def _bare(written: str) -> str:
    return written.rpartition("<")[2].rstrip(">").lower()


def _others(message: Parsed, mail: Outgoing, author: str) -> dict[str, str]:
    """The fields that Django does not make, and those that every backend is to send as they are."""
    found = {name: str(value) for name, value in message.items() if name.lower() not in _NO_FIELDS}
    date = str(message["date"] or "")
    made = {"From": author, "Message-ID": f"<{mail.message_id}>", "Date": date}
    return found | {name: value for name, value in made.items() if value}


def _text(part: Any) -> str:
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
