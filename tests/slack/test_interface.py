"""The interface of Slack: what a layer is no good for is told before Slack is asked anything."""

import asyncio
from typing import Any

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.slack.interface import Slack, SlackOptions

NOBODY = {"bot_token": "xoxb-1", "api_url": "http://127.0.0.1:9/api/"}
SOCKET = {**NOBODY, "app_token": ("xapp-1-A1-1",), "socket_leader": True}
LEADER = "--slack-socket-leader needs a --layer with a broker, which containers share"
KEEP = {**NOBODY, "signing_secret": ("s",), "ack": "accepted"}


async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """An application."""


@pytest.mark.parametrize("layer", [None, LocalChannelLayer()])
@pytest.mark.parametrize(
    ("options", "said"), [(SOCKET, LEADER), (KEEP, "--slack-ack accepted needs --slack-spool DIR")]
)
def test_what_needs_a_broker_is_told_without_one(layer: Any, options: Any, said: str) -> None:
    """By ``interfaces check`` and at the start alike, in one line; nothing is logged of a Slack that is away."""

    async def main() -> None:
        slack = Slack(SlackOptions(**options))
        told: list[Any] = []
        context = Context(names=("slack",), layer=layer, on_ready=lambda *one: told.append(one))
        with pytest.raises(ConfigError, match=f"^{said}"):
            await slack.check(context)
        with pytest.raises(ConfigError, match=f"^{said}"):
            await slack.serve(nothing, context).__aenter__()
        assert told == []

    asyncio.run(main())


def test_a_leader_is_of_socket_mode_alone() -> None:
    """The Events API needs none."""
    options = {**NOBODY, "signing_secret": ("s",), "socket_leader": True}
    asyncio.run(Slack(SlackOptions(**options)).check(Context(names=("slack",))))
