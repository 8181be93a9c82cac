"""``doctor``: what is wrong, why it matters and how to mend it; it looks, and changes nothing."""

import asyncio
import json
import socket
import sys
from pathlib import Path

import pytest

from interfaces.cli import doctor as module
from interfaces.shared.findings import Finding
from interfaces.shared.interface import Interface
from tests.cli.conftest import Cli

HTTP = ("doctor", "http", "--http-bind", "127.0.0.1:0", "--http-max-connections", "10")


@pytest.fixture(autouse=True)
def no_django(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of other tests, in the same process, are not those of this application."""
    monkeypatch.delitem(sys.modules, "django.conf", raising=False)


def findings(cli: Cli, *arguments: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """The exit code, and what is found by topic."""
    code, out, err = cli(*arguments, "--json")
    assert err == ""
    found: dict[str, list[dict[str, str]]] = {}
    for one in json.loads(out):
        found.setdefault(one["topic"], []).append(one)
    return code, found


def test_all_well(cli: Cli) -> None:
    """A line for each thing, and how many there were; 0."""
    code, out, err = cli(*HTTP, "--app", "cliproject")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "ok       app      cliproject can be imported" in lines
    assert "ok       ports    http.bind 127.0.0.1:0 can be listened on" in lines
    assert lines[-1].startswith("all well: ")


def test_what_is_wrong_is_told_with_why_and_how_to_mend_it(cli: Cli) -> None:
    """Below its line; 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        code, out, _ = cli("doctor", "http", "--http-bind", where)
    assert code == 1
    at = next(at for at, line in enumerate(out.splitlines()) if line.startswith("wrong    ports"))
    below = out.splitlines()[at + 1 : at + 3]
    assert below[0].strip() == "why: serve does not start"
    assert below[1].strip().startswith("mend: stop that process")
    assert "1 wrong, " in out.splitlines()[-1]


@pytest.mark.parametrize("arguments", [("--drain", "soon"), ("--http-bind", "127.0.0.1:0", "--tls-key", "x")])
def test_options_that_cannot_be_are_a_finding(cli: Cli, arguments: tuple[str, ...]) -> None:
    """What is wrong with them is what was asked for; 1, and not 2."""
    code, found = findings(cli, "doctor", "http", *arguments)
    assert code == 1
    assert set(found) == {"options"}
    assert found["options"][0]["level"] == "error"


def test_an_application_that_cannot_be_imported(cli: Cli) -> None:
    """In one line; who shows the whole is named."""
    code, found = findings(cli, *HTTP, "--app", "nosuchproject")
    assert code == 1
    assert "nosuchproject" in found["app"][0]["what"]
    assert "interfaces check http" in found["app"][0]["mend"]


def test_a_broker_that_is_not_there(cli: Cli) -> None:
    """It is told, and the interfaces are looked at without it."""
    code, found = findings(cli, *HTTP, "--layer", "redis://127.0.0.1:9?timeout=1")
    assert code == 1
    (broker,) = found["broker"]
    assert (broker["level"], "127.0.0.1:9" in broker["what"]) == ("error", True)


def test_a_broker_that_is_there(cli: Cli) -> None:
    """Its version, and what it keeps."""
    code, found = findings(cli, *HTTP, "--layer", "embedded:")
    assert code == 0
    assert "Valkey" in found["broker"][0]["what"]


def test_a_certificate_that_is_not_there(cli: Cli, project: Path) -> None:
    """Told once, although several need it."""
    code, found = findings(cli, *HTTP, "--tls-cert", str(project / "none.crt"))
    assert code == 1
    assert [one["level"] for one in found["tls"]] == ["error"]


def test_what_an_interface_refuses_and_what_it_finds(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are told: its check, as of `interfaces check`, and its own questions."""

    async def diagnose(self, context):
        yield Finding(level="warning", topic="dns", what="a name", why="b", mend="c")

    monkeypatch.setattr(Interface, "diagnose", diagnose)
    code, found = findings(cli, *HTTP)
    assert (code, [one["what"] for one in found["dns"]]) == (0, ["a name"])
    out = cli(*HTTP).out
    assert "look at  dns      a name" in out
    assert out.splitlines()[-1].startswith("0 wrong, 1 to look at, of ")
    given = ("--email-bind", "127.0.0.1:0", "--email-send", "nonsense:x")
    code, found = findings(cli, "doctor", "email", *given)
    assert (code, "nonsense" in found["email"][0]["what"]) == (1, True)
    assert "dns" not in found or found["dns"]


def test_an_interface_that_asks_too_long_is_cut(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others have their turn."""
    monkeypatch.setattr(module, "LONGEST", -1.0)

    async def diagnose(self, context):
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(Interface, "diagnose", diagnose)
    code, found = findings(cli, *HTTP)
    assert (code, found["http"][0]["what"]) == (1, "no answer within -1 s")


def test_names_come_from_the_file(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the tables that it has; from --config too, and from the variable; http without any."""
    assert (
        findings(cli, "doctor", "--http-bind", "127.0.0.1:0")[1]["options"][0]["what"] == "understood: http"
    )
    (project / "interfaces.toml").write_text("drain = 3\n[ws]\nbind = ['127.0.0.1:0']\n")
    other = project / "other.toml"
    other.write_text("[http]\nbind = ['127.0.0.1:0']\n[ws]\n")
    for words in (["--config", str(other)], [f"--config={other}"]):
        assert findings(cli, "doctor", *words)[1]["options"][0]["what"] == "understood: http ws"
    monkeypatch.setenv("INTERFACES_CONFIG", str(other))
    assert findings(cli, "doctor")[1]["options"][0]["what"] == "understood: http ws"
    other.write_text("no toml [")
    assert findings(cli, "doctor")[1]["options"][0]["level"] == "error"


def test_names_of_hosts(cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of --host have to have an address and a certificate; that of mail a certificate."""
    asked: list[list[str]] = []
    monkeypatch.setattr(module, "certificates", lambda options, hosts: asked.append(hosts) or [])
    _, found = findings(cli, *HTTP, "--host", "127.0.0.1")
    assert [one["what"] for one in found["dns"]] == ["--host: 127.0.0.1 is 127.0.0.1"]
    (project / "zone").write_text("mx.example.org. A 192.0.2.1\n")
    mail = ("--email-bind", "127.0.0.1:0", "--email-hostname", "mx.example.org", "--email-dns", "file:zone")
    findings(cli, "doctor", "email", *mail)
    assert asked == [["127.0.0.1"], ["mx.example.org"]]
