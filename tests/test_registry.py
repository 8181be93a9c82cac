"""The registry: names to classes, late, with errors that say what to do."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any, ClassVar

import pytest

from interfaces import registry
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Interface

Install = Callable[..., None]


class Udp(Interface[Any]):
    """A third party's, with two names."""

    names: ClassVar[tuple[str, ...]] = ("udp", "udp6")
    options_class: ClassVar[type] = object

    def serve(self, app: Any, context: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Pretend that entry points are installed, of a module ``udp_plugin`` that has Udp."""

    def pretend(**points: str) -> None:
        module = ModuleType("udp_plugin")
        module.Udp = Udp  # type: ignore[attr-defined]
        module.text = "text"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "udp_plugin", module)
        found = [EntryPoint(name, value, "interfaces") for name, value in points.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: found)
        registry._third_parties.cache_clear()

    yield pretend
    monkeypatch.undo()
    registry._third_parties.cache_clear()


def test_built_in_names_load() -> None:
    """Every built-in name leads to an interface class that knows the name."""
    for name in registry.BUILTIN:
        assert name in registry.load(name).names


def test_one_class_is_chosen_once_with_the_names_asked_for() -> None:
    """Two names of one class are one entry; a repeated name counts once."""
    both = registry.load("http")
    assert registry.select(["ws", "http", "ws"]) == [(both, ("ws", "http"))]
    assert registry.select(["ws"]) == [(both, ("ws",))]


def test_third_parties_come_after_ours(install: Install) -> None:
    """An entry point's name is known and loads; select keeps the order that was asked for."""
    install(udp="udp_plugin:Udp", udp6="udp_plugin:Udp")
    assert registry.names() == [*registry.BUILTIN, "udp", "udp6"]
    assert registry.select(["udp6", "http", "udp"]) == [
        (Udp, ("udp6", "udp")),
        (registry.load("http"), ("http",)),
    ]


def test_a_third_party_cannot_take_a_built_in_name(
    install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    """The built-in class stays, and a warning names the intruder."""
    install(http="udp_plugin:Udp")
    with caplog.at_level(logging.WARNING):
        assert registry.names() == [*registry.BUILTIN]
    assert registry.load("http") is not Udp
    assert "udp_plugin:Udp may not be called 'http'" in caplog.text


def test_of_two_third_parties_the_first_keeps_the_name(
    monkeypatch: pytest.MonkeyPatch, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    """Two distributions that claim a name do not end the process; the log names both."""
    install()
    found = [EntryPoint("udp", value, "interfaces") for value in ("udp_plugin:Udp", "other:Udp")]
    monkeypatch.setattr(registry, "entry_points", lambda group: found)
    with caplog.at_level(logging.WARNING):
        assert registry.load("udp") is Udp
    assert "udp_plugin:Udp and other:Udp are both called 'udp'" in caplog.text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("htpp", "", "nothing is called 'htpp' here; did you mean http?"),
        ("zzz", "", "nothing is called 'zzz' here; there is http, ws"),
        ("udp", "nonesuch.plugin:Udp", "udp needs nonesuch, which nonesuch.plugin:Udp did not install"),
        ("udp", "udp_plugin:Upd", "udp (udp_plugin:Upd) cannot be imported: "),
        ("udp", "udp_plugin:text", "udp: udp_plugin:text is no interface class of that name"),
        ("icmp", "udp_plugin:Udp", "icmp: udp_plugin:Udp is no interface class of that name"),
    ],
)
def test_what_cannot_be_loaded_is_told(install: Install, name: str, value: str, said: str) -> None:
    """An unknown name, a missing package and a wrong class each make a ConfigError that names them."""
    install(**({name: value} if value else {}))
    with pytest.raises(ConfigError) as caught:
        registry.load(name)
    assert str(caught.value).startswith(said)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its optional dependency a built-in name says which extra brings it."""

    def without_httptools(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'httptools.parser'", name="httptools.parser")

    monkeypatch.setattr(registry, "import_module", without_httptools)
    with pytest.raises(ConfigError) as caught:
        registry.load("http")
    assert str(caught.value) == "http needs httptools: pip install 'asgi-interfaces[http]'"


def test_nothing_asked_for_is_refused() -> None:
    """Without names there is nothing to serve, and the message lists what there is."""
    with pytest.raises(ConfigError, match="say what to serve: http ws"):
        registry.select([])


def test_names_import_no_interface() -> None:
    """Importing the registry and listing its names imports no protocol."""
    code = "import sys, interfaces.registry as r; r.names(); print('interfaces.http_ws' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
