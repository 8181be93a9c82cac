"""For tests of sending: a transport that says what it is told to, and attempts."""

from interfaces.email.sending.outgoing import Result, results
from interfaces.email.sending.way import MailWay
from interfaces.shared.sendings import Sending

AT = 1_700_000_000.0
MAIL = {
    "type": "email.send",
    "from_address": "desk@example.org",
    "to": ["a@example.net", "b@example.net"],
    "subject": "Hello",
    "text": "how are you?",
}


class Said:
    """Takes each message; ``replies``: recipient → (status, code, text) for the next attempts, else it is accepted."""

    def __init__(self, *replies):
        self.replies = [*replies]
        self.mails, self.closed = [], False

    async def send(self, mail, commit=None):
        replies = self.replies.pop(0) if self.replies else {}
        if isinstance(replies, str):  # nothing is reached
            return results(mail.recipients, "deferred", replies)
        if commit is not None and {"accepted", "uncertain"} & {
            replies.get(one, ("accepted",))[0] for one in mail.recipients
        }:
            await commit()
        self.mails.append(mail)
        return [Result(one, *replies.get(one, ("accepted", 250, None, "Ok"))) for one in mail.recipients]

    async def close(self):
        self.closed = True


async def _yes():
    return True


def attempt(message, earlier=None, **more):
    """One sending."""
    said = {"id": "m1", "number": 1, "put_at": AT, "begin": _yes, **more}
    return Sending(message=message, earlier=earlier or {}, **said)


def way(*replies, **more):
    """The way of mail over such a transport."""
    return MailWay(transport=Said(*replies), host="mx.example.org", **more)
