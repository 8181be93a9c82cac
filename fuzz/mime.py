"""Messages and their content: whatever comes in, only MimeError comes out, and what comes out keeps its promises."""

import random

from interfaces.email.mime import Limits, MimeError, Parsed, Part
from interfaces.email.mime.addresses import addresses
from interfaces.email.mime.fields import parameters
from interfaces.email.mime.flowed import unflowed
from interfaces.email.mime.replies import reply_text
from interfaces.email.mime.report import complaint, delivery_report, returned
from interfaces.email.mime.words import decoded

LIMITS = Limits(depth=10, parts=50, header=3000, fields=60, addresses=20)
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
PART = b"\r\n--b\r\nContent-Type: "
REPORT = (
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: "
)
HEADER = b"""From: =?utf-8?q?J=C3=B6rg?= <j@x.example>\r
To: "a, b" <c@d> (e), f: g@h, i@j;\r
Subject: hello\r
Date: Mon, 1 Jan 2024 10:00:00 +0100\r
References: <a@b> <c@d>\r
\r
hello\r
\r
On 1 Jan X wrote:\r
> hi\r
"""
FILES = b"""text/plain; charset=utf-8\r
Content-Transfer-Encoding: base64\r
\r
aGk=\r
--b\r
Content-Type: a/b; name*0*=utf-8''%C3; name*1=x\r
Content-Disposition: attachment; filename="../a"\r
\r
x\r
--b--"""
ALTERNATIVE = b"""Content-Type: multipart/alternative; boundary="b:c"

--b:c

text
--b:c
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable

<p>=C3=B6<blockquote>x</blockquote>&amp;
--b:c--
"""
STATUS = b"""message/delivery-status\r
\r
Reporting-MTA: dns; m\r
\r
Final-Recipient: rfc822; a@b\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 no\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: <1@y>\r
\r
--b--\r
"""
ABUSE = b"message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Rcpt-To: <a@b>\r\n--b--\r\n"
INNER = b"message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n1\r\n--b--\r\n"
DIGEST = b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\none\r\n--b--\r\n"
OUTLOOK = (
    b"\r\nFrom: Ann\r\nSent: now\r\nTo: me\r\nSubject: x\r\n\r\n-----Original Message-----\r\n-- \r\nx\r\n"
)
SEEDS = [
    HEADER,
    MIXED + PART + FILES,
    ALTERNATIVE,
    REPORT + STATUS,
    REPORT + ABUSE,
    MIXED + PART + INNER,
    DIGEST,
    OUTLOOK,
]


def one(data: bytes) -> None:
    """A message, all of whose properties are asked for; its bytes as fields and as a reply, too."""
    for read in (message, report, field):
        try:
            read(data)
        except MimeError:
            pass
    text = data.decode("latin-1")
    reply_text(text)
    assert "".join(unflowed(text).replace(">", "").split()) == "".join(text.replace(">", "").split())


def message(data: bytes) -> None:
    """The tree and the view of it."""
    parsed = Parsed.of(data, LIMITS)
    tree(parsed.root)
    for text in (parsed.subject, parsed.text, parsed.html, parsed.reply_text):
        text.encode()
        assert "\0" not in text
    assert "\n" not in parsed.subject
    for attachment in parsed.attachments:
        name = attachment.filename
        assert (
            name and not {*"/\\\0\r\n"} & {*name} and not name.startswith(".") and len(name.encode()) <= 200
        )
        assert attachment.size == len(attachment.content)
        assert attachment.message is None or attachment.message.subject is not None
    _ = parsed.date, parsed.message_id, parsed.in_reply_to, parsed.references
    people(parsed)


def tree(root: Part) -> None:
    """Parts lie within their parents, one behind the other."""
    count = 0
    for part in root.walk():
        count += 1
        assert 0 <= part.start <= part.body_start <= part.end <= len(root.source)
        at = part.body_start
        for child in part.children:
            assert child.parent is part and at <= child.start and child.end <= part.end
            at = child.end
    assert count <= LIMITS.parts


def people(parsed: Parsed) -> None:
    """Who is named; each field by itself, as one may have too many."""
    for name in ("from_", "to", "cc", "reply_to"):
        try:
            found = getattr(parsed, name)
        except MimeError:
            continue
        for each in found:
            assert each.name or each.address
            assert not {*"\r\n\0"} & {*f"{each.name}{each.address}"}
            assert each.address.startswith('"') or not {*" ,;<>()"} & {*each.address}


def report(data: bytes) -> None:
    """What is made of it is complete."""
    for said in delivery_report(data):
        assert said.recipient and said.final_recipient and said.status[0] in "245"
        assert not {*"\r\n\0"} & {*said.diagnostic}
    complaint(data)
    returned(data)


def field(data: bytes) -> None:
    """Any bytes may stand in a field."""
    for name, value in parameters(b"a/b;" + data).items():
        assert name == name.lower() and not {*"\r\n\0"} & {*value}
    assert not {*"\r\n\0"} & {*decoded(data)}
    addresses(data, LIMITS)


def generate(rng: random.Random) -> bytes:
    """A tree of parts, with delimiters of its own and of others."""
    kinds = (
        b"multipart/mixed",
        b"multipart/alternative",
        b"message/rfc822",
        b"text/html",
        b"multipart/digest",
        b"a/b",
    )
    lines = []
    for _ in range(rng.randrange(1, 14)):
        mark = rng.choice((b"b", b"c", b"b--", b"c--", b"d"))
        kind = rng.choice(kinds) + rng.choice((b"; boundary=b", b"; boundary=c", b""))
        lines.append(rng.choice((b"--" + mark, b"Content-Type: " + kind + b"\r\n", b"text", b"", b"X: y")))
    return MIXED + rng.choice((b"\r\n", b"\n")).join(lines)
