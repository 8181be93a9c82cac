"""interfaces receive-mail: a message on stdin, and an exit code that loses none."""

import io
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.cli.receive_mail import exit_code, lines_of
from tests.interop.mail import APP, MailServer
from tests.process.server import ROOT

MESSAGE = b"From someone Thu Jan  1 00:00:00 1970\nSubject: one\n\n.dot\nText"


class Pieces(io.BytesIO):
    """A stream that gives as many bytes as it likes."""

    def __init__(self, data, sizes):
        super().__init__(data)
        self.sizes = sizes

    def read(self, size=-1):
        return super().read(self.sizes.pop(0) if self.sizes else size)


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"From "])).map(b"".join),
       st.lists(st.integers(1, 4)))  # fmt: skip
def test_any_split_of_the_bytes_gives_the_same_lines(data, sizes):
    """Each line ends in CRLF and no other CR or LF is there; dots in front are doubled, once."""
    body = data if not data.startswith(b"From ") else b"x" + data
    made = b"".join(lines_of(Pieces(body, sizes)))
    lines = re.split(rb"\r\n|\r|\n", body)
    if lines[-1] == b"":
        lines.pop()
    assert made == b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)


def test_the_line_of_an_mbox_goes():
    """That in front alone, and nothing of an empty message."""
    assert b"".join(lines_of(io.BytesIO(MESSAGE))) == b"Subject: one\r\n\r\n..dot\r\nText\r\n"
    assert b"".join(lines_of(io.BytesIO(b"A: b\n\nFrom me\n"))) == b"A: b\r\n\r\nFrom me\r\n"
    assert list(lines_of(io.BytesIO(b""))) == []


OK, NO, LATER = ("a@b", 250, "2.0.0 Ok x"), ("c@d", 550, "5.7.1 Refused"), ("e@f", 451, "4.3.0 Later")


@pytest.mark.parametrize(
    ("results", "code", "words"),
    [
        ([OK, OK], 0, ""),
        ([NO], 77, "5.7.1 <c@d>: Refused"),
        ([("c@d", 550, "5.1.1 Nobody")], 67, "5.1.1 <c@d>: Nobody"),
        ([("c@d", 552, "5.3.4 Big")], 65, "5.3.4 <c@d>: Big"),
        ([("c@d", 554, "Go away")], 69, "5.0.0 <c@d>: Go away"),
        ([OK, LATER, NO], 75, "4.3.0 <e@f>: Later"),
        ([("c@d", 421, "")], 75, "4.0.0 <c@d>: 421"),
        ([("c@d", 354, "what?")], 75, "4.0.0 <c@d>: what?"),
        ([OK, NO], 69, "5.7.1 <c@d>: Refused"),
        ([NO, ("g@h", 550, "5.1.1 Nobody")], 77, "5.7.1 <c@d>: Refused; <g@h>: Nobody"),
    ],
)
def test_exit_codes(results, code, words):
    """One that is deferred has all tried again; one that is refused is told, even beside one that was not."""
    assert exit_code(results) == (code, words)


def ran(*words, message=MESSAGE, env=None, **options):
    """Exit code and output of the command."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("INTERFACES_", "SENDER", "RECIP"))
    }
    command = [sys.executable, "-m", "interfaces", "receive-mail", *map(str, words)]
    done = subprocess.run(command, input=message, capture_output=True, timeout=60, check=False, cwd=ROOT,
                          env={**clean, **(env or {})}, **options)  # fmt: skip
    assert b"Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout.decode().strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Of ours; the recipient's name is its verdict."""
    with MailServer(tmp_path_factory.mktemp("pipe"), "--email-max-size=30000000") as server:
        assert server.lmtp
        yield server


def test_a_message_gets_to_the_server(server):
    """Over a socket or TCP, with its envelope; the mbox line is not in it."""
    for where in (f"unix:{server.path}", f"127.0.0.1:{server.lmtp}"):
        assert ran("--server", where, "--from", "a@a.example", "--", "you@b.example", "two@b.example") == (
            0,
            "",
        )
        (mail,) = server.mails(1)
        assert (
            mail["event"]["to"] == ["you@b.example", "two@b.example"] and mail["scope"]["protocol"] == "lmtp"
        )
        assert mail["scope"]["mail_from"] == "a@a.example"
        assert (
            mail["body"].endswith("\r\nSubject: one\r\n\r\n.dot\r\nText\r\n")
            and "From someone" not in mail["body"]
        )


@pytest.mark.parametrize(
    ("recipients", "code", "said"),
    [
        (["reject@b.example"], 77, "5.7.1 <reject@b.example>: Refused"),
        (["defer@b.example"], 75, "4.3.0 <defer@b.example>: Try again later"),
        (["ok@b.example", "defer@b.example"], 75, "4.3.0 <defer@b.example>: Try again later"),
        (["ok@b.example", "reject@b.example"], 69, "5.7.1 <reject@b.example>: Refused"),
    ],
)
def test_verdicts(server, recipients, code, said):
    """As sysexits(3) has it, with words for the bounce."""
    assert ran("--server", f"unix:{server.path}", *recipients) == (code, said)
    server.mails(1)


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_no_sender(server, sender):
    """However that is written."""
    assert ran("--server", f"unix:{server.path}", "-f", sender, "you@b.example")[0] == 0
    assert server.mails(1)[0]["scope"]["mail_from"] == ""


def test_the_environment_of_a_forward(server):
    """Has sender and recipient in variables."""
    env = {"SENDER": "a@a.example", "RECIPIENT": "other@b.example", "ORIGINAL_RECIPIENT": "you+tag@b.example"}
    assert ran("--server", f"unix:{server.path}", env=env)[0] == 0
    (mail,) = server.mails(1)
    assert (mail["scope"]["mail_from"], mail["event"]["to"]) == ("a@a.example", ["you+tag@b.example"])


def test_addresses_beyond_ascii(server):
    """SMTPUTF8."""
    assert ran("--server", f"unix:{server.path}", "-f", "grüße@a.example", "jörg@b.example") == (0, "")
    (mail,) = server.mails(1)
    assert (
        mail["scope"]["mail_from"] == "grüße@a.example" and mail["scope"]["mail_params"]["SMTPUTF8"] is True
    )


def test_a_large_message(server):
    """25 MB come through, line by line; what is larger than the server takes is refused, and bounces."""
    line = b"0123456789abcdefghijklmnopqrstuvwxyz\n"
    content = b"Subject: large\n\n" + line * (25_000_000 // len(line))
    assert ran("--server", f"unix:{server.path}", "you@b.example", message=content) == (0, "")
    assert server.mails(1)[0]["event"]["size"] > 25_600_000
    code, said = ran("--server", f"unix:{server.path}", "you@b.example", message=content * 2)
    assert (code, said) == (65, "5.3.4 <you@b.example>: Message too big")


def test_an_application_that_raises(tmp_path):
    """The message is kept, and nothing but the words for it is said: not where there is no syslog to log to, either."""
    (tmp_path / "wrong.py").write_text(
        "async def application(*_): raise RuntimeError('x')\n", encoding="utf-8"
    )
    words = ("--app", "wrong:application", "--app-dir", tmp_path, "you@b.example")
    assert ran(*words) == (75, "4.3.0 <you@b.example>: Try again later")


def test_an_application_run_for_it(tmp_path):
    """Its verdict is the exit code, and it is ended; its lifespan is run."""
    app = tmp_path / "app.py"
    app.write_text(
        "async def application(scope, receive, send):\n"
        "    if scope['type'] == 'lifespan':\n"
        "        await receive()\n"
        "        open('started', 'w').close()\n"
        "        await send({'type': 'lifespan.startup.complete'})\n"
        "        await receive()\n"
        "        open('stopped', 'w').close()\n"
        "        await send({'type': 'lifespan.shutdown.complete'})\n"
        "        return\n"
        "    event = await receive()\n"
        "    open('body', 'wb').write(event['body'])\n"
        "    await send({'type': 'email.' + scope['rcpt_to'][0]['local']})\n",
        encoding="utf-8",
    )
    command = ["--app", "app:application", "--app-dir", str(tmp_path)]
    env = {"INTERFACES_EMAIL_TLS": "required", "PYTHONPATH": str(ROOT)}
    code = [sys.executable, "-m", "interfaces", "receive-mail", *command]
    for name, number in {"accept": 0, "defer": 75, "reject": 77}.items():
        done = subprocess.run([*code, f"{name}@b.example"], input=MESSAGE, capture_output=True, timeout=60, check=False,
                              cwd=tmp_path, env={**os.environ, **env})  # fmt: skip
        assert done.returncode == number, done.stdout + done.stderr
        assert (tmp_path / "body").read_bytes().endswith(b"\r\nText\r\n") and (tmp_path / "stopped").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bogus", "you@b.example"], "4.3.5 No such option '--bogus'"),
        (["--timeout", "x", "you@b.example"], "4.3.5 Invalid value"),
        ([], "4.3.5 name a recipient"),
        (["--server", "nowhere", "you@b.example"], "4.3.5 --server nowhere: write HOST:PORT or unix:PATH"),
        (["--server", "unix:/nowhere/lmtp", "you@b.example"], "4.3.0 FileNotFoundError"),
        (["--server", "127.0.0.1:1", "you@b.example"], "4.3.0 ConnectionRefusedError"),
        (["--app", "nowhere:app", "you@b.example"], "4.3.5 "),
        (["--app", APP, "--config", "/nowhere.toml", "you@b.example"], "4.3.5 /nowhere.toml"),
    ],
)
def test_whatever_is_wrong_the_message_is_kept(words, said):
    """75: any other code would have it bounce. One line, no traceback."""
    code, text = ran(*words)
    assert code == 75 and text.startswith(said) and len(text.splitlines()) == 1


def test_what_is_no_address_is_kept(server):
    """A syntax that the server does not know is no verdict of the application's."""
    assert ran("--server", f"unix:{server.path}", "no address")[0] == 75


def test_an_address_with_an_end_of_line():
    """Is none: no command can be put in."""
    assert ran("you@b.example\r\nDATA")[0] == 65


def talk(*replies):
    """A server that says these, one for each line or message, then hangs up; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer, _ = listener.accept()
        with listener, peer, peer.makefile("rb") as lines, suppress(ConnectionError):
            for reply in replies:
                peer.sendall(reply)
                if reply.startswith(b"354"):
                    while lines.readline() not in (b".\r\n", b""):
                        pass
                else:
                    lines.readline()

    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], thread


@pytest.mark.parametrize(
    "replies",
    [
        [b"421 busy\r\n"],
        [b"554 no\r\n"],
        [b"220 x\r\n", b"500 this is SMTP\r\n"],
        [b"220 x\r\n", b"250 x\r\n", b"530 5.7.0 TLS first\r\n"],
        [b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"503 x\r\n"],
        [b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 x\r\n"],
        [b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 x\r\n", b"x" * 100_000],
    ],
)
def test_a_server_that_is_none_or_goes_away(replies):
    """Nothing is known of the message: 75."""
    port, thread = talk(*replies)
    assert ran("--server", f"127.0.0.1:{port}", "you@b.example")[0] == 75
    thread.join()


def test_stdout_may_be_closed(server, tmp_path: Path):
    """The exit code is what counts."""
    code = f"{sys.executable} -m interfaces receive-mail --server unix:{server.path} reject@b.example >&-"
    done = subprocess.run(
        ["sh", "-c", code], input=MESSAGE, capture_output=True, timeout=60, check=False, cwd=ROOT
    )
    assert done.returncode == 77
    server.mails(1)


# --- a conversation line by line, in this process ------------------------------------------------------------


class Answering:
    """A server that answers each command by its first word, and each message by the next of ``verdicts``."""

    def __init__(self, verdicts=(b"250 2.0.0 Ok x",), **answers):
        self.verdicts, self.answers = list(verdicts), answers
        self.heard, self.message = [], b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.where = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(20)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self):
        peer, _ = self._listener.accept()
        with peer, peer.makefile("rb") as lines, suppress(ConnectionError):
            peer.sendall(b"220 x\r\n")
            while line := lines.readline():
                said = line.decode().strip()
                self.heard.append(said)
                word = said.split()[0].lower()
                if word == "data" and b"354" in self._answer(said, b"354 go on"):
                    peer.sendall(b"354 go on\r\n")
                    while (line := lines.readline()) not in (b".\r\n", b""):
                        self.message += line
                    peer.sendall(b"".join(one + b"\r\n" for one in self.verdicts))
                    continue
                peer.sendall(self._answer(said, b"250 x") + b"\r\n")

    def _answer(self, said, usual):
        found = [answer for start, answer in self.answers.items() if said.lower().startswith(start)]
        found += [answer for part, answer in self.answers.items() if f"<{part}@" in said]
        return found[0] if found else usual


@pytest.fixture
def deliver(cli, monkeypatch):
    """Run the command here, against a server that answers so: code, words, and the server."""

    def run(server, *words, message=MESSAGE):
        stdin = io.TextIOWrapper(io.BytesIO(message))
        monkeypatch.setattr(sys, "stdin", stdin)
        with server:
            done = cli("receive-mail", "--server", server.where, *words)
        return done.code, done.out.strip()

    return run


def test_the_conversation(deliver):
    """Envelope, message, and QUIT, by which the server knows that the answers were heard."""
    server = Answering(verdicts=[b"250 2.0.0 Ok x", b"250 2.0.0 Ok y"])
    assert deliver(server, "-f", "<a@a.example>", "b@b.example", "c@c.example") == (0, "")
    assert server.heard == [
        "LHLO localhost",
        "MAIL FROM:<a@a.example>",
        "RCPT TO:<b@b.example>",
        "RCPT TO:<c@c.example>",
        "DATA",
        "QUIT",
    ]
    assert server.message == b"Subject: one\r\n\r\n..dot\r\nText\r\n"


def test_a_recipient_said_twice_is_asked_once(deliver):
    """And its one answer is for both."""
    server = Answering(verdicts=[b"550 5.7.1 No"])
    assert deliver(server, "b@b.example", "b@b.example") == (77, "5.7.1 <b@b.example>: No; <b@b.example>: No")
    assert sum(line.startswith("RCPT") for line in server.heard) == 1


def test_nobody_is_left_for_the_message(deliver):
    """Then it is not sent: the answers are known already."""
    server = Answering(b=b"550 5.1.1 No such user", c=b"452 4.2.2 Full")
    assert deliver(server, "b@b.example") == (67, "5.1.1 <b@b.example>: No such user")
    server = Answering(b=b"550 5.1.1 No such user", c=b"452 4.2.2 Full")
    assert deliver(server, "b@b.example", "c@c.example") == (75, "4.2.2 <c@c.example>: Full")
    assert "DATA" not in server.heard


def test_some_are_left_for_the_message(deliver):
    """Each has its own answer, in the order in which they were named."""
    server = Answering(verdicts=[b"250 2.0.0 Ok", b"554 5.6.0 Virus"], c=b"550 5.1.1 No such user")
    code, words = deliver(server, "a@a.example", "c@c.example", "b@b.example")
    assert (code, words) == (69, "5.1.1 <c@c.example>: No such user; <b@b.example>: Virus")


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ({"mail": b"550 5.7.1 Not you"}, 77, "5.7.1 <b@b.example>: Not you"),
        ({"mail": b"550 5.1.8 Bad sender"}, 67, "5.1.8 <b@b.example>: Bad sender"),
        ({"mail": b"451 4.3.0 Later"}, 75, "4.3.0 <b@b.example>: Later"),
        ({"mail": b"552 5.3.4 Too big"}, 65, "5.3.4 <b@b.example>: Too big"),
        ({"mail": b"530 5.7.0 TLS first"}, 75, "4.3.0 SMTPException: the server says 530 5.7.0 TLS first"),
        ({"mail": b"501 5.1.7 Bad syntax"}, 67, "5.1.7 <b@b.example>: Bad syntax"),
        ({"mail": b"501 5.5.4 Bad syntax"}, 75, "4.3.0 SMTPException: the server says 501 5.5.4 Bad syntax"),
        ({"rcpt": b"503 5.5.1 Order"}, 75, "4.3.0 SMTPException: the server says 503 5.5.1 Order"),
        ({"rcpt": b"550 No"}, 69, "5.0.0 <b@b.example>: No"),
        ({"rcpt": b"550-5.1.1 No\r\n550 5.1.1 one"}, 67, "5.1.1 <b@b.example>: No 5.1.1 one"),
        ({"lhlo": b"502 5.5.2 What?"}, 75, "4.3.0 SMTPException: the server says 502"),
        ({"data": b"451 4.3.0 Later"}, 75, "4.3.0 SMTPException: the server says 451"),
        ({"data": b"250 2.0.0 Ok"}, 75, "4.3.0 SMTPException: the server says 250"),
    ],
)
def test_whose_refusal_it_is(deliver, answers, code, words):
    """Of the mail: it bounces. Of how we talk, or of a server that is no LMTP: the mail is kept, and told why."""
    found, said = deliver(Answering(**answers), "b@b.example")
    assert found == code
    assert said.startswith(words)


@pytest.mark.parametrize(
    ("verdict", "code", "words"),
    [
        (b"250 x", 0, ""),
        (b"550 5.7.1 Refused", 77, "5.7.1 <b@b.example>: Refused"),
        (b"554 Refused", 69, "5.0.0 <b@b.example>: Refused"),
        (b"451 4.3.0 Try again later", 75, "4.3.0 <b@b.example>: Try again later"),
        (b"421 4.3.2 Going", 75, "4.3.2 <b@b.example>: Going"),
        (b"450", 75, "4.0.0 <b@b.example>: 450"),
        (b"999 what", 75, "4.0.0 <b@b.example>: what"),
        (b"550 5.7.1 " + "nö".encode(), 77, "5.7.1 <b@b.example>: nö"),
        (b"550 5.7.1 \xff", 77, "5.7.1 <b@b.example>: \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_verdict_on_the_message(deliver, verdict, code, words):
    """With an enhanced code in front, always, since Postfix reads that; what is no verdict has it tried again."""
    found, said = deliver(Answering(verdicts=[verdict]), "b@b.example")
    assert found == code
    assert said == words or (code == 75 and said == f"4.3.0 {words}")


def test_the_words_for_a_bounce_are_one_short_line(deliver):
    """Whatever a server has to say: five hundred characters, and no end of line in them."""
    server = Answering(verdicts=[b"550-5.7.1 " + b"x" * 400 + b"\r\n550 5.7.1 " + b"y" * 400])
    code, words = deliver(server, "b@b.example")
    assert code == 77
    assert len(words) == 500
    assert len(words.splitlines()) == 1


@pytest.mark.parametrize("address", ["a\r\nDATA@b", "a\0@b", "a<@b", "a>@b", "a\n@b", "a\x7f@b"])
def test_no_address_says_a_command(cli, address):
    """Neither as a recipient nor as a sender: refused before anybody is spoken to."""
    for words in (["-f", "x@y", "--", address], ["-f", f"x{address}", "--", "c@d"]):
        done = cli("receive-mail", "--server", "unix:/nowhere", *words)
        assert (done.code, done.out) == (65, "5.1.3 a character that no address has\n")


@pytest.mark.parametrize(
    ("env", "asked"),
    [
        ({"ORIGINAL_RECIPIENT": "o@b.example", "RECIPIENT": "r@b.example"}, "o@b.example"),
        ({"ORIGINAL_RECIPIENT": "", "RECIPIENT": "r@b.example"}, "r@b.example"),
    ],
)
def test_recipients_of_the_environment(deliver, monkeypatch, env, asked):
    """The original one first, as it has the extension; an empty variable is none. Arguments come before both."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SENDER", "s@a.example")
    server = Answering()
    assert deliver(server)[0] == 0
    assert server.heard[1:3] == ["MAIL FROM:<s@a.example>", f"RCPT TO:<{asked}>"]
    server = Answering()
    assert deliver(server, "-f", "<>", "given@b.example")[0] == 0
    assert server.heard[1:3] == ["MAIL FROM:<>", "RCPT TO:<given@b.example>"]


def test_addresses_that_need_smtputf8_say_so(deliver):
    """And those that do not, do not."""
    server = Answering()
    assert deliver(server, "-f", "a@a.example", "jörg@b.example")[0] == 0
    assert server.heard[1:3] == ["MAIL FROM:<a@a.example> SMTPUTF8", "RCPT TO:<jörg@b.example>"]
