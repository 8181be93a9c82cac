"""``interfaces status``: what it shows, and its exit code."""

import json

from tests.cli.conftest import Cli
from tests.cli.ops_server import FakeOps, free, served

SECOND = ("--seconds", "0.05")


def test_a_process_that_is_ready_is_0(cli: Cli) -> None:
    """With a screen of what it does."""
    fake = FakeOps()
    fake.gauges = {'interfaces_connections{protocol="http"}': 3}
    with served(fake) as where:
        result = cli("status", "--ops", where, *SECOND)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("ready · pid ")
    assert "connections  http 3\n" in result.out and "  http: 127.0.0.1:8000\n" in result.out


def test_one_that_is_not_is_1_and_says_why(cli: Cli) -> None:
    """The reason of each part."""
    fake = FakeOps()
    fake.readiness.tell("layer", False, "the broker is gone")
    with served(fake) as where:
        result = cli("status", "--ops", where, *SECOND)
    assert result.code == 1
    assert "NOT READY" in result.out and "  layer: the broker is gone\n" in result.out


def test_nobody_there_is_1_and_one_line(cli: Cli) -> None:
    """No traceback for a process that does not run."""
    result = cli("status", "--ops", free())
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("interfaces: no operations port answers on http://127.0.0.1:")
    assert result.err.count("\n") == 1


def test_a_port_that_is_none_is_2(cli: Cli) -> None:
    """It is the operator's mistake."""
    assert cli("status", "--ops", "ftp://x").code == 2


def test_rates_are_of_the_time_between_two_looks(cli: Cli) -> None:
    """What is counted between them."""
    fake = FakeOps()
    fake.gauges = {'interfaces_scopes_running{type="http"}': 1}
    fake.counters = {'interfaces_scopes_total{type="http"}': 100}

    def more() -> None:
        fake.counters['interfaces_scopes_total{type="http"}'] += 50

    fake.on_asked = more
    with served(fake) as where:
        result = cli("status", "--ops", where, "--json", *SECOND)
    (row,) = json.loads(result.out)["scopes"]
    assert fake.asked == 2
    assert 50 < row["begun"] <= 1000  # 50 in a twentieth of a second, or a little longer


def test_json_has_all_of_it(cli: Cli) -> None:
    """The status, and a row for each type of scope; a time that there is none of is null."""
    fake = FakeOps()
    fake.gauges = {'interfaces_scopes_running{type="email"}': 2}
    with served(fake) as where:
        result = cli("status", "--ops", where, "--json", *SECOND)
    said = json.loads(result.out)
    assert (result.code, said["ready"], said["listens"]) == (0, True, ["http: 127.0.0.1:8000"])
    assert said["scopes"] == [
        {"type": "email", "running": 2, "begun": 0, "in": 0, "out": 0, "p50": None, "p95": None, "became": {}}
    ]
