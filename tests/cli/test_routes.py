"""``routes``: what an application takes, printed."""

import json
from pathlib import Path

from tests.cli.conftest import Cli


def test_routes_are_printed(cli: Cli) -> None:
    """A line each, those behind others further in."""
    code, out, err = cli("routes", "--app", "cliproject:router")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [["http", "cliproject.application"]]


def test_the_application_may_stand_in_the_options(cli: Cli, project: Path) -> None:
    """Of the file, and of another one."""
    (project / "interfaces.toml").write_text('app = "cliproject:router"\n')
    assert cli("routes").out.startswith("http ")
    (project / "other.toml").write_text('app = "cliproject:application"\n')
    assert cli("routes", "--config", "other.toml").out.split() == ["*", "cliproject.application"]


def test_as_json(cli: Cli) -> None:
    """For machines: the same, nested."""
    found = json.loads(cli("routes", "--app", "cliproject:router", "--json").out)
    assert found == [{"what": "http", "leads": "cliproject.application", "inner": []}]


def test_an_application_that_is_not_there(cli: Cli) -> None:
    """As check tells it; and none at all."""
    code, _, err = cli("routes", "--app", "cliproject:aplication")
    assert (code, "did you mean application?" in err) == (2, True)
    assert "say which application" in cli("routes").err
