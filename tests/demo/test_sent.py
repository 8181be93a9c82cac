"""Mail to customers, as the console shows it."""

import asyncio
import os

from interfaces.demo.sent import SHOWN, Sent
from interfaces.email.sending.compose import compose
from interfaces.email.sending.transports.folder import Folder

LETTER = {
    "from_address": "Support <support@desk.example>",
    "to": "ada@customer.example",
    "reply_to": "support+1-ff@desk.example",
    "subject": "Grüße",
    "text": "Hällo\n",
}


def test_what_was_sent_is_shown(tmp_path):
    """As the sender has written it: who, to whom, where to answer, subject and text, the oldest first."""
    assert Sent(tmp_path / "nothing").sent == []
    for number in (1, 2):
        mail = compose(
            {**LETTER, "subject": f"Grüße {number}"}, now=number, host="desk.example", id=f"{number}"
        )
        asyncio.run(Folder(tmp_path, "desk.example").send(mail))
    for number, path in enumerate(sorted(tmp_path.glob("*.eml"))):
        os.utime(path, (number, number))
    (first, second) = Sent(tmp_path).sent
    assert {first["subject"], second["subject"]} == {"Grüße 1", "Grüße 2"}
    assert (first["to"], first["reply-to"], first["time"]) == (LETTER["to"], LETTER["reply_to"], 0.0)
    assert (first["from"], first["text"].strip()) == ("Support <support@desk.example>", "Hällo")


def test_only_the_latest_are_shown(tmp_path):
    """However many there are, and whatever stands in a file."""
    for number in range(SHOWN + 5):
        path = tmp_path / f"{number}.eml"
        path.write_bytes(b"\xff\n")
        os.utime(path, (number, number))
    found = Sent(tmp_path).sent
    assert (len(found), found[0]["time"], found[-1]["time"]) == (SHOWN, 5.0, SHOWN + 4.0)
