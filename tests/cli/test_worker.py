"""``worker``: what it takes, what it hands on, and mistakes that are one line."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from interfaces.runner.distributed import WorkerProcess
from interfaces.runner.plan import Plan
from tests.cli.conftest import Cli

MODULE = importlib.import_module("interfaces.cli.worker")
APP = ("--app", "cliproject")


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that would have been carried out; each ends with exit code 7."""
    plans: list[Plan] = []

    def serve_plan(plan: Plan) -> int:
        plans.append(plan)
        return 7

    monkeypatch.setattr(MODULE, "serve_plan", serve_plan)
    return plans


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say where the interface containers are: --layer URL, or --connect HOST:PORT"),
        (["--connect", "127.0.0.1:1"], "--connect HOST:PORT needs --relay-token"),
        (["--connect", "unix:/x", "--connect", "h:1"], "--connect HOST:PORT needs --relay-token"),
        (["--connect", "unix:/x", "--transport", "redis"], "--connect is for direct connections"),
        (["--layer", "local:", "--transport", "pigeon"], "pigeon"),
        (["--layer", "local:", "--concurrency", "0"], "--concurrency=0: expected a finite number"),
        (["--layer", "local:", "--workers", "1025"], "1024 processes are the most"),
        (["--layer", "local:", "--reload", "--workers", "2"], "--reload serves with one process"),
        (["--layer", "local:", "--relay", "http"], "No such option --relay"),
        (["--layer", "local:", "--relay-bind", "x:1"], "No such option --relay-bind"),
        (["--layer", "local:", "--relay-wait", "1"], "No such option --relay-wait"),
        (["--layer", "local:", "--tls-cert", "x"], "No such option --tls-cert"),
        (["--layer", "local:", "--access-log"], "No such option --access-log"),
        (["--layer", "local:", "--onli", "x"], "No such option --onli; did you mean --only?"),
        (["--layer", "local:", "http"], "http"),
    ],
)
def test_wrong_options_are_one_line(cli: Cli, planned: list[Plan], arguments: list[str], said: str) -> None:
    """What cannot be meant is exit code 2 and one line that says which option, before anything runs."""
    code, out, err = cli("worker", *APP, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("interfaces: ")
    assert err.count("\n") == 1
    assert not planned


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--layer", "carrier:"], "layer 'carrier:': expected one of"),
        (["--layer", "unix:///nowhere/at/all"], "the layer's broker is not there"),
        (["--layer", "local:"], "workers cannot be reached through this layer"),
        (["--connect", "h:99999", "--relay-token", "t"], "'99999' is no port"),
        (["--connect", "unix:/x", "--relay-tls-ca", "absent.pem"], "--relay-tls-ca absent.pem: No such file"),
        (["--connect", "unix:/x", "--relay-tls-ca", "cliproject.py"], "--relay-tls-ca cliproject.py: "),
    ],
)
def test_what_cannot_be_opened_is_one_line(cli: Cli, arguments: list[str], said: str) -> None:
    """A layer, address or authority that is found wrong at the start is exit code 2 and no traceback."""
    code, _, err = cli("worker", *APP, *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("restored_logging")
def test_a_worker_needs_an_application(cli: Cli) -> None:
    """A layer does not stand in for --app as it does in a container: the worker is where the application runs."""
    code, _, err = cli("worker", "--layer", "local:")
    assert code == 2
    assert "say which application" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "option",
    ["--app", "--layer", "--connect", "--concurrency", "--only", "--exclude", "--transport", "--relay-token",
     "--relay-tls-ca", "--workers", "--threads", "--drain", "--ops-bind", "--config"],
)  # fmt: skip
def test_help_lists_what_a_worker_takes(cli: Cli, option: str) -> None:
    """Each option of a worker stands at the beginning of a line of its help."""
    code, out, err = cli("worker", "--help")
    assert (code, err) == (0, "")
    assert any(line.split()[:1] == [option] for line in out.splitlines())


@pytest.mark.parametrize(
    "option", ["--bind", "--relay", "--relay-bind", "--relay-queue", "--relay-tls-cert", "--tls-cert",
               "--backlog", "--trusted-proxies", "--access-log"]
)  # fmt: skip
def test_help_leaves_out_what_only_a_listener_has(cli: Cli, option: str) -> None:
    """A worker listens nowhere, so its help offers none of a listener's options."""
    assert not any(line.split()[:1] == [option] for line in cli("worker", "--help").out.splitlines())


def test_the_plan_is_a_worker_with_what_was_given(cli: Cli, planned: list[Plan]) -> None:
    """Options reach the one interface of the plan, repeated ones in order, and the exit code comes back."""
    arguments = ["--connect", "unix:/a", "--connect", "unix:/b", "--only", "http", "--exclude", "mail.*"]
    assert cli("worker", *APP, "--concurrency", "3", *arguments).code == 7
    (plan,) = planned
    ((interface, names),) = plan.chosen
    assert isinstance(interface, WorkerProcess)
    assert names == ("worker",)
    options = interface.options
    assert options is plan.options
    assert (options.concurrency, options.connect) == (3, ("unix:/a", "unix:/b"))
    assert (options.only, options.exclude, options.distributed) == (("http",), ("mail.*",), False)


def test_the_command_line_wins(
    cli: Cli, project: Path, planned: list[Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line goes before the environment, that before the file; defaults hide neither."""
    (project / "place.toml").write_text('layer = "local:"\nconcurrency = 1\ndrain = 1\nthreads = 1\n')
    monkeypatch.setenv("INTERFACES_CONCURRENCY", "2")
    monkeypatch.setenv("INTERFACES_DRAIN", "2")
    assert cli("worker", *APP, "--config", "place.toml", "--concurrency", "3").code == 7
    options: Any = planned[0].options
    assert (options.concurrency, options.drain, options.threads, options.layer) == (3, 2, 1, "local:")


def test_one_file_serves_containers_and_workers(
    cli: Cli, project: Path, planned: list[Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file named by INTERFACES_CONFIG may hold what only a container needs."""
    (project / "place.toml").write_text('layer = "local:"\nrelay_bind = "127.0.0.1:1"\nbacklog = 5\n')
    monkeypatch.setenv("INTERFACES_CONFIG", "place.toml")
    assert cli("worker", *APP).code == 7
    assert planned[0].options.layer == "local:"
