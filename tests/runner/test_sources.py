"""Sources of options: what each finds, how it names it, and which names it refuses."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interfaces.runner.sources import Environment, Given, Keywords, Known, Table, read_table
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import Origin, flags, option


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    workers: int = option(1, "processes")
    reload: bool = option(False, "reload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    timeout: float = option(1.0, "timeout")
    ws_ping: float = option(1.0, "ping")


FLAGS = [*flags((), Process), *flags(("http", "ws"), Http)]
KNOWN = Known(FLAGS, ["http", "ws", "slack"])
WORKERS, RELOAD, TIMEOUT, PING = FLAGS


def refusal(source: Any) -> str:
    """What a source says to its unknown names."""
    with pytest.raises(ConfigError) as caught:
        source.check(KNOWN)
    return str(caught.value)


def test_a_flag_is_named_as_it_was_given() -> None:
    """The origin of a switched-off flag is its --no- spelling."""
    given = Given({"workers": "2", "reload": False})
    assert given.find(WORKERS) == ("2", Origin("flag", "--workers"))
    assert given.find(RELOAD) == (False, Origin("flag", "--no-reload"))
    assert given.find(TIMEOUT) is None


def test_a_preset_counts_as_default() -> None:
    """What a command gives in place of a default is told as that command's default."""
    assert Given({"reload": True}, "interfaces dev").find(RELOAD) == (
        True,
        Origin("default", "interfaces dev"),
    )


def test_a_variable_is_found_unless_empty() -> None:
    """A variable's text is found; an empty one counts as absent."""
    source = Environment({"INTERFACES_WS_PING": "3", "INTERFACES_WORKERS": ""})
    assert source.find(PING) == ("3", Origin("variable", "INTERFACES_WS_PING"))
    assert source.find(WORKERS) is None


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "INTERFACES_HTTP_TIMEOUT",
        "INTERFACES_CONFIG",
        "INTERFACES_COMPILE",
        "INTERFACES_DEMO_DB",
        "INTERFACES_SLACK_TOKEN",
        "INTERFACES_SERVICE_HOST",
        "INTERFACES_SERVICE_PORT_HTTP",
        "INTERFACES_PORT",
        "INTERFACES_PORT_80_TCP",
        "INTERFACES_PORT_80_TCP_ADDR",
        "INTERFACES_HTTP_SERVICE_HOST",
        "INTERFACES_HTTP_PORT",
    ],
)
def test_variables_that_are_let_pass(name: str) -> None:
    """Options, what is not served, our own others and what Kubernetes sets for a Service are no mistakes."""
    Environment({name: "x"}).check(KNOWN)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("INTERFACES_WORKRES", "INTERFACES_WORKRES: no such option; did you mean INTERFACES_WORKERS?"),
        (
            "INTERFACES_HTTP_TIMOUT",
            "INTERFACES_HTTP_TIMOUT: no such option; did you mean INTERFACES_HTTP_TIMEOUT?",
        ),
        ("INTERFACES_QQQ", "INTERFACES_QQQ: no such option"),
    ],
)
def test_a_misspelt_variable_is_refused(name: str, said: str) -> None:
    """A variable of ours that is no option ends in a ConfigError with the nearest that is."""
    assert refusal(Environment({name: "x"})) == said


def test_keywords_are_found_by_their_words() -> None:
    """A keyword is the flag with underscores, and a wrong one is refused."""
    assert Keywords({"http_timeout": 3}).find(TIMEOUT) == (3, Origin("keyword", "http_timeout"))
    assert Keywords({}).find(TIMEOUT) is None
    assert refusal(Keywords({"http_timeot": 3})) == "http_timeot: no such option; did you mean http_timeout?"


def test_a_table_is_found_by_dotted_path() -> None:
    """Process-wide keys stand at the top, the others in their name's table."""
    table = Table("interfaces.toml", {"workers": 3, "ws": {"ping": 4}, "http": "oops"})
    assert table.find(WORKERS) == (3, Origin("file", "interfaces.toml: workers"))
    assert table.find(PING) == (4, Origin("file", "interfaces.toml: ws.ping"))
    assert table.find(TIMEOUT) is None
    assert table.find(RELOAD) is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"workres": 1}, "f: unknown key workres; did you mean workers?"),
        ({"htpp": {}}, "f: unknown key htpp; did you mean http?"),
        ({"http": {"timeot": 1}}, "f: unknown key timeot in [http]; did you mean timeout?"),
        ({"http": {"ws_ping": 1}}, "f: unknown key ws_ping in [http]"),
        ({"ws": 3}, "f: ws has to be a table, [ws]"),
    ],
)
def test_an_unknown_key_is_refused(values: dict[str, Any], said: str) -> None:
    """A key that is no option is refused with its table and the nearest that is."""
    assert refusal(Table("f", values)) == said


def test_tables_of_what_is_not_served_are_let_pass() -> None:
    """One file serves several containers: a table of another name is not looked at."""
    Table("f", {"workers": 1, "slack": {"token": "x"}, "http": {"timeout": 1}}).check(KNOWN)


def test_no_file_is_no_table(tmp_path: Path) -> None:
    """A directory without either file gives none; nor does a pyproject.toml of something else."""
    assert read_table(directory=tmp_path) is None
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert read_table(directory=tmp_path) is None


def test_the_own_file_comes_before_pyproject(tmp_path: Path) -> None:
    """[tool.interfaces] is read, unless there is an interfaces.toml."""
    (tmp_path / "pyproject.toml").write_text("[tool.interfaces]\nworkers = 2\n")
    assert read_table(directory=tmp_path) == Table(str(tmp_path / "pyproject.toml"), {"workers": 2})
    (tmp_path / "interfaces.toml").write_text("workers = 3\n")
    assert read_table(directory=tmp_path) == Table(str(tmp_path / "interfaces.toml"), {"workers": 3})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("absent.toml", None, "No such file"),
        ("bad.toml", "a = ", "bad.toml is no TOML: "),
        ("pyproject.toml", "[tool.x]", r"pyproject.toml has no \[tool.interfaces\]"),
        ("pyproject.toml", "tool = 3", r"pyproject.toml has no \[tool.interfaces\]"),
        ("pyproject.toml", "tool.interfaces = 3", "tool.interfaces has to be a table"),
    ],
)
def test_a_named_file_must_be_usable(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    """--config FILE that is absent, no TOML or has no table of ours is refused by name."""
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        read_table(tmp_path / name)
    assert re.search(re.escape(name), str(caught.value))
