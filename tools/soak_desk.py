#!/usr/bin/env python3
"""examples/helpdesk under kill -9: each mail that was answered 250 is one ticket, with one confirmation.

    python tools/soak_desk.py [--kills N] [--clients N] [--seed N] [--fault twice]     100 kills

The server and the worker of the example's Procfile run on a broker that keeps what it has; one of them is killed after
the other, at random moments. Clients write as an MTA does: they hang up now and then without hearing the answer, and
come again until they have heard 250, and at times after that. In the end what is pending in the log of mail is
replayed, which must change nothing but the log; and it is asked what became of sent mail whose result a killed worker
has lost. Exit code 1 unless each mail then has one ticket, and one confirmation in the folder that mail is sent to; one
that is missing there has to be "uncertain" in the log of sent mail, and one that is there twice is wrong. With
``--fault twice`` the desk does not look at the inbox: then the soak has to fail.
"""

import argparse
import os
import random
import re
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from interfaces.layers.embedded import Embedded

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "helpdesk"
SUBJECT = re.compile(rb"Subject: \[#\d+\] (mail\d+x)\r?\n")
QUIET = 90.0
"""Seconds within which all has to be settled once nobody is killed any more."""
OLDER, PAUSE = 3, 1.0
"""Seconds after which it is asked what became of a mail, and between two such questions."""
BETWEEN = (0.1, 2.0)
"""Seconds from the start of a process to the next kill."""
READY = b"process, pid"
"""What both say once they work."""


class Desk:
    """The processes, their folder, and what the clients have heard."""

    def __init__(self, folder: Path, url: str, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.port = free_port()
        self.env = {
            **os.environ, "PYTHONPATH": f"{ROOT}:{EXAMPLE}", "DATABASE": str(folder / "desk.sqlite3"), "LAYER": url,
        }  # fmt: skip
        binds = ["--http-bind", "127.0.0.1:0", "--email-bind", f"127.0.0.1:{self.port}"]
        out = f"file://{folder / 'sent'}"
        self.words = {
            "web": ["interfaces", "serve", "http", "email", "--layer", url, "--email-send", out, *binds],
            "worker": ["runworker", "--outbox"],
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.heard: set[str] = set()
        self.repeats = 0
        self.over = threading.Event()

    def manage(self, *words: str) -> str:
        """What a command of the project says."""
        command = [sys.executable, str(EXAMPLE / "manage.py"), *words]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def start(self, name: str) -> None:
        """A process, with its log beside the others'; returns when it works."""
        path = self.folder / f"{name}.log"
        with path.open("ab") as log:
            before = path.read_bytes().count(READY)
            command = [sys.executable, str(EXAMPLE / "manage.py"), *self.words[name]]
            process = self.running[name] = subprocess.Popen(command, env=self.env, stdout=log, stderr=log)
        while path.read_bytes().count(READY) == before:
            if process.poll() is not None:
                sys.exit(f"{name} does not start:\n{path.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.05)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process."""
        self.running[name].send_signal(number)
        self.running[name].wait()

    def client(self, first: int, step: int, seed: int) -> None:
        """Write one mail after the other, each until it has been heard that it was taken."""
        chance = random.Random(seed)
        number = first
        while not self.over.is_set():
            subject = f"mail{number}x"
            while not self.told(subject, hang_up=chance.random() < 0.1):
                self.repeats += 1
                time.sleep(0.05)
            self.heard.add(subject)
            if chance.random() < 0.1:  # as one that has heard the answer too late
                self.told(subject, hang_up=False)
            number += step
            time.sleep(0.02)

    def told(self, subject: str, *, hang_up: bool) -> bool:
        """Whether a client has heard 250."""
        sender = f"{subject}@customer.example"
        content = (
            f"From: {sender}\r\nTo: support@desk.example\r\nSubject: {subject}\r\n\r\nIt does not print.\r\n"
        )
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                client.ehlo_or_helo_if_needed()
                client.mail(sender)
                if client.rcpt("support@desk.example")[0] != 250:
                    return False
                if client.docmd("DATA")[0] != 354:
                    return False
                client.send(f"{content}.\r\n")
                if hang_up:
                    client.close()
                    return False
                return client.getreply()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def ask(self, words: str) -> list[tuple[str, ...]]:
        """Rows of the database."""
        with closing(sqlite3.connect(self.env["DATABASE"], timeout=30)) as database:
            return database.execute(words).fetchall()

    def settled(self) -> bool:
        """Whether all that was written has left, and its result is known."""
        unsent = self.ask("SELECT 1 FROM interfaces_outbox WHERE sent_at IS NULL LIMIT 1")
        return not unsent and not self.ask(
            "SELECT 1 FROM interfaces_sentmail WHERE state = 'pending' LIMIT 1"
        )


FAULTY = """
import os
from django.core.asgi import get_asgi_application
get_asgi_application()
from interfaces.django import inbox
inbox.once = lambda **_: lambda function: function
from helpdesk.asgi import application
"""


def without_inbox(desk: Desk) -> None:
    """Have the desk do everything again that comes again."""
    settings = 'from helpdesk.settings import *\nASGI_APPLICATION = "faulty.application"\n'
    (desk.folder / "faulty_settings.py").write_text(settings, encoding="utf-8")
    (desk.folder / "faulty.py").write_text(FAULTY, encoding="utf-8")
    desk.env["PYTHONPATH"] += f":{desk.folder}"
    desk.env["DJANGO_SETTINGS_MODULE"] = "faulty_settings"


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run(desk: Desk, kills: int, clients: int, seed: int, quiet: float) -> None:
    """Kill so many processes under load, then let it come to rest within ``quiet`` seconds."""
    desk.manage("migrate", "--verbosity=0")
    for name in desk.words:
        desk.start(name)
    threads = [
        threading.Thread(target=desk.client, args=(at, clients, seed + at), daemon=True)
        for at in range(clients)
    ]
    for thread in threads:
        thread.start()
    for at in range(kills):
        time.sleep(desk.random.uniform(*BETWEEN))
        name = desk.random.choice(["web", "worker"])
        desk.kill(name)
        desk.start(name)
        if at % 10 == 9:
            print(f"{at + 1} kills, {len(desk.heard)} mails taken, {desk.repeats} repeats", flush=True)
    desk.over.set()
    for thread in threads:
        thread.join()
    end = time.monotonic() + quiet
    while not desk.settled() and time.monotonic() < end:
        time.sleep(PAUSE)
        print(desk.manage("interfaces_mail", "ask", "--older", str(OLDER)).strip(), flush=True)
    for name in desk.words:
        desk.kill(name, signal.SIGTERM)


def judged(desk: Desk) -> list[str]:
    """What is wrong."""
    pending = len(desk.ask("SELECT 1 FROM interfaces_receivedmail WHERE state = 'pending'"))
    replayed = desk.manage("interfaces_mail", "replay", "--older", "0")
    left = len(desk.ask("SELECT 1 FROM interfaces_receivedmail WHERE state = 'pending'"))
    tickets = Counter(subject for (subject,) in desk.ask("SELECT subject FROM helpdesk_ticket"))
    files = [path.read_bytes() for path in (desk.folder / "sent").glob("*.eml")]
    sent = Counter(found[1].decode() for found in map(SUBJECT.search, files) if found)
    states = {
        subject.split()[-1]: state
        for subject, state in desk.ask("SELECT subject, state FROM interfaces_sentmail")
    }
    lost = [one for one in desk.heard if not tickets[one]]
    silent = [one for one in tickets if not sent[one] and states.get(one) != "uncertain"]
    uncertain = sum(state == "uncertain" for state in states.values())
    print(
        f"{len(desk.heard)} mails answered 250, {desk.repeats} repeats, {len(tickets)} tickets, {len(files)} "
        f"confirmations, {uncertain} uncertain; {pending} were pending and replayed"
    )
    found = {
        "not settled": [] if desk.settled() else ["outbox or sent mail"],
        "lost": lost,
        "twice a ticket": [one for one, count in tickets.items() if count > 1],
        "twice confirmed": [one for one, count in sent.items() if count > 1],
        "not confirmed, without a word": silent,
        "pending after the replay": [replayed] if left else [],
    }
    return [f"{what}: {len(which)}, such as {which[:3]}" for what, which in found.items() if which]


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=["twice"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        broker = Path(name, "broker")
        broker.mkdir(mode=0o700)
        with Embedded(broker, appendonly=True) as server:
            desk = Desk(Path(name), server.url, given.seed)
            if given.fault:
                without_inbox(desk)
            try:
                quiet = 0.0 if given.fault else QUIET  # second tickets are there at once
                run(desk, given.kills, given.clients, given.seed, quiet)
                wrong = judged(desk)
                for one in desk.words if wrong and not given.fault else ():
                    print(f"{one}:", (desk.folder / f"{one}.log").read_text(encoding="utf-8")[-2000:])
            finally:
                desk.over.set()
                for process in desk.running.values():
                    process.kill()
                    process.wait()
    for line in wrong:
        print(f"WRONG: {line}")
    print("as it should be" if not wrong else "not as it should be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
