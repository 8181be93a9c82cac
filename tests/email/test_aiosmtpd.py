"""interfaces.email.aiosmtpd: handlers written for aiosmtpd, its own among them, served by us."""

import asyncio
import io
import mailbox
import sys
import threading

import pytest
from aiosmtpd.handlers import AsyncMessage, Debugging, Mailbox, Message, Sink
from aiosmtpd.smtp import Envelope, LoginPassword, Session

from interfaces.email import aiosmtpd as ours
from interfaces.email.aiosmtpd import serve
from tests.email.harness import Bench, mail, scene


async def told(handler, content=b"Subject: one\r\n\r\nText\r\n", *recipients, lmtp=False, **how):
    """The replies to a message that ``handler`` was given."""
    async with Bench(serve(handler, **how)) as bench:
        peer = await bench.greeted(lmtp=lmtp)
        said = await peer.send(mail(content, *recipients))
        for _ in range(500):
            if peer.protocol.message is None:
                break
            await asyncio.sleep(0.01)  # a thread has it
        said += await peer.send(b"NOOP\r\n")
        return said.decode().splitlines()[1 + max(1, len(recipients)) + 1 : -1]


@scene
async def test_sink():
    """No hook at all: everything is taken."""
    (said,) = await told(Sink())
    assert said.startswith("250 2.0.0 OK")


@scene
async def test_debugging():
    """Writes what came."""
    stream = io.StringIO()
    assert (await told(Debugging(stream)))[0].startswith("250 ")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "---------- MESSAGE FOLLOWS ----------" and "Subject: one" in lines
    assert "X-Peer: ('127.0.0.1', 4000)" in lines


@scene
async def test_mailbox(tmp_path_factory):
    """Puts it into a Maildir; in a thread of its own as well."""
    folder = tmp_path_factory.mktemp("box") / "mail"
    for threads in (False, True):
        assert (await told(Mailbox(folder), threads=threads))[0].startswith("250 ")
    with_lines = list(mailbox.Maildir(folder))
    assert [one["X-RcptTo"] for one in with_lines] == ["b@b.example"] * 2
    assert with_lines[0]["Subject"] == "one" and with_lines[0]["X-MailFrom"] == "a@a.example"


@pytest.mark.parametrize("decode_data", [False, True])
@scene
async def test_subclasses_of_message(decode_data):
    """Sync and async ones, with content as bytes or text."""
    seen = []

    class Sync(Message):
        def handle_message(self, message):
            seen.append((message["Subject"], message["X-MailFrom"]))

    class Async(AsyncMessage):
        async def handle_message(self, message):
            await asyncio.sleep(0)
            seen.append((message["Subject"], message["X-RcptTo"]))

    await told(Sync(), decode_data=decode_data)
    await told(Async(loop=asyncio.get_running_loop()), decode_data=decode_data)
    assert seen == [("one", "a@a.example"), ("one", "b@b.example")]


class Hooks:
    """Answers as it is told, and notes what it is asked."""

    def __init__(self, data="250 OK", **more):
        self.asked, self.more, self.reply = [], more, data

    def __getattr__(self, name):
        if name not in self.more:
            raise AttributeError(name)
        said = self.more[name]

        async def hook(server, session, envelope, *arguments):
            self.asked.append((name, *arguments))
            return said(envelope, *arguments) if callable(said) else said

        return hook

    async def handle_DATA(self, server, session, envelope):
        self.asked.append(("handle_DATA", server, session, envelope))
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("250 OK", "250 2.0.0 OK "),
        ("250 2.1.5 Fine", "250 2.1.5 Fine "),
        ("250-First\r\n250 Last", "250 2.0.0 Last "),
        ("550 5.1.1 No such user", "550 5.1.1 No such user"),
        ("552 Exceeded storage allocation", "552 5.7.1 Exceeded storage allocation"),
        ("452 Try later", "452 4.3.0 Try later"),
        ("421 4.7.0 Too busy", "451 4.7.0 Too busy"),
        ("554", "554 5.7.1 Refused"),
        ("450 5.0.0 mixed", "450 4.3.0 mixed"),
        (None, "451 4.3.0 Try again later"),
        ("", "451 4.3.0 Try again later"),
        ("354 Go on", "451 4.3.0 Try again later"),
        ("hello", "451 4.3.0 Try again later"),
        (ValueError("x"), "451 4.3.0 Try again later"),
    ],
)
@scene
async def test_a_reply_is_a_verdict(reply, said):
    """With its code and text; what is none, or raises, has the client try again: nothing is lost by a mistake."""
    (line,) = await told(Hooks(reply))
    assert line.startswith(said)


@scene
async def test_what_a_handler_is_given():
    """aiosmtpd's own session and envelope, filled as it fills them."""
    handler = Hooks()
    async with Bench(serve(handler, hostname="mx.example")) as bench:
        peer = await bench.greeted()
        await peer.send(
            b"MAIL FROM:<a@a.example> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<b@b.example>\r\nDATA\r\n.x\r\n.\r\n"
        )
    ((_, server, session, envelope),) = handler.asked
    assert type(session) is Session and type(envelope) is Envelope
    assert (session.peer, session.host_name, session.ssl) == (("127.0.0.1", 4000), "client.example", None)
    assert session.extended_smtp and session.authenticated is None
    assert (envelope.mail_from, envelope.rcpt_tos) == ("a@a.example", ["b@b.example"])
    assert envelope.mail_options == ["BODY=8BITMIME", "SMTPUTF8"] and envelope.smtp_utf8
    assert envelope.content == envelope.original_content and envelope.content.endswith(b"\r\nx\r\n")
    assert server.hostname == "mx.example" and server.session is session and server.envelope is envelope


@scene
async def test_who_has_logged_in():
    """The session says so."""
    handler = Hooks()
    scope = {
        "type": "email",
        "client": None,
        "tls": {"version": "TLSv1.3"},
        "auth": {"user": "ada", "mechanism": "PLAIN"},
        "helo": "x",
        "mail_from": "",
        "mail_params": {},
        "rcpt_to": [{"address": "b@b.example", "params": {}}],
    }
    sent = []

    async def receive():
        return {"type": "email.receive", "body": b"x", "body_ref": None}

    async def send(event):
        sent.append(event)

    await serve(handler)(scope, receive, send)
    session = handler.asked[0][2]
    assert session.authenticated and session.auth_data == LoginPassword(b"ada", b"")
    assert session.peer == "" and session.ssl["version"] == "TLSv1.3" and sent[0]["type"] == "email.accept"
    with pytest.raises(NotImplementedError):
        await serve(handler)({"type": "lifespan"}, receive, send)


@scene
async def test_recipients_are_asked_for_one_by_one():
    """What RCPT refuses is refused in LMTP; the handler's own list is what DATA sees."""

    def rcpt(envelope, address, options):
        if address.startswith("no"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address.upper())
        return "250 OK"

    handler = Hooks(handle_RCPT=rcpt)
    said = await told(handler, b"x: y\r\n\r\n", "b@b.example", "no@b.example", "c@b.example", lmtp=True)
    assert [line[:9] for line in said] == ["250 2.0.0", "550 5.1.1", "250 2.0.0"]
    assert handler.asked[-1][3].rcpt_tos == ["B@B.EXAMPLE", "C@B.EXAMPLE"]
    handler.asked.clear()
    assert (await told(handler, b"x: y\r\n\r\n", "no@b.example"))[0] == "550 5.1.1 No such user"
    assert [name for name, *_ in handler.asked] == ["handle_RCPT"]


@pytest.mark.parametrize("hook", ["handle_EHLO", "handle_HELO", "handle_MAIL"])
@scene
async def test_an_earlier_hook_may_refuse(hook):
    """Then the message is not looked at."""
    handler = Hooks(**{hook: "554 5.7.1 Not you"})
    if hook == "handle_EHLO":

        class Greeting(Hooks):
            async def handle_EHLO(self, server, session, envelope, hostname):
                return "554 5.7.1 Not you"

        handler = Greeting()
    assert await told(handler) == ["554 5.7.1 Not you"]
    assert "handle_DATA" not in [name for name, *_ in handler.asked]


@scene
async def test_ehlo_with_lines():
    """The newer form gets the lines and gives them back; MAIL's hook puts the sender in."""

    class Greeting(Hooks):
        async def handle_EHLO(self, server, session, envelope, hostname, responses):
            session.host_name = hostname.upper()
            return [*responses[:-1], "250-X", "250 HELP"]

    def sender(envelope, address, options):
        envelope.mail_from = "other@a.example"
        return "250 OK"

    handler = Greeting(handle_MAIL=sender)
    assert (await told(handler))[0].startswith("250 ")
    _, _, session, envelope = handler.asked[-1]
    assert (session.host_name, envelope.mail_from) == ("CLIENT.EXAMPLE", "other@a.example")


@scene
async def test_a_handler_may_say_what_its_errors_are():
    """``handle_exception``, as in aiosmtpd."""

    class Careful(Hooks):
        async def handle_exception(self, error):
            return f"554 5.6.0 {type(error).__name__}"

    assert await told(Careful(KeyError("x"))) == ["554 5.6.0 KeyError"]


@scene
async def test_older_handlers():
    """``process_message``, with and without a reply."""

    class Old:
        def __init__(self, reply):
            self.reply, self.seen = reply, []

        def process_message(self, peer, sender, recipients, data):
            self.seen.append((peer, sender, recipients))
            return self.reply

    old = Old(None)
    assert (await told(old))[0].startswith("250 ")
    assert old.seen == [(("127.0.0.1", 4000), "a@a.example", ["b@b.example"])]
    assert (await told(Old("550 no")))[0] == "550 5.7.1 no"


@scene
async def test_one_that_blocks_has_a_thread():
    """With ``threads``, the others go on."""
    seen = []

    class Blocks:
        async def handle_DATA(self, server, session, envelope):
            seen.append(threading.current_thread() is threading.main_thread())
            return "250 OK"

    await told(Blocks())
    await told(Blocks(), threads=True)
    assert seen == [True, False]


@scene
async def test_a_large_message_is_read_from_its_file():
    """All of it is in the envelope."""
    handler = Hooks()
    await told(handler, b"Subject: large\r\n\r\n" + b"0123456789\r\n" * 200_000)
    assert len(handler.asked[-1][3].content) > 2_400_000


@scene
async def test_without_aiosmtpd(monkeypatch):
    """Look-alikes of ours do."""
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)
    ours._classes.cache_clear()
    handler = Hooks()
    assert (await told(handler))[0].startswith("250 ")
    _, _, session, envelope = handler.asked[-1]
    assert type(session) is ours._Session and envelope.rcpt_tos == ["b@b.example"]
    ours._classes.cache_clear()
