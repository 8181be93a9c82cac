"""Loading an application: what is found, and how each mistake is told."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.runner.application import load
from interfaces.shared.errors import ApplicationError, ConfigError

GOOD = """
async def application(scope, receive, send): pass
app = other = application
def make(): return application
def make_none(): return None
def make_badly(): raise RuntimeError("no luck")
async def make_async(): return application
def wsgi(environ, start_response): return [b""]
def four(a, b, c, d): pass
class Old:
    def __init__(self, scope): pass
class Space:
    inner = staticmethod(application)
    @property
    def broken(self): raise RuntimeError("no luck")
space = Space()
settings = {}
"""


@pytest.fixture(autouse=True)
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of the user's, out of which nothing stays imported."""
    (tmp_path / "projgood.py").write_text(GOOD)
    (tmp_path / "projonly.py").write_text("async def app(scope, receive, send): pass\n")
    (tmp_path / "projpkg").mkdir()
    (tmp_path / "projpkg/__init__.py").write_text("")
    (tmp_path / "projpkg/asgi.py").write_text(GOOD)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("proj")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("projgood:other", "application"),
        ("projgood", "application"),
        ("projonly", "app"),
        ("projpkg.asgi:application", "application"),
        ("projgood:space.inner", "application"),
    ],
)
def test_an_application_is_found(projects: Path, spec: str, name: str) -> None:
    """Module and attribute, a dotted attribute, or the usual attribute of a module are found."""
    assert getattr(load(spec, str(projects)), "__name__", "") == name


def test_a_factory_is_called(projects: Path) -> None:
    """With factory the attribute's result is the application."""
    assert load("projgood:make", str(projects), factory=True) is sys.modules["projgood"].application


def test_a_wsgi_application_is_wrapped(projects: Path) -> None:
    """With wsgi the application answers ASGI, on as many threads as were asked for."""
    a2wsgi: Any = pytest.importorskip("a2wsgi")
    wrapped: Any = load("projgood:wsgi", str(projects), wsgi=True, threads=3)
    assert isinstance(wrapped, a2wsgi.WSGIMiddleware)
    assert wrapped.executor._max_workers == 3


def test_wsgi_without_its_package_names_the_extra(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a2wsgi the message says which extra brings it."""
    monkeypatch.setitem(sys.modules, "a2wsgi", None)
    with pytest.raises(ConfigError, match=r"pip install 'asgi-interfaces\[wsgi\]'"):
        load("projgood:wsgi", str(projects), wsgi=True)


@pytest.mark.parametrize(
    ("spec", "how", "said"),
    [
        ("", {}, "say which application: --app module:attribute"),
        ("projpkg/asgi.py", {}, "name a module, not a file: --app projpkg.asgi:application"),
        ("./projgood.py:app", {}, "name a module, not a file: --app projgood:app"),
        ("proj good", {}, "'proj good' is no module's name"),
        (".asgi:app", {}, "'.asgi' is no module's name"),
        ("projgod", {}, "no module named projgod; did you mean projgood?"),
        ("zzzzzz", {}, "no module named zzzzzz; looked in "),
        ("projpkg.asgj:app", {}, "no module named projpkg.asgj; did you mean projpkg.asgi?"),
        ("projpkg.zz.yy:app", {}, "no module named projpkg.zz (of projpkg.zz.yy); projpkg has none"),
        ("projgood.x:app", {}, "no module named projgood.x; projgood is no package"),
        ("projpkg", {}, "projpkg has neither application nor app: say --app projpkg:attribute"),
        ("projgood:applicatoin", {}, "projgood has no attribute 'applicatoin'; did you mean application?"),
        ("projgood:space.iner", {}, "Space has no attribute 'iner'; did you mean inner?"),
        ("projgood:settings", {}, "projgood:settings is a dict, which cannot be called"),
        ("projgood:make", {}, "takes no arguments: add --factory"),
        ("projgood:wsgi", {}, "looks like WSGI (it takes two arguments): add --wsgi"),
        ("projgood:Old", {}, "takes one argument, as ASGI 2 did"),
        ("projgood:four", {}, "cannot be called as an ASGI application"),
        ("projgood:make_async", {"factory": True}, "a factory is a plain function, not async"),
        ("projgood:wsgi", {"factory": True}, "a factory (--factory) is called without arguments"),
        ("projgood:make_none", {"factory": True}, "projgood:make_none() gave a NoneType"),
        ("projgood:app", {"wsgi": True}, "does not take WSGI's two arguments: leave --wsgi out"),
    ],
)
def test_a_mistake_is_told_in_one_line(projects: Path, spec: str, how: dict[str, bool], said: str) -> None:
    """Each wrong name or kind of application makes a ConfigError that says what is wrong and what to do."""
    with pytest.raises(ConfigError) as caught:
        load(spec, str(projects), **how)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_directory_must_exist(tmp_path: Path) -> None:
    """A wrong --app-dir is told as such, and not as a missing module."""
    with pytest.raises(ConfigError, match="no such directory"):
        load("projgood", str(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("import nonesuch", "ModuleNotFoundError: No module named 'nonesuch'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def f(:", "SyntaxError: invalid syntax"),
        (
            "import json\n\njson.loads('x')",
            "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        ),
    ],
)
def test_what_the_users_module_raises_is_shown_with_its_frames(projects: Path, code: str, last: str) -> None:
    """The user's file and the exception are shown; no frame of ours or of the import machinery is."""
    (projects / "projbad.py").write_text(code)
    with pytest.raises(ApplicationError) as caught:
        load("projbad", str(projects))
    lines = str(caught.value).splitlines()
    assert lines[0] == "importing projbad failed:"
    assert f'File "{projects}/projbad.py", line ' in lines[1]
    assert lines[-1] == last
    assert "importlib" not in str(caught.value)
    assert "runner/application.py" not in str(caught.value)


@pytest.mark.parametrize("factory", [False, True])
def test_a_mistake_in_the_users_configuration_is_one_line(projects: Path, factory: bool) -> None:
    """A routing or a layer that says what is wrong with it is no failure of the code around it: exit code 2."""
    code = "from interfaces.workers.routing import Routing\ndef make():\n    return Routing(1)\n"
    (projects / "projmistaken.py").write_text(code + ("" if factory else "make()\n"))
    with pytest.raises(ConfigError, match=r"^projmistaken(:make)?: a routing is a list of routes"):
        load("projmistaken:make", str(projects), factory=factory)


@pytest.mark.parametrize(
    ("spec", "factory", "first"),
    [
        ("projgood:make_badly", True, "calling projgood:make_badly failed:"),
        ("projgood:space.broken", False, "projgood:space.broken failed:"),
    ],
)
def test_what_a_factory_or_property_raises_is_shown(
    projects: Path, spec: str, factory: bool, first: str
) -> None:
    """An exception of the user's factory or attribute is the application's fault, with its frames."""
    with pytest.raises(ApplicationError) as caught:
        load(spec, str(projects), factory=factory)
    lines = str(caught.value).splitlines()
    assert lines[0] == first
    assert lines[-1] == "RuntimeError: no luck"
    assert "projgood.py" in lines[1]


def test_only_the_last_frame_of_others_is_shown(projects: Path) -> None:
    """Of a long way through installed code only where it raised is shown, below the user's own frames."""
    (projects / "projdeep.py").write_text("import re\n\nre.compile('(')\n")
    with pytest.raises(ApplicationError) as caught:
        load("projdeep", str(projects))
    assert str(caught.value).count("  File ") == 2
