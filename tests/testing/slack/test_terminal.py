"""interfaces.testing.slack at a terminal: what is typed is done, and what people see is shown."""

import asyncio
import os
import subprocess
import sys

import pytest

from interfaces.testing.slack import FakeSlack
from interfaces.testing.slack.shown import words_of
from interfaces.testing.slack.terminal import Terminal
from tests.process.server import ROOT, until
from tests.testing.slack.kit import ask, hook, run

BUTTON = {"type": "button", "action_id": "ok", "text": {"type": "plain_text", "text": "Fine"}}
INPUT = {
    "type": "input",
    "block_id": "b",
    "label": {"type": "plain_text", "text": "Why?"},
    "element": {"type": "plain_text_input", "action_id": "why"},
}
MODAL = {
    "type": "modal",
    "callback_id": "m",
    "title": {"type": "plain_text", "text": "Ask"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [INPUT],
}


def with_app(*answers):
    """A decorator: the test gets a fake, a terminal of it, and the app's URL, which gives ``answers``."""

    def decorate(test):
        def wrapped():
            async def main():
                async with FakeSlack() as slack, hook(*answers) as app:
                    await test(slack, Terminal(slack, events_url=app.url), app)

            run(main)

        wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
        return wrapped

    return decorate


def post(slack, **args):
    """Have the bot post into C1."""
    channel = slack.world.channel("C1")
    bot = slack.world.bot_of(slack.world.workspace("T1"))
    return slack.world.post(channel, {"user": bot.id, "bot_id": bot.bot_id, **args})


@with_app()
async def test_what_people_say(slack, terminal, app) -> None:
    """A line is a message of Ann's, or of who is named; ">" answers in the thread of the app's last message."""
    posted = post(slack, text="hi")
    assert terminal.news() == ["bot #general: hi"]
    for line in ("hello", "ben: hello, too", "> in there", ""):
        assert await terminal.do(line) == ""
    events = [body["event"] for body in app.bodies]
    assert [(event["user"], event["text"]) for event in events] == [
        ("U1", "hello"),
        ("U2", "hello, too"),
        ("U1", "in there"),
    ]
    assert events[2]["thread_ts"] == posted["ts"]
    assert terminal.news() == ["ann #general: hello", "ben #general: hello, too", "ann #general ↳: in there"]
    assert terminal.news() == []


@with_app()
async def test_a_mention_comes_twice(slack, terminal, app) -> None:
    """As app_mention and as the message that it is, with one ts."""
    assert await terminal.do("@ status") == ""
    first, second = (body["event"] for body in app.bodies)
    assert (first["type"], second["type"]) == ("app_mention", "message")
    assert first["text"] == second["text"] == "<@UBOT1> status" and first["ts"] == second["ts"]


@with_app((200, {"text": "only you"}), (200, ""))
async def test_commands_buttons_and_reactions(slack, terminal, app) -> None:
    """A command's answer is for who gave it; a button is found by its id; a reaction is under the last message."""
    post(slack, text="?", blocks=[{"type": "actions", "elements": [BUTTON]}])
    assert terminal.news() == ["bot #general: [Fine: ok]"]
    for line in ("/deploy web now", "press ok", ":eyes:"):
        assert await terminal.do(line) == ""
    command, action, reaction = app.bodies
    assert (command["command"], command["text"]) == ("/deploy", "web now")
    assert action["actions"][0]["action_id"] == "ok" and reaction["event"]["reaction"] == "eyes"
    assert terminal.news() == ["bot #general: [Fine: ok] :eyes:", "bot #general: only you (for ann alone)"]


@with_app((200, {"response_action": "errors", "errors": {"b": "too short"}}), (200, ""))
async def test_modals_and_the_home(slack, terminal, app) -> None:
    """A modal is shown with its inputs and errors, submitted and closed; the home is looked at."""
    trigger = slack.world.trigger("T1", "U1")
    assert await asyncio.to_thread(ask, slack, "views.open", trigger_id=trigger, view=MODAL)
    assert terminal.news() == ["modal Ask:\n    Why? {why}"]
    assert await terminal.do("submit why='it is slow'") == ""
    assert terminal.news() == ["modal b: too short"]
    assert app.bodies[0]["view"]["state"]["values"]["b"]["why"]["value"] == "it is slow"
    assert await terminal.do("submit why=so") == ""
    assert not slack.views and await terminal.do("close") == "that cannot be done: no modal is open"
    home = {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Welcome"}}]}
    assert await asyncio.to_thread(ask, slack, "views.publish", user_id="U1", view=home)
    assert terminal.news() == ["home of ann:\n    Welcome"]
    assert await terminal.do("home") == "" and app.bodies[-1]["event"]["type"] == "app_home_opened"


@with_app((500, ""))
async def test_what_goes_wrong_is_said(slack, terminal, app) -> None:
    """What nobody can press, a line without an app's message, and what is not acknowledged, which is not repeated."""
    assert await terminal.do("press nothing") == "that cannot be done: nothing has the action_id nothing"
    assert await terminal.do("> hello") == "that cannot be done: the app has not said anything"
    assert await terminal.do("submit x=1") == "that cannot be done: no modal is open"
    assert "write name=value" in await terminal.do("submit x")
    for line in ("/deploy", "hello"):
        assert await terminal.do(line) == "the app did not acknowledge it: http_error"
    assert len(app.requests) == 2


def test_blocks_are_lines() -> None:
    """Texts, fields, contexts, choices and buttons, a line each block."""
    options = [{"text": {"type": "plain_text", "text": one}, "value": one} for one in ("a", "b")]
    blocks = [
        {"type": "section", "fields": [{"text": "one"}, {"text": "two"}]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}]},
        {
            "type": "actions",
            "elements": [BUTTON, {"type": "static_select", "action_id": "s", "options": options}],
        },
    ]
    assert words_of(blocks) == ["one two", "small", "[Fine: ok] {s: a|b}"]


def test_the_command_serves_an_app_and_ends_with_it(tmp_path) -> None:
    """Lines that are piped in are done, what is seen is printed, and the exit code is the command's."""
    (tmp_path / "app.py").write_text(
        "import os, time, sys\n"
        "from slack_sdk import WebClient\n"
        "env = {name: os.environ['INTERFACES_SLACK_' + name] for name in ('API_URL', 'BOT_TOKEN', 'APP_TOKEN')}\n"
        "WebClient(env['BOT_TOKEN'], base_url=env['API_URL']).chat_postMessage(channel='C1', text='hello')\n"
        "sys.exit(3)\n"
    )
    command = [sys.executable, "-m", "interfaces.testing.slack", sys.executable, "app.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, input="", timeout=20,
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("bot #general: hello\n", 3), done.stderr


@pytest.mark.parametrize("words", [[], ["--events", "http://127.0.0.1:1/slack/events"]])
def test_alone_it_prints_what_an_app_needs(tmp_path, words) -> None:
    """The variables, for another terminal; it serves until SIGTERM, though there is nothing to read."""
    command = [sys.executable, "-m", "interfaces.testing.slack", *words]
    with (tmp_path / "out").open("w+") as out:
        process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL, stdout=out
        )
        try:
            name = "SIGNING_SECRET" if words else "APP_TOKEN"
            until(lambda: f"export INTERFACES_SLACK_{name}=" in (tmp_path / "out").read_text())
            assert process.poll() is None
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()
