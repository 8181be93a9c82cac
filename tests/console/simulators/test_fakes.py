"""Fakes that the console starts: where options name a port of this machine, and nobody else is there."""

from typing import Any

import pytest

from interfaces.console.simulators.fakes import Fakes, local_port
from interfaces.slack.options import SlackOptions
from interfaces.sms.accounts import Account
from interfaces.sms.options import SmsOptions
from tests.console.kit import run


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://127.0.0.1:8068/api/", 8068), ("http://localhost/", 80), ("https://127.0.0.1:1/", 0),
     ("http://10.0.0.1:1/", 0), ("https://slack.com/api/", 0), ("http://127.0.0.1:x/", 0),
     ("http://127.0.0.1.evil.org:1/", 0)],
)  # fmt: skip
def test_what_is_of_this_machine(url: str, port: int) -> None:
    """Without TLS, since a fake has no certificate."""
    assert local_port(url) == port


def slack(url: str) -> SlackOptions:
    """Options with this Web API."""
    return SlackOptions(signing_secret=("s",), bot_token="xoxb-ours", api_url=url)


def test_a_fake_knows_the_secrets_of_the_options(free_port: int) -> None:
    """Its posts are signed with it, and the token is good there."""

    async def check() -> None:
        fakes = Fakes()
        await fakes.start(("slack",), slack(f"http://127.0.0.1:{free_port}/api/"), {})
        fake: Any = fakes.running["slack"]
        assert fake.signing_secret == "s" and "xoxb-ours" in fake.world.tokens
        assert fakes.where == {"slack": f"http://127.0.0.1:{free_port}/api/"}
        other = Fakes()
        await other.start(("slack",), slack(f"http://127.0.0.1:{free_port}/api/"), {})
        assert other.running == {}  # somebody listens there
        await fakes.close()
        assert fakes.running == {}
        await other.start(("slack",), slack(f"http://127.0.0.1:{free_port}/api/"), {})
        assert "slack" in other.running
        await other.close()

    run(check)


def test_no_fake_of_what_is_real_or_carried(free_port: int) -> None:
    """The real Slack, a real provider, an application's own fake, and other protocols."""

    async def check() -> None:
        fakes = Fakes()
        ours = slack(f"http://127.0.0.1:{free_port}/api/")
        await fakes.start(("slack",), slack("https://slack.com/api/"), {})
        await fakes.start(("slack",), ours, {"slack": object()})
        await fakes.start(("http", "ws"), ours, {})
        real = Account(provider="twilio", account="AC1", secret="s")
        await fakes.start(("sms",), SmsOptions(accounts=(real,)), {})
        elsewhere = Account(provider="fake", secret="s", api_url="http://10.0.0.1:1")
        await fakes.start(("sms",), SmsOptions(accounts=(elsewhere,)), {})
        assert fakes.running == {}
        await fakes.close()

    run(check)
