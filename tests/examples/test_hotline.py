"""examples/hotline at the fake provider: reminders from the command to the phone, and all that is answered."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.testing.sms import FakeSms
from tests.process.server import ROOT, Server, until

FOLDER = ROOT / "examples" / "hotline"
PREPARE = """
from django.core.management import call_command
import django
django.setup()
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
call_command("migrate", verbosity=0)
"""
DAY = datetime.now(ZoneInfo("Europe/Zurich")) + timedelta(days=3)
PEOPLE = {
    "Ann": ("+41790000001", "14:00"),
    "Ben": ("+41790000002", "15:00"),
    "Cleo": ("+41790000003", "09:00"),
    "Dan": ("+41790000004", "10:00"),
    "Eva": ("+41790000005", "11:00"),
}
LATER = {"Dan": (PEOPLE["Dan"][0], "16:00"), "Fay": ("+41790000006", "17:00")}
APPOINT = """
import django
django.setup()
from django.core.management import call_command
for name, phone, at in {people!r}:
    call_command("appoint", name, phone, at, verbosity=0)
call_command("remind", hours=96)
call_command("remind", hours=96)
"""


def appointed(people: dict[str, tuple[str, str]]) -> str:
    """What appoints and reminds them, twice."""
    return APPOINT.format(
        people=[(name, phone, f"{DAY:%Y-%m-%d} {at}") for name, (phone, at) in people.items()]
    )


class Hotline:
    """The process of the README with a provider of its own, both on free ports."""

    def __init__(self, directory: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.stack = ExitStack()
        self.sms = FakeSms(scale=100)
        self.run(self.sms.__aenter__())
        broker = self.stack.enter_context(Embedded())
        self.env = {
            "DATABASE": str(directory / "db"), "LAYER": broker.url, "PYTHONPATH": f"{ROOT}:{FOLDER}",
            "DJANGO_SETTINGS_MODULE": "hotline.settings", **self.sms.variables,
        }  # fmt: skip
        words = (FOLDER / "Procfile").read_text(encoding="utf-8").partition(": ")[2].split()
        assert words[:2] == ["python", "manage.py"]
        command = [sys.executable, "-B", "-W", "error", str(FOLDER / "manage.py"), *words[2:]]
        self.server = self.stack.enter_context(
            Server(directory, "--http-bind", "127.0.0.1:0", command=command, env=self.env)
        )
        self.http = int(self.server.wait_for(r"http[a-z ]* on 127\.0\.0\.1:(\d+)")[1])
        self.sms.webhook = f"http://127.0.0.1:{self.http}/sms/fake"

    def close(self) -> None:
        """End both."""
        self.stack.close()
        self.run(self.sms.__aexit__(None, None, None))

    def run(self, coroutine: Any) -> Any:
        """Run it where the fake lives."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def do(self, script: str) -> str:
        """What a command of the project prints."""
        command = [sys.executable, "-B", "-W", "error", "-c", script]
        done = subprocess.run(command, cwd=FOLDER, env=self.env, check=True, timeout=60, capture_output=True)
        return done.stdout.decode()

    def phone(self, name: str) -> Any:
        """Whose it is."""
        return self.sms.phone(PEOPLE[name][0])

    def says(self, name: str, text: str) -> str:
        """Text it, and give what is shown as the answer."""
        sent = self.run(self.phone(name).texts(text))
        assert sent.acknowledged, sent.tries
        return "".join(sent.replies)

    def state(self, name: str) -> tuple[str, str]:
        """What has become of an appointment: its state, and its time in UTC."""
        rows = json.loads(self.server.get("/", self.http)[1])["appointments"]
        (row,) = (row for row in rows if row["name"] == name)
        return row["state"], row["at"]


@pytest.fixture(scope="module")
def hotline(tmp_path_factory):
    """Everybody is appointed and reminded, twice; Eva's phone takes nothing."""
    directory = tmp_path_factory.mktemp("hotline")
    env = {"DATABASE": str(directory / "made"), "LAYER": "local:", "PYTHONPATH": f"{ROOT}:{FOLDER}",
           "DJANGO_SETTINGS_MODULE": "hotline.settings"}  # fmt: skip
    command = [sys.executable, "-B", "-W", "error", "-c", PREPARE]
    subprocess.run(command, cwd=FOLDER, env=env, check=True, timeout=60)
    shutil.copy(directory / "made", directory / "db")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made = Hotline(directory, loop)
    try:
        made.phone("Eva").fate = ("sent", "undelivered:30003")
        assert made.do(appointed(PEOPLE)).endswith("5 reminded\n0 reminded\n")
        yield made
    finally:
        made.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_everybody_is_reminded_once(hotline):
    """By their phones, with the day and the time; what does not arrive has somebody call."""
    until(lambda: all(hotline.phone(name).messages for name in PEOPLE if name != "Eva"))
    text = (
        f"Ann, you have an appointment on {DAY:%a %d %b}, 14:00. Answer C to confirm, or M 15:00 to move it."
    )
    assert hotline.phone("Ann").shown[0] == text
    until(lambda: hotline.state("Eva")[0] == "call")
    assert [one.recipient for one in hotline.sms.messages if not one.answer].count(PEOPLE["Ann"][0]) == 1


def test_an_answer_confirms_or_moves(hotline):
    """C does, and M with a time that is free; what is taken, or at night, is not."""
    assert hotline.says("Ann", "when was it?").startswith("C confirms your appointment")
    assert hotline.says("Ann", "M 7:00") == "We are there from 8:00 to 17:30."
    assert hotline.says("Ann", "m 9:00") == "09:00 is taken. Another time?"
    before = hotline.state("Ann")
    assert before[0] == "reminded"
    assert hotline.says("Ann", "Move to 15:30") == f"Ann: {DAY:%a %d %b}, 15:30, confirmed."
    assert hotline.state("Ann")[0] == "confirmed" and hotline.state("Ann")[1] > before[1]
    assert hotline.says("Ben", "C.") == f"Ben: {DAY:%a %d %b}, 15:00, confirmed."
    assert hotline.phone("Ben").shown[-1] == f"Ben: {DAY:%a %d %b}, 15:00, confirmed."


def test_an_answer_that_comes_twice_is_heard_once(hotline):
    """Side by side, and again after it was acknowledged; another number knows no appointment."""
    hotline.sms.faults.twice = hotline.sms.faults.redeliver = 1.0
    assert hotline.says("Cleo", "confirm") == f"Cleo: {DAY:%a %d %b}, 09:00, confirmed."
    hotline.sms.faults.clear()
    assert hotline.state("Cleo")[0] == "confirmed"
    said = hotline.run(hotline.sms.phone("+41790000009").texts("C"))
    assert said.replies == ["There is no appointment for this number. Call +41 44 555 66 77."]


def test_stop_is_the_end_until_start(hotline):
    """It is said once, somebody calls, and nothing more is sent, whoever tries; HELP says who this is."""
    assert hotline.says("Dan", "HELP").startswith("This is the surgery of Dr. Who.")
    assert hotline.says("Dan", "Stop!").startswith("You get no more messages from us")
    assert hotline.state("Dan")[0] == "call"
    assert hotline.do(appointed(LATER)).endswith("2 reminded\n0 reminded\n")
    until(lambda: any("17:00" in text for text in hotline.sms.phone(LATER["Fay"][0]).shown))
    assert not [text for text in hotline.phone("Dan").shown if "16:00" in text]
    assert hotline.says("Dan", "START") == "You get reminders again."
