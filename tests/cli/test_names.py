"""Commands that take names: whose options they have, and what of them wins."""

from pathlib import Path
from typing import Any, ClassVar

import pytest

from interfaces import registry
from interfaces.cli import names as under_test
from interfaces.cli.names import Invocation, NamesCommand
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Interface
from tests.cli.conftest import Cli


class Silent(Interface[Any]):
    """One that listens nowhere."""

    names: ClassVar[tuple[str, ...]] = ("silent",)
    options_class: ClassVar[type] = registry.load("http").options_class

    def serve(self, app: Any, context: Any) -> Any:
        raise NotImplementedError


class Tried:
    """A command that keeps what it was asked."""

    def __init__(self, **how: Any) -> None:
        self.command = NamesCommand("tried", self.run, **how)
        self.invocations: list[Invocation] = []

    def run(self, invocation: Invocation) -> int:
        """Keep it."""
        self.invocations.append(invocation)
        return 7

    def __call__(self, *arguments: str) -> Invocation:
        assert self.command.main(list(arguments), standalone_mode=False) == 7
        return self.invocations[-1]


@pytest.fixture
def tried(project: Path) -> Tried:
    """A plain command, in an empty project."""
    return Tried()


def options(invocation: Invocation) -> Any:
    """The options of the one interface."""
    return invocation.plan.chosen[0][0].options


def test_options_of_what_is_named(tried: Tried) -> None:
    """Flags may stand before, between and after the names."""
    asked = tried("--workers", "2", "http", "--http-max-headers=5", "ws", "--no-ws-deflate")
    assert asked.names == ("http", "ws")
    assert asked.plan.options.workers == 2
    assert options(asked).max_headers == 5
    assert options(asked).ws_deflate is False


def test_a_flag_may_be_repeated(tried: Tried) -> None:
    """Each mention of a repeatable flag adds a value."""
    assert options(tried("http", "--http-bind", "a:1", "--http-bind", "b:2")).bind == ("a:1", "b:2")


def test_help_has_the_options_of_the_names_alone(cli: Cli) -> None:
    """Each name asked for has its options listed under its heading, and no other name has."""
    _, out, _ = cli("serve", "http", "--help")
    assert "\nhttp:\n" in out
    assert "\nThe process:\n" in out
    assert "--http-header-timeout SECONDS" in out
    assert "--ws-" not in out
    _, out, _ = cli("serve", "http", "ws", "--help")
    assert "--ws-ping-interval SECONDS" in out
    _, out, _ = cli("serve", "--help")
    assert "\nhttp:\n" not in out


def test_ws_alone_has_the_listeners_options(tried: Tried) -> None:
    """It listens with http's options, so it takes them."""
    assert options(tried("ws", "--http-bind", "a:1")).bind == ("a:1",)


def test_the_sources_in_their_order(project: Path, monkeypatch: pytest.MonkeyPatch, tried: Tried) -> None:
    """Flag before variable before file before default."""
    (project / "interfaces.toml").write_text("backlog = 1\ndrain = 1\nworkers = 1\ndrain_delay = 1\n")
    monkeypatch.setenv("INTERFACES_BACKLOG", "2")
    monkeypatch.setenv("INTERFACES_DRAIN", "2")
    found = tried("http", "--drain", "3").plan.options
    assert (found.drain, found.backlog, found.drain_delay, found.loop) == (3.0, 2, 1.0, "auto")


def test_another_file(project: Path, monkeypatch: pytest.MonkeyPatch, tried: Tried) -> None:
    """--config names the file, else INTERFACES_CONFIG does, else interfaces.toml is taken."""
    for number, name in enumerate(["interfaces.toml", "b.toml", "c.toml"]):
        (project / name).write_text(f"backlog = {number}\n")
    assert tried("http").plan.options.backlog == 0
    monkeypatch.setenv("INTERFACES_CONFIG", "b.toml")
    assert tried("http").plan.options.backlog == 1
    assert tried("http", "--config", "c.toml").plan.options.backlog == 2


def test_presets_stand_in_for_defaults(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command's presets and names hold unless something is given."""
    command = Tried(names=("http",), presets={"log_level": "debug", "backlog": 5})
    monkeypatch.setenv("INTERFACES_BACKLOG", "6")
    asked = command()
    assert asked.names == ("http",)
    assert (asked.plan.options.log_level, asked.plan.options.backlog) == ("debug", 6)
    assert command("ws").names == ("ws",)
    assert command("--http-max-headers", "3").given == {"http.max_headers": "3"}


def test_bind_is_the_one_listeners(tried: Tried) -> None:
    """--bind, repeatable, is the bind option of what listens."""
    assert options(tried("http", "ws", "--bind", "a:1", "--bind", "b:2")).bind == ("a:1", "b:2")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["http", "--bind", "a:1", "--http-bind", "b:1"],
            "--bind and --http-bind are the same; leave one out",
        ),
        (
            ["http", "silent", "--bind", "a:1"],
            "--bind needs exactly one listener; say --http-bind or --silent-bind",
        ),
        (["http", "--ws-max-queue", "1"], "--ws-max-queue: ws is not served; add ws to the names"),
        (["http", "--silent-bind", "a:1"], "--silent-bind: silent is not served; add silent to the names"),
        (["broken", "--broken-x", "1"], "broken needs broken_module, which x did not install"),
    ],
)
def test_what_does_not_fit_is_refused(
    tried: Tried, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    """A flag of something not served, an ambiguous --bind, and a name that cannot be loaded are told."""
    load = registry.load

    def with_more(name: str) -> Any:
        if name == "broken":
            raise ConfigError("broken needs broken_module, which x did not install")
        return Silent if name == "silent" else load(name)

    monkeypatch.setattr(registry, "names", lambda: [*registry.BUILTIN, "silent", "broken"])
    monkeypatch.setattr(registry, "load", with_more)
    with pytest.raises(ConfigError) as caught:
        tried(*arguments)
    assert str(caught.value) == said


def test_values_that_look_like_names_load_nothing_wrong(
    tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory called as an interface that cannot be loaded does not end the command."""
    load = registry.load

    def with_broken(name: str) -> Any:
        if name == "sms":
            raise ConfigError("sms needs x")
        return load(name)

    monkeypatch.setattr(registry, "names", lambda: [*registry.BUILTIN, "sms"])
    monkeypatch.setattr(registry, "load", with_broken)
    assert tried("http", "--app-dir", "sms").given == {"app_dir": "sms"}


def test_two_runs_share_nothing(tried: Tried) -> None:
    """The options of one run are not those of the next."""
    tried("http", "ws", "--no-ws-deflate")
    assert tried("http").given == {}
    assert under_test.META not in vars(tried.command)
