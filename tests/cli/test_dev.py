"""``dev``: what differs from serve."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from interfaces.cli import dev
from interfaces.cli.names import Invocation
from interfaces.runner.plan import Plan
from interfaces.shared.errors import ConfigError
from tests.cli.conftest import Cli


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Invocation]:
    """What would have been served."""
    found: list[Invocation] = []

    def run_serve(invocation: Invocation) -> int:
        found.append(invocation)
        return 0

    monkeypatch.setattr(dev, "run_serve", run_serve)
    return found


def plan_of(cli: Cli, asked: list[Invocation], *words: str) -> Plan:
    """The plan of a command line."""
    assert cli("dev", "--app", "cliproject", *words).code == 0
    return asked[-1].plan


def test_dev_is_serve_with_other_defaults(cli: Cli, asked: list[Invocation]) -> None:
    """It serves http and ws with reload, access lines, debug logs and no long drain; a flag changes each."""
    plan = plan_of(cli, asked, "--log-level", "info", "--http-max-headers", "3")
    assert plan.names == ("http", "ws")
    assert (plan.chosen[0][0].options.drain_idle, plan.chosen[0][0].options.ws_drain_spread) == (0, 0)
    assert (plan.options.reload, plan.options.access_log, plan.options.log_level) == (True, True, "info")
    origins = {one.flag.name: one.origin.text for one in plan.settings}
    assert json.dumps([origins["reload"], origins["log_level"]]) == '["interfaces dev", "--log-level"]'


def test_the_console_is_open(cli: Cli, asked: list[Invocation], monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first port that is free; where a flag or a variable says; or nowhere."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        taken = sock.getsockname()[1]
        monkeypatch.setattr(dev, "CONSOLE", taken)
        host, _, port = plan_of(cli, asked).options.console.rpartition(":")
        assert host == "127.0.0.1" and taken < int(port) < taken + dev.PORTS
        monkeypatch.setattr(dev, "PORTS", 1)
        assert plan_of(cli, asked).options.console == f"127.0.0.1:{taken}"
    assert plan_of(cli, asked, "--console", "127.0.0.1:7").options.console == "127.0.0.1:7"
    assert plan_of(cli, asked, "--console", "").options.console == ""
    monkeypatch.setenv("INTERFACES_CONSOLE", "127.0.0.1:9")
    assert plan_of(cli, asked).options.console == "127.0.0.1:9"


def options(plan: Plan, name: str) -> Any:
    """Of the interface with this name."""
    return next(interface.options for interface, names in plan.chosen if name in names)


def test_without_an_account_there_are_fake_peers(cli: Cli, asked: list[Invocation]) -> None:
    """A Slack and a provider of this machine, and mail that is kept in memory."""
    plan = plan_of(cli, asked, "http", "slack", "sms", "email")
    console = int(plan.options.console.rpartition(":")[2])
    slack, sms = options(plan, "slack"), options(plan, "sms")
    assert slack.api_url == f"http://127.0.0.1:{console - 20}/api/" and slack.http
    (account,) = sms.accounts
    assert (account.provider, account.api_url) == ("fake", f"http://127.0.0.1:{console - 10}")
    assert options(plan, "email").send == "memory:"


def test_who_has_an_account_keeps_it(
    cli: Cli, asked: list[Invocation], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said by a flag, a variable or the file; nothing of it is sent to a fake."""
    secret = ("--slack-signing-secret", "s", "--slack-bot-token", "xoxb-1")
    assert options(plan_of(cli, asked, "http", "slack", *secret), "slack").api_url == "https://slack.com/api/"
    monkeypatch.setenv("INTERFACES_EMAIL_SEND", "smtp://127.0.0.1:25")
    assert options(plan_of(cli, asked, "email"), "email").send == "smtp://127.0.0.1:25"
    (project / "interfaces.toml").write_text(
        '[[sms.accounts]]\nprovider = "twilio"\nsecret = "s"\naccount = "AC1"\n'
    )
    assert [one.provider for one in options(plan_of(cli, asked, "http", "sms"), "sms").accounts] == ["twilio"]


def test_without_a_console_there_is_no_fake(cli: Cli, asked: list[Invocation]) -> None:
    """It is the console that starts them: what is missing is told as by serve."""
    assert cli("dev", "--app", "cliproject", "--console", "", "http", "slack").code == 0
    with pytest.raises(ConfigError, match="slack-signing-secret"):
        _ = asked[-1].plan
