"""The options of Slack: what cannot work is refused before anything is opened, in one line."""

import os
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import flags
from interfaces.slack.options import ReceivingOptions, SlackOptions
from interfaces.slack.options_installing import InstallingOptions
from interfaces.slack.options_sending import SendingOptions

HTTP: dict[str, Any] = {"signing_secret": ("s3cret",), "bot_token": "xoxb-1-s3cret"}
SOCKET: dict[str, Any] = {"app_token": ("xapp-1-s3cret",), "bot_token": "xoxb-1-s3cret"}
MANY: dict[str, Any] = {"signing_secret": ("s3cret",), "client_id": "1.2", "client_secret": "s3cret",
                        "installations": "sqlite:s3cret.db"}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "socket"),
    [
        (HTTP, False),
        (SOCKET, True),
        (HTTP | SOCKET, True),
        (HTTP | SOCKET | {"transport": "http"}, False),
        (SOCKET | {"transport": "socket"}, True),
        (MANY, False),
        (MANY | {"signing_secret": (), "app_token": ("xapp-1", "xapp-2")}, True),
    ],
)
def test_the_way_is_told_by_the_secrets(options: dict[str, Any], socket: bool) -> None:
    """An app token is for Socket Mode, else it is the Events API, unless one of them is said."""
    made = SlackOptions(**options)
    assert (made.socket, made.http) == (socket, not socket)


def test_a_users_token_will_do() -> None:
    """Where there is no bot."""
    assert SlackOptions(**HTTP | {"bot_token": "xoxp-1"}).bot_token == "xoxp-1"


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {},
        "serve slack needs --slack-signing-secret (Basic Information, App Credentials) for the Events API, or",
    ),
    ({"bot_token": "xoxb-1"}, "serve slack needs --slack-signing-secret"),
    (SOCKET | {"transport": "http"}, "serve slack needs --slack-signing-secret"),
    (HTTP | {"signing_secret": ("",)}, "--slack-signing-secret is empty: anybody could sign with that"),
    (
        HTTP | {"signing_secret": ("s3cret", " ")},
        "--slack-signing-secret is empty: anybody could sign with that",
    ),
    (
        HTTP | {"transport": "socket"},
        "--slack-transport socket needs --slack-app-token xapp-…: Basic Information",
    ),
    (
        SOCKET | {"app_token": ("xoxb-1-s3cret",)},
        "--slack-app-token: an app-level token begins with xapp-; this",
    ),
    (SOCKET | {"app_token": ("xapp-1", "s3cret")}, "--slack-app-token: an app-level token begins with xapp-"),
    (
        HTTP | {"bot_token": "xapp-1-s3cret"},
        "--slack-bot-token: a bot's token begins with xoxb-; this is another",
    ),
    ({"signing_secret": ("s3cret",)}, "serve slack needs --slack-bot-token xoxb-… (OAuth & Permissions), or"),
    (
        MANY | {"client_id": ""},
        "--slack-installations needs --slack-client-id and --slack-client-secret: the app's",
    ),
    (MANY | {"client_secret": ""}, "--slack-installations needs --slack-client-id and --slack-client-secret"),
    (MANY | {"bot_token": "xoxb-1"}, "--slack-bot-token is of one workspace, --slack-installations are many"),
    (HTTP | {"bot_token": "xoxb-1\n"}, "--slack-bot-token has a blank, a line's end or another sign in it"),
    (HTTP | {"signing_secret": ("a", "s3cret\r")}, "--slack-signing-secret has a blank, a line's end"),
    (SOCKET | {"app_token": ("xapp-1 xapp-2",)}, "--slack-app-token has a blank"),
    (MANY | {"client_secret": "s3cret–"}, "--slack-client-secret has a blank"),
    (HTTP | {"client_id": "1.2"}, "--slack-client-id is for --slack-installations URL, which is not given"),
    (HTTP | {"client_secret": "s3cret"}, "--slack-client-secret is for --slack-installations URL"),
    (HTTP | {"user_scopes": ("search:read",)}, "--slack-user-scopes is for --slack-installations URL"),
    (
        HTTP | {"spool": "/s", "send_spool": "/s/../s/", "ack": "accepted"},
        "--slack-spool /s: that is the folder of --slack-send-spool, too; give each one of its own",
    ),
    (HTTP | {"path": "slack"}, "--slack-path slack: write a path such as /slack"),
    (HTTP | {"path": "/"}, "--slack-path /: write a path such as /slack"),
    (HTTP | {"path": "/slack/"}, "--slack-path /slack/: write a path such as /slack"),
    (HTTP | {"path": ""}, "--slack-path : write a path such as /slack"),
    (
        HTTP | {"api_url": "slack.com/api/"},
        "--slack-api-url slack.com/api/: write a URL that ends with /, as https://",
    ),
    (
        HTTP | {"api_url": "https://slack.com/api"},
        "--slack-api-url https://slack.com/api: write a URL that ends with",
    ),
    (HTTP | {"spool": "/s"}, "--slack-spool keeps what is accepted: it needs --slack-ack accepted"),
    (
        HTTP | {"send_spool": "/s", "send": False},
        "--slack-send-spool keeps what waits to be sent, and --no-slack-send",
    ),
]


@pytest.mark.parametrize(("options", "said"), MISTAKES)
def test_a_mistake_is_one_line(options: dict[str, Any], said: str) -> None:
    """That names the option as it is written, says how to mend it, and tells no secret."""
    with pytest.raises(ConfigError) as caught:
        SlackOptions(**options)
    assert str(caught.value).startswith(said)
    assert len(str(caught.value).splitlines()) == 1 and "s3cret" not in str(caught.value)


@pytest.mark.parametrize("options", [HTTP, SOCKET, MANY])
def test_no_secret_is_shown(options: dict[str, Any]) -> None:
    """Not in what is logged, and the reference and `config show` know which they are."""
    assert "s3cret" not in repr(SlackOptions(**options))
    secret = {one.attribute for one in flags(("slack",), SlackOptions) if one.secret}
    assert secret == {"signing_secret", "app_token", "bot_token", "client_secret", "installations"}


def test_scopes_may_be_written_in_one() -> None:
    """As Slack's own URLs have them."""
    options = SlackOptions(**MANY, scopes=("chat:write, commands", "im:history,"))
    assert options.bot_scopes == ("chat:write", "commands", "im:history")


def test_the_defaults_leave_slack_its_time() -> None:
    """Slack waits three seconds, and repeats an event for six minutes (0, 1 and 5 minutes later)."""
    options = SlackOptions(**HTTP)
    assert options.ack_deadline < 3 and options.keep >= 900
    assert options.bind == ("127.0.0.1:8001",) and options.path == "/slack"
    assert 2 <= options.socket_connections <= 10
    assert options.send_channel_interval >= 1


def test_options_are_told() -> None:
    """Each says what it is, by what it is about: receiving first, then installing, then sending."""
    told = [one.attribute for one in flags(("slack",), SlackOptions)]
    bases = (ReceivingOptions, InstallingOptions, SendingOptions)
    assert told == [item.name for base in bases for item in fields(base)]
    assert all(item.metadata["help"] for item in fields(SlackOptions))


def test_limits_are_finite() -> None:
    """Every number has a finite default above zero."""
    made = SlackOptions(**HTTP)
    for field in fields(SlackOptions):
        value = getattr(made, field.name)
        if type(value) in (int, float):
            assert 0 < value < float("inf"), field.name


def test_options_have_slots_alone() -> None:
    """A name that is none is a mistake, and nothing changes later."""
    made = SlackOptions(**HTTP)
    assert not hasattr(made, "__dict__") and {*made.__slots__} == {item.name for item in fields(made)}
    with pytest.raises(FrozenInstanceError):
        made.path = "/x"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        made.pathh = "/x"  # type: ignore[attr-defined]


def test_serving_without_secrets_ends_at_once() -> None:
    """Exit code 2, and one line that says what is missing and where it is found."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("INTERFACES_")}
    words = [sys.executable, "-m", "interfaces", "serve", "slack", "--app", "tests.cli.nothing:app"]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "--slack-signing-secret" in ended.stderr and "Basic Information" in ended.stderr
