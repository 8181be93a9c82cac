"""What a process says."""

import io
import sys

import pytest

from interfaces.runner.voice import banner, ops_lines, say
from interfaces.shared.listen import Address


def test_a_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Each begins with the program's name."""
    say("hello")
    assert capsys.readouterr().err == "interfaces: hello\n"


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that is gone, or a closed stream, ends no process."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    closed = io.StringIO()
    closed.close()
    for stream in (Gone(), closed):
        monkeypatch.setattr(sys, "stderr", stream)
        say("hello")


def test_the_banner_says_where_in_which_mode_and_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a listener, one of the process."""
    where = ops_lines([Address(kind="tcp", host="127.0.0.1", port=9000)])
    banner(["http on 127.0.0.1:8000 for app", *where], "2 workers", "uvloop")
    first, second, third = capsys.readouterr().err.splitlines()
    assert first == "interfaces: http on 127.0.0.1:8000 for app"
    assert second == "interfaces: /livez, /metrics and /readyz on 127.0.0.1:9000"
    assert third.startswith("interfaces: 2 workers, pid ") and ", uvloop loop, nothing is kept" in third


def test_the_banner_does_not_say_that_nothing_is_kept_where_something_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line above says what, and how well."""
    banner(["email accepted into spool /s/0: host-crash (fsync)"], "one process", "uvloop")
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith("uvloop loop, all else that is in flight lives in memory")
