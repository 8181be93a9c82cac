"""``interfaces demo`` up to the point where it serves: its directory, its environment, and what it says of mistakes."""

import os
import sys
from types import SimpleNamespace

import pytest

from interfaces.demo.command import KEPT, kept, main, run
from interfaces.shared.errors import ApplicationError, ConfigError

VARIABLES = ("INTERFACES_DEMO_STATE", "INTERFACES_DEMO_HOSTS", "DJANGO_SETTINGS_MODULE")


@pytest.fixture
def served(monkeypatch):
    """Stands for all that serves: ``what`` is done in its place, ``told`` is what it was told."""
    told = SimpleNamespace(what=None, where=None, state=None, environ={})

    async def serve(where, state):
        told.where, told.state = where, state
        told.environ = {name: os.environ.get(name) for name in VARIABLES}
        if told.what is not None:
            raise told.what

    for name in VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "interfaces.demo.serving", SimpleNamespace(serve=serve))
    for name in [name for name in sys.modules if name == "interfaces.demo.settings"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("interfaces.demo.settings", raising=False)
    yield told
    sys.modules.pop("interfaces.demo.settings", None)


def test_it_serves_with_what_it_was_told(served, tmp_path):
    """The options become places, a directory and Django's settings; a normal end is 0."""
    assert main("127.0.0.1:81", port_base=9000, console="", state=str(tmp_path / "a" / "b")) == 0
    assert (served.where.http, served.where.email, served.where.console) == (81, 9001, "")
    assert served.state == tmp_path / "a" / "b"
    assert served.environ["DJANGO_SETTINGS_MODULE"] == "interfaces.demo.settings"
    assert served.environ["INTERFACES_DEMO_HOSTS"] is None


@pytest.mark.parametrize(("given", "hosts"), [(None, "*"), ("desk.example", "desk.example")])
def test_beyond_this_machine_it_answers_to_every_name(served, tmp_path, monkeypatch, given, hosts):
    """Unless names are given: which ones lead here nobody knows."""
    if given:
        monkeypatch.setenv("INTERFACES_DEMO_HOSTS", given)
    assert main("0.0.0.0", state=str(tmp_path)) == 0
    assert served.environ["INTERFACES_DEMO_HOSTS"] == hosts


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("http.bind 127.0.0.1:8000: address in use", r"address in use; --port-base 9000 moves all ports$"),
        ("the layer's broker is not there", "^the layer's broker is not there$"),
    ],
)
def test_a_mistake_is_one_line(served, tmp_path, mistake, said):
    """Of a port that is taken, what moves it; the directory is free again then."""
    served.what = ConfigError(mistake)
    for _ in range(2):
        with pytest.raises(ConfigError, match=said):
            main(state=str(tmp_path))


def test_an_interrupt_is_no_traceback():
    """Ctrl-C a second time ends with 1; what is the application's fault is for whoever called."""

    async def fails(error):
        raise error

    assert run(fails(KeyboardInterrupt())) == 1
    with pytest.raises(ApplicationError):
        run(fails(ApplicationError("no")))


def test_a_directory_is_made_and_emptied_of_what_is_ours(tmp_path):
    """Only when it is asked for, and nothing else in it; what was not there does not matter."""
    state = tmp_path / "new"
    with kept(state, fresh=True):
        assert state.is_dir()
    (state / "sent").mkdir()
    for name in ("sent/1.eml", "desk.sqlite3", "mine.txt"):
        (state / name).touch()
    with kept(state, fresh=False):
        assert (state / "sent" / "1.eml").exists()
    with kept(state, fresh=True):
        assert not any((state / name).exists() for name in KEPT)
    assert (state / "mine.txt").exists()


def test_a_directory_is_of_one_process(tmp_path):
    """Whoever comes second is refused and empties nothing."""
    (tmp_path / "desk.sqlite3").touch()
    with kept(tmp_path, fresh=False):
        with pytest.raises(ConfigError, match="already; --state"), kept(tmp_path, fresh=True):
            raise AssertionError("it must not come so far")
        assert (tmp_path / "desk.sqlite3").exists()
    with kept(tmp_path, fresh=True):
        assert not (tmp_path / "desk.sqlite3").exists()


def test_a_directory_that_cannot_be_is_told(tmp_path):
    """A file in its place, or on the way there."""
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "desk"):
        with pytest.raises(ConfigError, match="; --state names another directory"), kept(place, fresh=False):
            raise AssertionError("it must not come so far")
