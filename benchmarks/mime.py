"""Reading messages, ours beside the standard library's email: what people send, and what is made to hurt.

python mime.py [--most SECONDS] [CASE ...]

Needs the project's own environment. All is asked of a message that an application may ask: subject, addresses,
texts, what is new, attachments with their content. Prints milliseconds of CPU time, the best of three, and those a MB;
the standard library has its policies `default`, which decodes fields, and `compat32`, which does not; it is stopped
after ``--most`` seconds.
"""

from __future__ import annotations

import argparse
import base64
import email
import email.policy
import signal
import sys
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from interfaces.email.mime import MimeError, Parsed

MB = 1_000_000
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
FILE = b"--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
WORDS = "The quick brown fox jumps over the lazy dog. "


def mail(text: str, *files: bytes) -> bytes:
    """A message as a mailer composes it."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Jörg Müller <joerg@x.example>", "Ann <ann@y.example>, bob@y.example"
    message["Subject"], message["Date"] = "Grüße aus Köln", "Mon, 1 Jan 2024 10:00:00 +0100"
    message["Message-ID"], message["References"] = "<3@x.example>", "<1@x.example> <2@x.example>"
    message.set_content(f"{text}\n\nOn Mon, Jan 1, 2024 Ann <ann@y.example> wrote:\n> {text}\n")
    message.add_alternative(f"<html><body><p>{text}</p></body></html>", subtype="html")
    for number, content in enumerate(files):
        message.add_attachment(
            content, maintype="application", subtype="pdf", filename=f"Bericht {number} ü.pdf"
        )
    return message.as_bytes()


CASES: dict[str, bytes] = {
    "1 KB": mail("Hello, how are you?"),
    "3 KB": mail(WORDS * 20),
    "100 KB with a file": mail(WORDS * 20, bytes(70_000)),
    "1 MB with three files": mail(WORDS * 20, *[bytes(range(256)) * 900] * 3),
    "1 MB of text": b"Subject: x\r\n\r\n" + (WORDS.encode() * 1 + b"\r\n") * (MB // 47),
    "1 MB of HTML": HTML + b"<p>Hello <b>dear</b> friend, how are you?</p>\r\n" * (MB // 46),
    "1 MB of base64": MIXED + FILE + base64.encodebytes(bytes(740_000)).replace(b"\n", b"\r\n") + b"--b--\r\n",
    "From of 60 KB": b"From: " + b"a@b, " * 12_000 + b"\r\n\r\n",
    "From of 60 KB, one name": b"From: " + b'"a" ' * 15_000 + b"<a@b>\r\n\r\n",
    "1,000 nested comments": b"From: " + b"(" * 1000 + b")" * 1000 + b" a@b\r\n\r\n",
    "60 KB of comments": b"From: " + b"(" * 60_000 + b"\r\n\r\n",
    "10,000 parts": MIXED + b"--b\r\n\r\nx\r\n" * 10_000,
    "1,000 nested multiparts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000)
    ),
    "99 nested, 1 MB inside": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(99)
    )
    + b"\r\n"
    + b"text -- text\r\n" * (MB // 14),
    "1 MB of almost delimiters": MIXED + b"--a\r\n" * (MB // 5),
    "1 MB of folded header": b"Subject: x\r\n" + b" x\r\n" * (MB // 4) + b"\r\n",
    "1 MB of fields": b"a:b\r\n" * (MB // 5) + b"\r\n",
    "200 KB of encoded words": b"Subject: " + b"=?utf-8?q?a?= " * (200_000 // 14) + b"\r\n\r\n",
    "60 KB of RFC 2231 pieces": b"Content-Type: text/plain" + b"; a*1*=b" * (60_000 // 8) + b"\r\n\r\n",
    "1 MB of quoted-printable": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=3D" * (MB // 3),
    "1 MB of broken base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A=!\r\n" * (MB // 5),
    "1 MB of tags": HTML + b"<b>" * (MB // 3),
    '1 MB of ">"': b"\r\n" + b">\r\n" * (MB // 3),
}  # fmt: skip


def ours(content: bytes) -> str:
    """All that there is to ask; what of it is refused."""
    refused = ""
    try:
        parsed = Parsed.of(content)
    except MimeError as error:
        return str(error)
    for name in ("subject", "from_", "to", "cc", "date", "html", "text", "reply_text", "attachments"):
        try:
            getattr(parsed, name)
        except MimeError as error:
            refused = f"{name}: {error}"
    for attachment in parsed.attachments:
        _ = attachment.filename, attachment.content
    return refused


def default(content: bytes) -> str:
    """The same of the standard library's EmailMessage."""
    message: Any = email.message_from_bytes(content, policy=email.policy.default)
    for name in ("subject", "from", "to", "cc", "date"):
        _ = str(message[name])
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        _ = body.get_content() if body is not None else ""
    for attachment in message.iter_attachments() if message.is_multipart() else ():
        _ = attachment.get_filename(), attachment.get_payload(decode=True)
    return ""


def compat32(content: bytes) -> str:
    """The same of its Message, which leaves fields as they are."""
    message = email.message_from_bytes(content)
    _ = getaddresses(message.get_all("from", []) + message.get_all("to", []))
    for part in message.walk():
        _ = part.get_filename(), part.get_payload(decode=True)
    return ""


class Stopped(Exception):  # noqa: N818 - no error, the end of patience
    """It takes too long."""


def stop(_signal: int, _frame: Any) -> None:
    """What SIGALRM does."""
    raise Stopped


def measured(read: Callable[[bytes], str], content: bytes, most: float) -> tuple[float, str]:
    """The least CPU time in ms, and what it said."""
    best, said = float("inf"), ""
    signal.signal(signal.SIGALRM, stop)
    for _ in range(3):
        signal.setitimer(signal.ITIMER_REAL, most)
        start = time.process_time()
        try:
            said = read(content)
        except Stopped:
            return float("inf"), "stopped"
        except Exception as error:  # noqa: BLE001 - the standard library raises what it likes
            said = type(error).__name__
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        best = min(best, (time.process_time() - start) * 1000)
    return best, said


def main() -> int:
    """0, or 1 when ours takes more than 50 ms a MB, and more than 20 ms in all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=float, default=10.0, help="seconds until one reading is stopped")
    parser.add_argument("cases", nargs="*", help="parts of their names")
    args = parser.parse_args()
    slow = 0
    print(f"{'':28} {'KB':>6} {'ms':>8} {'ms/MB':>7} {'default':>9} {'compat32':>9}")
    for name, content in CASES.items():
        if args.cases and not any(case in name for case in args.cases):
            continue
        took, said = measured(ours, content, args.most)
        theirs = [measured(read, content, args.most)[0] for read in (default, compat32)]
        columns = " ".join(
            f"{one:9.2f}" if one < args.most * 1000 else f"{f'> {args.most:g} s':>9}" for one in theirs
        )
        each = took / len(content) * MB
        slow += each > 50 and took > 20
        print(f"{name:28} {len(content) / 1000:6.0f} {took:8.2f} {each:7.1f} {columns}  {said}", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
