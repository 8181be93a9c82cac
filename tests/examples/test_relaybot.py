"""examples/relaybot: what is said on one side is told on the others, once, and nobody hears themselves."""

import importlib.util
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.testing import Communicator
from interfaces.testing.irc_communicator import IrcCommunicator
from interfaces.testing.slack_communicator import SlackCommunicator
from interfaces.testing.sms_communicator import SmsCommunicator
from interfaces.workers.routing import Routing
from tests.http_ws.harness import scene
from tests.process.server import ROOT

FOLDER = ROOT / "examples" / "relaybot"
ANN, BEN, CLEO, CLEOS = "+41790000001", "ben@example.net", "cleo@example.net", "+41790000003"
NUMBER, ADDRESS, ROOM = "+15550001111", "ops@relay.example.org", "#ops-example"
SENDS = ("irc.send", "slack.send", "sms.send", "email.send")


def load() -> Any:
    """The module, as a server would import it, with the table beside it."""
    spec = importlib.util.spec_from_file_location("relaybot", FOLDER / "relaybot.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


relaybot = load()


class Sides:
    """The bot, with a person on each side, and what it tells whom."""

    def __init__(self) -> None:
        self.layer = LocalChannelLayer()
        self.app = Routing(relaybot.application, layer=self.layer)
        self.slack = SlackCommunicator(self.app)
        self.sms = SmsCommunicator(self.app, theirs=ANN, ours=NUMBER)
        self.messages: list[dict[str, Any]] = []

    async def irc(self, text: str, target: str = ROOM, network: str = "libera", **said: Any) -> None:
        """Dan says it in a channel, or what ``said`` says."""
        async with IrcCommunicator(self.app, network=network) as irc:
            await irc.connect()
            said.setdefault("source", "dan")
            assert (await irc.say(text, target, **said)).sent == []
            await irc.disconnect()

    async def mail(self, text: str, sender: str = BEN, to: str = ADDRESS, **said: Any) -> Any:
        """Somebody writes it; the verdict."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, "hi"
        message.set_content(text)
        body = message.as_bytes(policy=SMTP)
        event = {
            "type": "email.receive", "from_address": sender, "to_address": to, "to": [to], "kind": "message",
            "subject": "hi", "body": body, "body_ref": None, "size": len(body), "more_body": False,
            "dedupe_key": f"mail {sender}", **said,
        }  # fmt: skip
        return await Communicator(self.app, {"type": "email", "path": to}).verdict(event)

    async def told(self) -> dict[str, str]:
        """Who is told what: by channel, number and address. What was told so far is kept in ``messages``."""
        mark = {"type": "mark"}
        found: list[dict[str, Any]] = []
        for channel in SENDS:
            await self.layer.send(channel, mark)
            while (message := await self.layer.receive(channel)) != mark:
                assert message["type"] == channel
                found.append(message)
        self.messages += found
        assert len({one["dedupe_key"] for one in found}) == len(found)
        return {
            str(one.get("target") or one.get("channel") or one.get("to_address") or one.get("to")): one[
                "text"
            ]
            for one in found
        }


@scene
async def test_what_is_said_on_irc_is_told_elsewhere() -> None:
    """In Slack, by text message and by mail, to each in the words of that side; what is done, too."""
    sides = Sides()
    await sides.irc("it \x02is\x02 up & <running>", "#OPS-example")
    line = "dan: it is up & <running>"
    assert await sides.told() == {
        "C1": "dan: it is up &amp; &lt;running&gt;", ANN: line, CLEOS: line, BEN: line[5:], CLEO: line[5:],
    }  # fmt: skip
    mail = sides.messages[-1]
    assert (mail["from_address"], mail["subject"]) == (ADDRESS, "[ops] dan")
    assert mail["auto_submitted"] == "auto-generated"
    assert sides.messages[1]["from_address"] == NUMBER
    await sides.irc("waves", ctcp="ACTION", source="Cleo")
    assert (await sides.told())["C1"] == "Cleo: * waves"


@scene
async def test_what_is_said_in_slack_is_told_elsewhere() -> None:
    """By the name that the table has; links and signs as people see them, and in one line where there are lines."""
    sides = Sides()
    await sides.slack.message("see <https://x.example/1|this>, <@U9>\na &lt; b", user="UCLEO")
    line = "Cleo: see this, @U9\na < b"
    assert await sides.told() == {
        ROOM: "Cleo: see this, @U9 a < b", ANN: line, CLEOS: line, BEN: line[6:], CLEO: line[6:],
    }  # fmt: skip
    assert sides.messages[0]["network"] == "libera"


@scene
async def test_what_is_texted_is_told_elsewhere() -> None:
    """To the others who have a phone, too; a long text is cut."""
    sides = Sides()
    said = await sides.sms.text("x" * 1000)
    line = f"Ann: {'x' * 400} …"
    assert said.verdict == "accept" and said.texts == []
    assert await sides.told() == {ROOM: line, "C1": line, CLEOS: line, BEN: line[5:], CLEO: line[5:]}


@scene
async def test_what_is_written_is_told_elsewhere() -> None:
    """Without what it quotes, to the others who have an address, too."""
    sides = Sides()
    assert (
        await sides.mail("Fine with me\n\nOn Monday Ann wrote:\n> ok?\n", to=ADDRESS.upper())
    ).word == "accept"
    line = "Ben: Fine with me"
    assert await sides.told() == {ROOM: line, "C1": line, ANN: line, CLEOS: line, CLEO: line[5:]}


@scene
async def test_nobody_hears_themselves() -> None:
    """Echoes, programs, edits, joins and what is said elsewhere: no text goes round for ever."""
    sides = Sides()
    await sides.irc("echo", source="bot")
    for said in ({"command": "NOTICE"}, {"command": "TAGMSG"}, {"ctcp": "VERSION"}):
        await sides.irc("program", **said)
    await sides.irc("private", "bot")
    await sides.irc("elsewhere", network="oftc")
    await sides.irc("elsewhere", "#other")
    await sides.irc("\x02 \x02")
    await sides.slack.message("own", user="UBOT1", bot_id="B1")
    await sides.slack.message("bot", bot_id="B9")
    await sides.slack.message(
        "", subtype="message_changed", message={"user": "U1", "text": "new", "ts": "1.1"}
    )
    await sides.slack.message("", subtype="channel_join")
    await sides.slack.message("elsewhere", channel="C9")
    await sides.sms.text("STOP")
    await sides.sms.text("stranger", sender="+41790000009")
    await sides.sms.text("elsewhere", recipient="+15550009999")
    for kind in ("bounce", "auto-reply", "list"):
        assert (await sides.mail("program", kind=kind)).word == "accept"
    assert await sides.told() == {}


@pytest.mark.parametrize(
    ("sender", "to"), [("eve@example.net", ADDRESS), (BEN, "other@relay.example.org"), ("", ADDRESS)]
)
@scene
async def test_mail_of_strangers_is_refused(sender: str, to: str) -> None:
    """And that to no room: who writes is told by their own server."""
    sides = Sides()
    verdict = await sides.mail("spam", sender, to)
    assert verdict.word == "reject" and verdict.event["code"] == 550 and await sides.told() == {}


@scene
async def test_what_comes_again_is_told_once() -> None:
    """Each word has the same key then, by which its sender knows it."""
    sides = Sides()
    for attempt in (1, 2):
        await sides.sms.text("again", id="in7", attempt=attempt)
        await sides.told()
    keys = [one["dedupe_key"] for one in sides.messages]
    assert len(keys) == 10 and keys[:5] == keys[5:]
    for history in (False, True):
        await sides.irc("again", id="m7", is_history=history)
        await sides.told()
    keys = [one["dedupe_key"] for one in sides.messages[10:]]
    assert len(keys) == 10 and keys[:5] == keys[5:]


def test_it_is_short() -> None:
    """As examples should be."""
    lines = (FOLDER / "relaybot.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) < 100
    assert relaybot.application.check() == []
