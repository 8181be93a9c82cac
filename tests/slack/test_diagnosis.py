"""What Slack says of tokens, asked by auth.test: well, wrong, and lacking a scope."""

import asyncio

import pytest

from interfaces.shared.interface import Context
from interfaces.slack import diagnosis as module
from interfaces.slack.diagnosis import diagnosed
from interfaces.slack.interface import Slack
from interfaces.slack.options import SlackOptions
from interfaces.testing.slack.fake import FakeSlack


def told(**options):
    """(level, what) of each, of a fake Slack."""

    async def run():
        async with FakeSlack() as slack:
            given = {
                "bot_token": slack.bot_token,
                "signing_secret": ("s",),
                "api_url": slack.api_url,
                **options,
            }
            interface = Slack(SlackOptions(**given))
            return [(one.level, one.what) async for one in interface.diagnose(Context())]

    return asyncio.run(run())


def test_a_token_that_slack_knows():
    """The workspace and the bot are named, and the token is not."""
    (level, what), *others = told()
    assert level == "ok"
    assert what.startswith("--slack-bot-token: Slack knows it (")
    assert "xoxb" not in what
    assert not others


def test_a_token_that_slack_does_not_know():
    """In Slack's own word; where to take another one is said."""
    assert told(bot_token="xoxb-none") == [("error", "--slack-bot-token: Slack says invalid_auth")]


def test_a_slack_that_does_not_answer():
    """Nothing listens there."""
    ((level, what),) = told(api_url="http://127.0.0.1:9/api/")
    assert (level, what.startswith("--slack-bot-token: Slack does not answer (")) == ("error", True)


def test_without_tokens_nothing_is_asked():
    """Installations have their own, in a store."""

    async def run():
        options = SlackOptions(
            signing_secret=("s",), installations="file:/tmp/none", client_id="a", client_secret="b"
        )
        return [one async for one in diagnosed(options)]

    assert asyncio.run(run()) == []


@pytest.mark.parametrize(
    ("has", "bot", "send", "lacks"),
    [
        ("chat:write,commands", True, True, []),
        ("commands", True, True, ["chat:write"]),
        ("commands", True, False, []),
        ("connections:write", False, True, []),
        ("other", False, True, ["connections:write"]),
    ],
)
def test_scopes_that_are_missing(has, bot, send, lacks):
    """As the header of the answer tells them; what sends needs chat:write."""
    found = module._scopes("--x", {"X-OAuth-Scopes": has}, bot=bot, send=send)
    assert [one.what for one in found] == [f"--x lacks the scope {scope}" for scope in lacks]
    assert module._scopes("--x", {}, bot=bot, send=send) == []


def test_a_clock_that_is_wrong(monkeypatch):
    """Signatures of Slack would be too old; without a date, or with a broken one, nothing is said."""
    date = {"Date": "Sat, 28 Nov 2026 12:00:00 GMT"}
    monkeypatch.setattr(module.time, "time", lambda: 1795867200.0 + 400)
    assert [one.what for one in module._clock(date)] == ["our clock differs from Slack's by +400 s"]
    monkeypatch.setattr(module.time, "time", lambda: 1795867200.0 + 30)
    assert module._clock(date) == []
    assert module._clock({}) == module._clock({"Date": "x"}) == []
