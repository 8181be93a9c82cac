"""interfaces.testing.sms at a terminal: what is typed is texted, and what phones receive is said."""

import json
import os
import subprocess
import sys
import time

from interfaces.testing.sms.terminal import Terminal
from tests.docs.pages import free_port
from tests.process.server import ROOT, until
from tests.testing.sms.kit import ANN, BEN, OURS, ask, read, with_sms

APP = """
async def application(scope, receive, send):
    if scope["type"] != "sms":
        raise NotImplementedError
    message = await receive()
    if message["type"] == "sms.receive":
        await send({"type": "sms.reply", "text": f"You said {message['text']}"})
"""


@with_sms((200, {"replies": [{"text": "welcome", "media": ["https://a.example/1"]}]}), (200, ""))
async def test_what_is_typed_is_texted(sms, app):
    """By Ann, by whose name or number stands in front; an answer is news, once."""
    terminal = Terminal(sms)
    for line in ("hello", "ben: hello: you", "+41790000009: on time", "ann: fails me", ""):
        assert await terminal.do(line) == ""
        await sms.settled()
    found = [(one.sender, one.text) for one in read(sms, app, time.time())]
    assert found == [(ANN, "hello"), (BEN, "hello: you"), ("+41790000009", "on time")]
    assert terminal.news() == [f"ann < {OURS}: welcome https://a.example/1"]
    assert terminal.news() == []
    assert repr(terminal).startswith("<Terminal of FakeSms(http://127.0.0.1:")


@with_sms()
async def test_what_becomes_of_messages_can_be_said(sms, app):
    """A phone that is off, one on which all fails, and one whose owner reads."""
    terminal = Terminal(sms)
    assert await terminal.do("reads") == "there is nothing to be read"
    assert await terminal.do("off") == ""
    await ask(sms)
    assert await terminal.do("on") == ""
    await sms.settled()
    assert await terminal.do("reads") == ""
    assert await terminal.do("fails 30003") == ""
    await ask(sms, id="m2")
    await sms.settled()
    assert await terminal.do("fails") == ""
    await ask(sms, id="m3", text="", data=b"\x00\x01", encoding="binary")
    await sms.settled()
    assert [one.state for one in sms.messages] == ["read", "undelivered", "delivered"]
    assert terminal.news() == [f"ann < {OURS}: hello", f"ann < {OURS}: 2 bytes"]


@with_sms((400, "", {"X-Fake-No-Retry": "1"}))
async def test_what_goes_wrong_is_said(sms, app):
    """An app that refuses, and none."""
    assert await Terminal(sms).do("hello") == "the app did not take it: http_error"
    sms.webhook = ""
    assert await Terminal(sms).do("hello") == "there is no app"


def test_the_command_serves_an_app(tmp_path) -> None:
    """What is piped in is texted to it, and its answer is printed; it ends when there is no more."""
    (tmp_path / "desk.py").write_text(APP)
    port = free_port(set())
    command = [
        sys.executable, "-m", "interfaces.testing.sms", "--webhook", f"http://127.0.0.1:{port}/sms/fake",
        sys.executable, "-m", "interfaces", "serve", "sms", "--app", "desk:application",
        "--sms-bind", f"127.0.0.1:{port}",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, input="hello\nhelp\n", timeout=30,
        capture_output=True, text=True,
    )  # fmt: skip
    assert f"ann < {OURS}: You said hello\n" in done.stdout, done.stderr
    assert "his phone is off" in done.stdout
    assert done.returncode == 0, done.stderr


def test_alone_it_prints_what_an_app_needs(tmp_path) -> None:
    """The account, for another terminal; it serves until SIGTERM."""
    with (tmp_path / "out").open("w+") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "interfaces.testing.sms"], env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL, stdout=out,
        )  # fmt: skip
        try:
            until(lambda: (tmp_path / "out").read_text().endswith("\n"))
            said = (tmp_path / "out").read_text()
            assert said.startswith("export INTERFACES_SMS_ACCOUNTS='")
            assert json.loads(said.partition("'")[2].rpartition("'")[0])[0]["provider"] == "fake"
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()
