"""The units of deploy/systemd, as systemd reads them; test_processes.py runs what they start."""

import re
import subprocess
from pathlib import Path

import pytest

from interfaces.runner.options import ServeOptions
from tests.deploy.files import section, units, words

SERVICES, SOCKETS = units("service"), units("socket")
EXPOSED = 1.5
"""What `systemd-analyze security` gives at most, of 10: half of what it calls OK."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, as if /opt/interfaces were here: a program of that name has to exist."""
    folder = tmp_path_factory.mktemp("system")
    for path in [*SERVICES.values(), *SOCKETS.values()]:
        text = path.read_text(encoding="utf-8").replace("/opt/interfaces/bin/interfaces", "/bin/true")
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def test_there_is_a_unit_for_each_protocol_and_one_for_workers() -> None:
    """Whatever listens has its socket."""
    assert {*SERVICES} == {"http", "email", "slack", "sms", "irc", "worker"}
    assert {*SOCKETS} == {*SERVICES} - {"worker"}


def test_systemd_takes_every_unit(installed: Path) -> None:
    """No key or value that it does not know, no reference to what is not there."""
    done = analyze("verify", "--man=no", *installed.iterdir())
    assert (done.returncode, done.stderr) == (0, "")
    bad = installed.parent / "bad.service"
    bad.write_text("[Service]\nExecStart=/bin/true\nNoNewPrivilege=yes\n", encoding="utf-8")
    assert "NoNewPrivilege" in analyze("verify", "--man=no", bad).stderr, "it would not notice"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardly_exposed(installed: Path, name: str) -> None:
    """By systemd's own reckoning, where 10 is a service of root's without any restriction."""
    path = installed / SERVICES[name].name
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={int(EXPOSED * 10)}", path)
    (score,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert done.returncode == 0 and float(score) <= EXPOSED, done.stdout


def hardening(name: str) -> dict[str, list[str]]:
    """What a service is refused, less what is its own."""
    own = {"ExecStart", "EnvironmentFile", "StateDirectory", "LimitNOFILE"}
    return {key: value for key, value in section(SERVICES[name], "Service").items() if key not in own}


def test_all_services_are_hardened_alike() -> None:
    """So that what is tightened in one is not forgotten in another."""
    assert [name for name in SERVICES if hardening(name) != hardening("http")] == []
    told = hardening("http")
    assert told["DynamicUser"] == told["NoNewPrivileges"] == ["yes"]
    assert (told["ProtectSystem"], told["Type"]) == (["strict"], ["notify"])


@pytest.mark.parametrize("name", SOCKETS)
def test_a_service_takes_the_socket_that_is_its_own(name: str) -> None:
    """By the name that its socket has; and it is not started without it."""
    (given,) = section(SOCKETS[name], "Socket")["FileDescriptorName"]
    assert f"--{name}-bind=systemd:{given}" in words(SERVICES[name])
    unit = section(SERVICES[name], "Unit")
    assert (
        unit["Requires"] == [f"interfaces-{name}.socket"] and f"interfaces-{name}.socket" in unit["After"][0]
    )
    assert section(SOCKETS[name], "Socket")["Backlog"] == [str(ServeOptions().backlog)]


def test_they_run_beside_one_another() -> None:
    """No two of them listen at the same place, the operations port is loopback's, and folders are their own."""
    ports = [
        re.findall(r"--ops-bind=127\.0\.0\.1:(\d+)", " ".join(words(path))) for path in SERVICES.values()
    ]
    listened = [section(path, "Socket")["ListenStream"] for path in SOCKETS.values()]
    assert len({port for (port,) in ports}) == len(SERVICES)
    assert len({address for (address,) in listened}) == len(SOCKETS)
    for name, path in SERVICES.items():
        assert section(path, "Service")["StateDirectory"] == [f"interfaces/{name}"]
        assert section(path, "Service")["EnvironmentFile"] == [f"/etc/interfaces/{name}.env"]


@pytest.mark.parametrize("name", SERVICES)
def test_there_is_time_to_drain(name: str) -> None:
    """systemd's patience is longer than --drain; a mistake in the configuration is not tried again."""
    (drain,) = re.findall(r"--drain=(\d+)", " ".join(words(SERVICES[name])))
    service = section(SERVICES[name], "Service")
    assert int(service["TimeoutStopSec"][0]) > int(drain)
    assert (service["KillMode"], service["RestartPreventExitStatus"]) == (["mixed"], ["2"])


def test_there_are_descriptors_for_every_connection() -> None:
    """As many as the interface takes connections, and some more."""
    from interfaces import registry

    for name, option in {"http": "max_connections", "email": "max_connections", "irc": "clients"}.items():
        taken = getattr(registry.load(name).options_class(), option)
        assert int(section(SERVICES[name], "Service")["LimitNOFILE"][0]) >= 1.5 * taken
