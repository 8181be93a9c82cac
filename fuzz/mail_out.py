"""Mail out: what a server answers, what an application says, what came in and is answered or is a bounce.

Of any bytes come replies or Garbled, the same for every split; of any message comes one that a server takes, or a line
that says why not; nothing else is raised.
"""

import random
from typing import Any

from interfaces.email.headers import identifier, split
from interfaces.email.kinds import kind
from interfaces.email.sending.bounces import read
from interfaces.email.sending.compose import compose
from interfaces.email.sending.forwards import forward
from interfaces.email.sending.outgoing import Outgoing
from interfaces.email.sending.return_path import ReturnPath
from interfaces.email.sending.threads import reply
from interfaces.email.sending.transports.wire_client import Garbled, Replies, Reply, features, stuffed
from interfaces.shared.errors import ApplicationError

PATH = ReturnPath(b"k" * 16, "us.example")
SIGNED = PATH.sign("s1", 1e9)
KEYS = str.split("subject to cc bcc from_address reply_to in_reply_to message_id notify")
SEEDS = [
    b"220 x\r\n250-mx\r\n250-SIZE 10\r\n250-AUTH=PLAIN\r\n250 PIPELINING\r\n550-5.1.1 a\r\n550 5.1.1 b\r\n354\r\n",
    b"""From: "A, b" <a@b.example>\r
Reply-To: c@d.example\r
To: e@f.example, g@h.example\r
Subject: =?utf-8?q?a?=\r
Message-ID: <1@a>\r
References: <2@a>\r
 <3@a>\r
\r
.\r
Text\r
""",
    b"""Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; m\r
\r
Final-Recipient: rfc822; a@b\r
Action: failed\r
Status: 5.1.1\r
\r
--b--\r
""",
    b"Subject: failure\r\n\r\n<a@b.example>:\r\n550 5.1.1 no such user\r\n--- copy\r\nReturn-Path: <x>\r\n",
]


def one(data: bytes) -> None:
    """Everything that reads or writes, on one input; what is chosen is the same for the same input."""
    chance = random.Random(data)
    _replies(data, chance)
    text = data.decode("utf-8", "surrogateescape") if chance.random() < 0.3 else data.decode("latin-1")
    cut = [text[at : at + 30] for at in range(0, len(text), 30)] or [""]
    said: dict[str, Any] = {"from_address": "a@a.example", "to": "b@b.example", "text": text}
    _composed(said | {"html": chance.choice(cut), chance.choice(KEYS): chance.choice(cut)})
    _composed(said | {"headers": {"X-A": chance.choice(cut), chance.choice(cut): "x"}})
    file = {"filename": chance.choice(cut), "content": data, "content_id": chance.choice(cut)}
    _composed(said | {"attachments": [file]})
    _composed({"mail_from": "a@a.example", "to": "b@b.example", "raw": data})
    event = _event(data)
    _composed(reply(event, text="x", reply_all=True, auto_submitted=chance.choice(["no", "auto-replied"])))
    _composed(_forwarded(event))
    for told in read(event, chance.choice([PATH, None]), now=1e9):
        assert told["action"] in ("failed", "delayed", "delivered", "complained")
        assert "\n" not in told["recipient"] + told["diagnostic"] + told["status"]


def _replies(data: bytes, chance: random.Random) -> None:
    cut = chance.randrange(len(data) + 1)
    whole, parts = _read(data), _read(data[:cut], data[cut:])
    assert whole == parts, (whole, parts)
    for reply_ in whole if isinstance(whole, list) else []:
        assert reply_.text.isprintable() and 200 <= reply_.code <= 599
        features(reply_)
    content = stuffed(data.replace(b"\r", b"").replace(b"\n", b"\r\n") + b"\r\n")
    assert b"\r\n.\r\n" not in b"\r\n" + content


def _read(*pieces: bytes) -> list[Reply] | str:
    replies, found = Replies(), []
    try:
        for piece in pieces:
            found += replies.feed(piece)
    except Garbled:
        return "garbled"
    return found


def _composed(message: dict[str, Any] | None) -> Outgoing | None:
    """What is composed has lines that a server takes, and no second field of any that is made."""
    if message is None:
        return None
    try:
        mail = compose(message, now=1e9, host="us.example", id="s1", max_size=100_000)
    except ApplicationError as error:
        assert len(str(error).splitlines()) == 1, error
        return None
    *lines, last = mail.content.split(b"\r\n")
    assert last == b""
    assert all(len(line) <= 998 and not {10, 13, 0} & {*line} for line in lines)
    if "raw" not in message:
        names = [name for name, _ in split(mail.content).fields]
        assert all(
            names.count(name) <= 1 for name in (b"from", b"to", b"subject", b"message-id", b"content-type")
        )
        assert b"bcc" not in names
    assert all(" " not in one or '"' in one for one in mail.recipients)
    return mail


def _forwarded(event: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return forward(event, "b@b.example", from_address="a@a.example")
    except ApplicationError:
        return None


def _event(data: bytes) -> dict[str, Any]:
    headers = split(data)
    return {
        "type": "email.receive",
        "id": "t1",
        "to": [SIGNED],
        "from_address": "",
        "to_address": "desk@us.example",
        "subject": headers.text(b"subject"),
        "message_id": identifier(headers.first(b"message-id")),
        "kind": kind(headers, ""),
        "headers": headers.fields,
        "body": data,
        "body_ref": None,
    }
