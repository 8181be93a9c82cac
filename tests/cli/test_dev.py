"""``dev``: what differs from serve."""

import json

import pytest

from interfaces.cli import dev
from interfaces.cli.names import Invocation
from tests.cli.conftest import Cli


def test_dev_is_serve_with_other_defaults(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """It serves http and ws with reload, access lines, debug logs and no long drain; a flag changes each."""
    asked: list[Invocation] = []

    def run_serve(invocation: Invocation) -> int:
        asked.append(invocation)
        return 0

    monkeypatch.setattr(dev, "run_serve", run_serve)
    assert cli("dev", "--app", "cliproject", "--log-level", "info", "--http-max-headers", "3").code == 0
    plan = asked[0].plan
    assert plan.names == ("http", "ws")
    assert (plan.chosen[0][0].options.drain_idle, plan.chosen[0][0].options.ws_drain_spread) == (0, 0)
    assert (plan.options.reload, plan.options.access_log, plan.options.log_level) == (True, True, "info")
    origins = {one.flag.name: one.origin.text for one in plan.settings}
    assert json.dumps([origins["reload"], origins["log_level"]]) == '["interfaces dev", "--log-level"]'
