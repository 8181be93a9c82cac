"""What the tests of the desk share: what it sends, in place of a layer; and mail and texts as they come."""

from unittest.mock import patch

from interfaces.demo import desk
from interfaces.email.mime import Parsed
from tests.email.sending.events import received

ADA, PHONE = "ada@customer.example", "+41790000001"
ANN = {"who": "aaaaaaaaaaaa", "name": "ann"}
MAIL = (
    "From: {name} <{sender}>\r\nSubject: {subject}\r\nMessage-ID: <{id}@customer.example>\r\n\r\n{text}\r\n"
)


class Sent:
    """A mixin of a TestCase: ``sent`` is (channel, message) of what the desk sends, ``told`` what browsers hear."""

    def setUp(self):
        """Take the place of the layer."""
        self.sent, self.told = [], []
        for name, put in (("send", self.sent), ("tell", self.told)):
            patched = patch.object(desk, name, lambda *said, put=put: put.append(said))
            patched.start()
            self.addCleanup(patched.stop)

    def taken(self, kind):
        """What was sent of one type since the last time that anything was taken."""
        found = [message for _, message in self.sent if message["type"] == kind]
        self.sent.clear()
        return found


def mail(
    text="It is on fire.",
    *,
    id="1",
    sender=ADA,
    name="Ada",
    subject="Printer",
    to="support@desk.example",
    **more,
):
    """An ``email.receive``."""
    content = MAIL.format(name=name, sender=sender, subject=subject, id=id, text=text).encode()
    return received(content, sender, (to,), **{"dedupe_key": f"mail {id}", **more})


def mailed(text="It is on fire.", tag=None, **more):
    """Have the desk take a mail: the ticket."""
    event = mail(text, **more)
    return desk.mailed(event, Parsed.of(event["body"]), tag)[0]


def text(text="Where is my parcel?", *, id="1", sender=PHONE):
    """An ``sms.receive``, as far as the desk looks at it."""
    return {
        "type": "sms.receive",
        "from_address": sender,
        "text": text,
        "dedupe_key": f"sms {id}",
        "keyword": None,
    }
