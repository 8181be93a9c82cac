"""examples/relaybot as its README has it, at a fake network, a fake Slack and a fake provider, with mail by SMTP."""

import asyncio
import json
import smtplib
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.testing.irc import FakeNetwork
from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.terminal import Terminal
from interfaces.testing.sms import FakeSms
from tests.process.server import ROOT, Server, until

FOLDER = ROOT / "examples" / "relaybot"
ANN, CLEO, BEN, ADDRESS, ROOM = (
    "+41790000001", "+41790000003", "ben@example.net", "ops@relay.example.org", "#ops-example",
)  # fmt: skip


class Bridge:
    """The process, and its four sides."""

    def __init__(self, directory: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.stack = ExitStack()
        self.out = directory / "out"
        self.irc, self.slack = FakeNetwork(), FakeSlack()
        self.sms = FakeSms(scale=100, numbers=("+15550001111",))
        self.person = Terminal(self.slack)

    def start(self, directory: Path) -> None:
        """As the README has it, and wait until it hears on all sides."""
        for fake in (self.irc, self.slack, self.sms):
            self.run(fake.__aenter__())
            self.stack.callback(self.leave, fake)
        broker = self.stack.enter_context(Embedded())
        words = (FOLDER / "Procfile").read_text(encoding="utf-8").partition(": ")[2].split()
        assert words[0] == "interfaces"
        free = [f"--{name}-bind=127.0.0.1:0" for name in ("sms", "email")]
        self.server = self.stack.enter_context(
            Server(
                directory, "--config", str(FOLDER / "interfaces.toml"), *free,
                command=[sys.executable, "-B", "-W", "error", "-m", *words], env=self.environ(broker.url),
            )
        )  # fmt: skip
        self.smtp = int(self.server.wait_for(r"email on 127\.0\.0\.1:(\d+)")[1])
        port = self.server.wait_for(r"sms on 127\.0\.0\.1:(\d+)")[1]
        self.sms.webhook = f"http://127.0.0.1:{port}/sms/fake"
        self.run(self.slack.socket.connected(2, timeout=20))
        self.run(self.irc.here(channel=ROOM))

    def environ(self, layer: str) -> dict[str, str]:
        """Where the fakes are."""
        network = {
            "name": "libera", "host": "127.0.0.1", "port": self.irc.port, "tls": False, "nick": "relaybot-ex",
            "channels": [ROOM], "rate": 0,
        }  # fmt: skip
        return {
            "PYTHONPATH": f"{ROOT}:{FOLDER}", "INTERFACES_LAYER": layer, **self.sms.variables,
            "INTERFACES_IRC_NETWORKS": json.dumps([network]), "INTERFACES_EMAIL_SEND": f"file://{self.out}",
            "INTERFACES_SLACK_API_URL": self.slack.api_url, "INTERFACES_SLACK_BOT_TOKEN": self.slack.bot_token,
            "INTERFACES_SLACK_APP_TOKEN": self.slack.app_token, "INTERFACES_SLACK_SEND_CHANNEL_INTERVAL": "0",
            "INTERFACES_SLACK_SEND_RATE": "0",
        }  # fmt: skip

    def leave(self, fake: Any) -> None:
        """End one."""
        self.run(fake.__aexit__(None, None, None))

    def run(self, coroutine: Any) -> Any:
        """Run it where the fakes live."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def call(self, deed: Any, *values: Any) -> Any:
        """The same of a plain function."""

        async def called() -> Any:
            return deed(*values)

        return self.run(called())

    def writes(self, text: str) -> None:
        """Ben writes a mail."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = BEN, ADDRESS, "hi"
        message.set_content(text)
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=20) as client:
            client.sendmail(BEN, [ADDRESS], message.as_bytes(policy=policy.SMTP))

    def heard(self) -> dict[str, list[str]]:
        """What was told on each side, so far."""
        mails = [
            message_from_bytes(one.read_bytes(), policy=policy.default) for one in self.out.glob("*.eml")
        ]
        return {
            "irc": [one.text for one in self.irc.spoken if one.source.startswith("relaybot")],
            "slack": [one["text"] for one in self.slack.messages("C1") if one.get("bot_id")],
            "ann": list(self.sms.phone(ANN).shown),
            "cleo": list(self.sms.phone(CLEO).shown),
            "ben": [one.get_content().strip() for one in mails if one["To"] == BEN],
        }

    def tells(self, text: str, *sides: str) -> None:
        """Wait until it was told there, once, and nowhere else."""
        until(lambda: all(any(text in one for one in self.heard()[side]) for side in sides))
        found = {side: sum(text in one for one in texts) for side, texts in self.heard().items()}
        assert found == {side: int(side in sides) for side in found}


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """All of it, once."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    directory = tmp_path_factory.mktemp("relaybot")
    made = Bridge(directory, loop)
    try:
        with made.stack:
            made.start(directory)
            yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_what_is_said_on_one_side_is_told_on_the_others(bridge: Bridge) -> None:
    """From each of the four, once, and to nobody who has said it."""
    bridge.call(bridge.irc.say, "dan", ROOM, "from irc")
    bridge.tells("from irc", "slack", "ann", "cleo", "ben")
    assert bridge.run(bridge.person.do("from slack")) == ""
    bridge.tells("from slack", "irc", "ann", "cleo", "ben")
    assert bridge.run(bridge.sms.phone(ANN).texts("from a phone")).acknowledged
    bridge.tells("from a phone", "irc", "slack", "cleo", "ben")
    bridge.writes("from a mail")
    bridge.tells("from a mail", "irc", "slack", "ann", "cleo")


def test_what_comes_again_is_told_once(bridge: Bridge) -> None:
    """A post that a provider makes twice; and a connection that was cut comes back."""
    bridge.sms.faults.twice = 1.0
    bridge.run(bridge.sms.phone(ANN).texts("twice"))
    bridge.sms.faults.clear()
    bridge.tells("twice", "irc", "slack", "cleo", "ben")
    bridge.call(bridge.irc.drop)
    bridge.run(bridge.irc.until(lambda: not bridge.irc.peers))
    bridge.run(bridge.sms.phone(ANN).texts("meanwhile"))
    bridge.run(bridge.irc.here(channel=ROOM))
    bridge.tells("meanwhile", "irc", "slack", "cleo", "ben")
