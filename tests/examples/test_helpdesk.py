"""examples/helpdesk: tickets by mail, over real SMTP, with the answers read from what was sent."""

import http.cookiejar
import re
import smtplib
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack, closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from tests.process.server import ROOT, Server, until

FOLDER = ROOT / "examples" / "helpdesk"
DESK = "support@desk.example"
ADA = "ada@customer.example"
EVIL = "<script>alert(1)</script>"


class Desk:
    """The processes of the README, with free ports."""

    def __init__(self, directory: Path, stack: ExitStack, *, apart: bool = False) -> None:
        """``apart``: the server has no code of the desk, and the worker runs it."""
        self.apart = apart
        self.out = directory / "out"
        broker = stack.enter_context(Embedded())
        self.env = {
            "DATABASE": str(directory / "desk.sqlite3"), "PYTHONPATH": f"{ROOT}:{FOLDER}", "LAYER": broker.url,
            "SEND": f"file://{self.out}", "DJANGO_SUPERUSER_PASSWORD": "secret",
        }  # fmt: skip
        self.manage("migrate", "--verbosity=0")
        self.manage("createsuperuser", "--noinput", "--username=agent", "--email=agent@desk.example")
        self.web, self.worker = (
            stack.enter_context(
                Server(self.folder(directory, name), command=self.command(name), env=self.env)
            )
            for name in ("web", "worker")
        )
        self.smtp = int(self.web.wait_for(r"email on 127\.0\.0\.1:(\d+)")[1])
        self.http = int(self.web.wait_for(r"http on 127\.0\.0\.1:(\d+)")[1])
        until(lambda: self.web.get("/admin/login/", self.http)[0] == 200)  # there is a worker
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(jar)
        self.seen: set[str] = set()

    @staticmethod
    def folder(directory: Path, name: str) -> Path:
        """A working directory."""
        (directory / name).mkdir()
        return directory / name

    def command(self, name: str) -> list[str]:
        """The words of a process in the Procfile."""
        lines = dict(
            line.split(": ", 1) for line in (FOLDER / "Procfile").read_text(encoding="utf-8").splitlines()
        )
        words = lines[name].replace("$LAYER", self.env["LAYER"]).replace("$SEND", self.env["SEND"]).split()
        assert words[:2] == ["python", "manage.py"]
        free = ["--http-bind", "127.0.0.1:0", "--email-bind", "127.0.0.1:0"] if name == "web" else []
        program = ["-m"] if self.apart and name == "web" else [str(FOLDER / "manage.py")]
        return [sys.executable, "-B", "-W", "error", *program, *words[2:], *free]

    def manage(self, *words: str) -> str:
        """What a command of the project prints."""
        command = [sys.executable, "-B", "-W", "error", "manage.py", *words]
        done = subprocess.run(
            command, cwd=FOLDER, env=self.env, check=True, timeout=60, capture_output=True, text=True
        )
        return done.stdout

    def mail(
        self, to: str, text: str, *, sender: str = ADA, envelope: str | None = None, **fields: str
    ) -> EmailMessage:
        """Send one; the message."""
        message = EmailMessage()
        message["From"], message["To"], message["Message-ID"] = (
            sender,
            to,
            f"<{len(self.seen)}.{text[:9].split(maxsplit=1)[0]}@c>",
        )
        for name, value in fields.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        self.deliver(message, to, envelope if envelope is not None else sender)
        return message

    def deliver(self, message: EmailMessage, to: str, sender: str = ADA) -> None:
        """As an MTA does."""
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=20) as client:
            client.sendmail(sender, [to], message.as_bytes(policy=policy.SMTP))

    def sent(self) -> EmailMessage:
        """The next message that the desk sends."""

        def new() -> list[Path]:
            return sorted(path for path in self.out.glob("*.eml") if path.name not in self.seen)

        found = until(new)[0]
        self.seen.add(found.name)
        message = message_from_bytes(found.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def page(self, path: str, **fields: str) -> str:
        """A page, or what comes of a form."""
        url = f"http://127.0.0.1:{self.http}{path}"
        if not fields:
            with self.browser.open(url, timeout=20) as answer:
                return str(answer.read().decode())
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page(path))
        assert token is not None
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token[1]}).encode()
        with self.browser.open(urllib.request.Request(url, data, {"Referer": url}), timeout=20) as answer:
            return str(answer.read().decode())

    def fate(self, message: EmailMessage) -> str:
        """What the log of sent mail says of it."""
        with closing(sqlite3.connect(self.env["DATABASE"])) as database:
            words = "SELECT state FROM interfaces_sentmail WHERE message_id = ?"
            return str(database.execute(words, [message["Message-ID"].strip("<>")]).fetchone()[0])

    def states(self, word: str) -> int:
        """How many messages of the log are in a state."""
        return self.manage("interfaces_mail", "list", "--state", word).count("\n")


@pytest.fixture(scope="module", params=[False, True], ids=["in the server", "in a worker"])
def desk(request, tmp_path_factory):
    """The desk, with an agent who has logged in."""
    with ExitStack() as stack:
        one = Desk(tmp_path_factory.mktemp("desk"), stack, apart=request.param)
        one.page("/admin/login/?next=/", username="agent", password="secret")
        yield one


def test_a_thread(desk) -> None:
    """A question becomes a ticket and is confirmed; an agent's answer and the customer's reply are in one thread."""
    asked = desk.mail(DESK, f"It does not print. {EVIL}", Subject="Printer")
    confirmed = desk.sent()
    assert confirmed["To"] == ADA and confirmed["Auto-Submitted"] == "auto-replied"
    assert confirmed["X-Envelope-From"] == "<>" and confirmed["In-Reply-To"] == asked["Message-ID"]
    number = re.search(r"#(\d+)", confirmed["Subject"])[1]
    tagged = confirmed["Reply-To"]
    assert tagged.startswith(f"support+{number}-")
    page = desk.page(f"/tickets/{number}/")
    assert "It does not print." in page and EVIL not in page and "&lt;script&gt;" in page

    desk.page(f"/tickets/{number}/", text="Is it plugged in?")
    answered = desk.sent()
    assert answered["To"] == ADA and answered.get_content().strip() == "Is it plugged in?"
    assert answered["In-Reply-To"] == confirmed["Message-ID"] and answered["X-Envelope-From"] == f"<{tagged}>"
    assert answered["References"].split() == [asked["Message-ID"], confirmed["Message-ID"]]
    assert "Auto-Submitted" not in answered

    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = ADA, tagged, answered["Subject"]
    reply["Message-ID"], reply["In-Reply-To"] = "<reply@c>", answered["Message-ID"]
    reply.set_content("No, sorry.\n\nOn Monday, Support wrote:\n> Is it plugged in?\n")
    reply.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename='../a"b.pdf')
    desk.deliver(reply, tagged)
    page = desk.page(f"/tickets/{number}/")
    assert "No, sorry." in page and "On Monday" not in page
    found = re.search(r'href="(/attachments/\d+/)">(.*?)<', page)
    url = f"http://127.0.0.1:{desk.http}{found[1]}"
    with desk.browser.open(url, timeout=20) as answer:
        assert answer.read() == b"%PDF" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment") and "/" not in found[2]


def test_references_are_the_second_way(desk) -> None:
    """A reply to the plain address is found by what it refers to, when it is from the customer, and else is new."""
    desk.mail(DESK, "first", Subject="Thread")
    confirmed = desk.sent()
    number = int(re.search(r"#(\d+)", confirmed["Subject"])[1])
    desk.mail(DESK, "second", In_Reply_To=confirmed["Message-ID"], Subject="Re: Thread")
    assert "second" in desk.page(f"/tickets/{number}/")
    desk.mail(
        DESK, "third", sender="eve@other.example", In_Reply_To=confirmed["Message-ID"], Subject="Re: Thread"
    )
    assert f"#{number + 1}" in desk.sent()["Subject"]
    assert "third" not in desk.page(f"/tickets/{number}/")


def test_an_address_that_is_made_up_is_refused(desk) -> None:
    """With 550 5.1.1, before anybody has to send a bounce."""
    for tag in ["1", "1-0000000000000000", "999-x", "x"]:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            desk.mail(f"support+{tag}@desk.example", "hello")
        assert refused.value.smtp_code == 550 and b"5.1.1" in refused.value.smtp_error
    with pytest.raises(smtplib.SMTPDataError) as refused:
        desk.mail("sales@desk.example", "hello")
    assert refused.value.smtp_code == 550


def test_the_same_mail_twice_has_one_effect(desk) -> None:
    """One entry, one answer; the log has the second as another attempt."""
    message = desk.mail(DESK, "twice, please", Subject="Twice")
    desk.deliver(message, DESK)
    number = re.search(r"#(\d+)", desk.sent()["Subject"])[1]
    assert desk.page(f"/tickets/{number}/").count("twice, please") == 1
    assert desk.page("/").count("Twice") == 1
    after = desk.mail(DESK, "what comes next", Subject="Next")
    assert desk.sent()["In-Reply-To"] == after["Message-ID"]


def test_programs_get_no_answer(desk) -> None:
    """Neither answers of programs nor bounces; a bounce of an answer is a note in its ticket, and in the log."""
    desk.mail(DESK, "I am away", Subject="Away", Auto_Submitted="auto-replied")
    desk.mail(DESK, "was not delivered", Subject="Undelivered", envelope="")
    desk.mail(DESK, "list", Subject="List", List_Id="<list.example>")
    desk.mail(DESK, "a human", Subject="Human")
    confirmed = desk.sent()  # files are sent in order: nothing was before it
    assert "Human" in confirmed["Subject"]
    number = re.search(r"#(\d+)", confirmed["Subject"])[1]
    desk.page(f"/tickets/{number}/", text="an answer that comes back")
    answered = desk.sent()
    until(lambda: desk.fate(answered) == "delivered")
    report = (
        f"From: mailer@c.example\r\nTo: {confirmed['Reply-To']}\r\nSubject: failed\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; c.example\r\n\r\n"
        f"Final-Recipient: rfc822; {ADA}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 gone\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {answered['Message-ID']}\r\n\r\n--b--\r\n"
    )
    with smtplib.SMTP("127.0.0.1", desk.smtp, timeout=20) as client:
        client.sendmail("", [confirmed["Reply-To"]], report.encode())
    assert "550 gone" in desk.page(f"/tickets/{number}/")
    assert desk.fate(answered) == "bounced"


def test_the_log_has_it_all(desk) -> None:
    """What was taken and what was refused, with nothing that was sent unseen; the pages are for agents only."""
    assert {path.name for path in desk.out.glob("*.eml")} == desk.seen
    assert desk.states("delivered") > 5 and desk.states("bounced") == 4 and desk.states("pending") == 0
    with urllib.request.urlopen(f"http://127.0.0.1:{desk.http}/tickets/1/", timeout=20) as answer:
        assert "/admin/login/" in answer.url


def test_the_migration_is_current(tmp_path) -> None:
    """The models and the tables are the same."""
    env = {"DATABASE": str(tmp_path / "x.sqlite3"), "PYTHONPATH": f"{ROOT}:{FOLDER}", "LAYER": "local:"}
    words = [sys.executable, "-B", "manage.py", "makemigrations", "--check", "--dry-run"]
    subprocess.run(words, cwd=FOLDER, env=env, check=True, timeout=60, stdout=subprocess.DEVNULL)
