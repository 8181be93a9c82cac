"""examples/opsbot at the fake Slack: a deployment from the command to the end, by Socket Mode and the Events API."""

import asyncio
import json
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.terminal import Terminal
from tests.process.server import ROOT, Server, until

FOLDER = ROOT / "examples" / "opsbot"
PREPARE = """
from django.core.management import call_command
import django
django.setup()
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
call_command("migrate", verbosity=0)
"""
SECOND = "<@channel> & others wait for it"


class Bot:
    """The bot with a Slack of its own, on free ports: by Socket Mode as the README has it, or by the Events API.

    By the latter the server has no code of the bot, and a worker runs it.
    """

    def __init__(self, directory: Path, database: Path, loop: asyncio.AbstractEventLoop, way: str) -> None:
        self.directory = directory / way
        self.directory.mkdir()
        self.loop = loop
        self.way = way
        self.stack = ExitStack()
        self.slack = FakeSlack()
        self.run(self.slack.__aenter__())
        broker = self.stack.enter_context(Embedded())
        shutil.copy(database, self.directory / "db")
        self.env = environ(self.directory / "db", broker.url) | {
            "INTERFACES_SLACK_API_URL": self.slack.api_url,
            "INTERFACES_SLACK_SEND_CHANNEL_INTERVAL": "0",
            "INTERFACES_SLACK_SEND_RATE": "0",
        }  # fmt: skip
        words = (FOLDER / "Procfile").read_text(encoding="utf-8").partition(": ")[2].split()
        assert words[:2] == ["python", "manage.py"]
        manage = [str(FOLDER / "manage.py")]
        if way == "socket":
            self.env |= {"SLACK_BOT_TOKEN": self.slack.bot_token, "SLACK_APP_TOKEN": self.slack.app_token}
            self.server = self.serve(manage + words[2:], "--http-bind", "127.0.0.1:0")
        else:
            secrets = {"BOT_TOKEN": self.slack.bot_token, "SIGNING_SECRET": self.slack.signing_secret}
            self.env |= {f"INTERFACES_SLACK_{name}": value for name, value in secrets.items()}
            self.server = self.serve(["-m", *words[2:]], "--http-bind", "127.0.0.1:0", "--layer", broker.url)
            self.serve([*manage, "runworker"])
        self.person = Terminal(self.slack)

    def serve(self, words: list[str], *more: str) -> Server:
        """A process, which ends with the test."""
        directory = self.directory / words[-1]
        directory.mkdir()
        command = [sys.executable, "-B", "-W", "error", *words]
        return self.stack.enter_context(Server(directory, *more, command=command, env=self.env))

    def ready(self) -> None:
        """Wait until it hears."""
        self.http = int(self.server.wait_for(r"http[a-z ]* on 127\.0\.0\.1:(\d+)")[1])
        if self.way == "socket":
            self.run(self.slack.socket.connected(2, timeout=20))
        else:
            self.person.events_url = f"http://127.0.0.1:{self.http}/slack/events"
            until(lambda: self.server.get("/", self.http)[0] == 200)  # there is a worker

    def close(self) -> None:
        """End both."""
        self.stack.close()
        self.run(self.slack.__aexit__(None, None, None))

    def run(self, coroutine: Any) -> Any:
        """Run it where the fake lives."""
        running = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return running.result(20)
        except TimeoutError:
            running.cancel()
            raise AssertionError(f"it does not end:\n{self.server.said}") from None

    def do(self, *lines: str) -> None:
        """What a person types; each is acknowledged."""
        for line in lines:
            assert self.run(self.person.do(line)) == ""

    def said(self, text: str, *, thread: bool = True) -> dict[str, Any]:
        """The message of the bot that has ``text`` in it, when it is there: of its threads, or of the channel."""

        def fits(one: dict[str, Any]) -> bool:
            below = one.get("thread_ts", one["ts"]) != one["ts"]
            return bool(one.get("bot_id")) and text in one["text"] and below is thread

        return until(lambda: [one for one in self.slack.messages("C1") if fits(one)])[0]

    def ask(self, service: str, reason: str) -> int:
        """Ask for a deployment, and wait until its message is known: its number."""
        self.do(f"/deploy {service}")
        until(
            lambda: (
                self.slack.called("views.open")[-1].args["view"]["callback_id"] == "deploy"
                and self.slack.views
            )
        )
        self.do(f"submit reason='{reason}'")
        self.said(f"{service} to staging: waiting", thread=False)

        def known() -> list[int]:
            rows = json.loads(self.server.get("/", self.http)[1])["deployments"]
            return [row["id"] for row in rows if row["service"] == service and row["ts"]]

        return int(until(known)[0])

    def finish(self, number: int, key: str) -> int:
        """What the pipeline does; the status of the answer."""
        url = f"http://127.0.0.1:{self.http}/deployments/{number}/finished/"
        request = urllib.request.Request(url, method="POST", headers={"X-Deploy-Key": key})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code


def environ(database: Path, layer: str) -> dict[str, str]:
    """Where the project finds what it needs."""
    return {"DATABASE": str(database), "LAYER": layer, "PYTHONPATH": f"{ROOT}:{FOLDER}"}


@pytest.fixture(scope="module")
def bots(tmp_path_factory):
    """Both, which start side by side, on a database that is made once."""
    directory = tmp_path_factory.mktemp("opsbot")
    env = environ(directory / "db", "local:") | {"DJANGO_SETTINGS_MODULE": "opsbot.settings"}
    subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", PREPARE], cwd=FOLDER, env=env, check=True, timeout=60
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made: dict[str, Bot] = {}
    try:
        for way in ("socket", "events"):
            made[way] = Bot(directory, directory / "db", loop, way)
        yield made
    finally:
        for bot in made.values():
            bot.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(params=["socket", "events"])
def bot(request, bots):
    """One of them."""
    bots[request.param].ready()
    return bots[request.param]


def test_a_deployment(bot) -> None:
    """Asked for in a modal, approved by a button, talked through in its thread, and finished by the pipeline."""
    bot.do("/deploy web")
    view = until(lambda: bot.slack.views)
    name = next(iter(view))
    bot.do("submit reason=slow")
    assert "10 characters" in bot.slack.world.views.errors[name]["reason"]
    bot.do(f"submit environment=production reason='{SECOND}'")
    assert not bot.slack.views
    card = bot.said("#1 web to production: waiting", thread=False)
    assert card["blocks"][1]["text"]["text"] == "<@U1>: &lt;@channel&gt; &amp; others wait for it"

    bot.do("ben: press approve-1")
    asked = bot.said("<@U2> has approved it. Which version?")
    assert asked["thread_ts"] == card["ts"]
    assert [block["type"] for block in bot.said(": version", thread=False)["blocks"]] == [
        "section",
        "section",
    ]
    bot.do("> soon")
    bot.said("A version is like 1.4.2.")
    bot.do("> v1.4", "> yes")
    bot.said("Rolling out web 1.4.")
    until(lambda: bot.slack.called("reactions.add"))

    assert bot.finish(1, "wrong") == 403
    assert bot.finish(1, "for this example only") == 204
    bot.said("web 1.4 is in production.")
    bot.said("#1 web 1.4 to production: done", thread=False)
    assert bot.finish(1, "for this example only") == 404


def test_the_first_decides(bot) -> None:
    """A reaction is as good as a button, and who comes later is told so, alone."""
    number = bot.ask("db", "it is far too slow")
    stale = bot.slack.person("U2").uses(
        "C1", bot.said("db to staging", thread=False)["ts"], f"approve-{number}"
    )
    bot.do(":-1:")
    bot.said("<@U1> has rejected it.")
    sent = bot.slack.post(bot.person.events_url, stale) if bot.person.events_url else bot.slack.send(stale)
    assert bot.run(sent).acknowledged
    told = until(lambda: bot.slack.ephemerals)[-1]
    assert told["to"] == "U2" and told["text"] == "<@U1> has decided it already: rejected."


def test_a_repeat_is_heard_once(bot) -> None:
    """An answer in the thread that Slack sends twice goes one step, and is answered once."""
    bot.do(f"press approve-{bot.ask('mail', 'nobody gets any mail')}")
    bot.said("Which version?")
    bot.slack.faults.redeliver = 1.0
    bot.do("> 2.0", "> no")
    bot.slack.faults.clear()
    bot.said("It was called off.")
    texts = [
        one["text"] for one in bot.slack.messages("C1") if "mail 2.0 to staging: yes or no?" in one["text"]
    ]
    assert len(texts) == 1


def test_what_is_asked_for(bot) -> None:
    """The home and ``@opsbot status`` show what there is; a command of the project says something in a channel."""
    number = bot.ask("cache", "there is none, and it is slow")
    bot.do("@ status", "home")
    assert f"#{number} cache to staging: waiting" in bot.said("cache to staging")["text"]
    until(lambda: bot.slack.called("views.publish"))
    assert f"#{number} cache to staging" in until(lambda: bot.slack.home()["blocks"])[0]["text"]["text"]
    command = [sys.executable, "-B", "-W", "error", "manage.py", "announce", "C1", f"hello by {bot.way}"]
    subprocess.run(command, cwd=FOLDER, env=bot.env, check=True, timeout=60)
    bot.said(f"hello by {bot.way}", thread=False)
