"""Tracebacks: one line for people, and which frames are the user's own."""

import json
import sys
from pathlib import Path

import pytest

import interfaces
from interfaces.console.frames import FRAMES, frames_of, is_own, line_of


def raised(depth: int = 0) -> Exception:
    """What was raised so deep."""

    def down(left: int) -> None:
        if left:
            down(left - 1)
        json.loads("{")

    try:
        down(depth)
    except ValueError as error:
        return error
    raise AssertionError


def test_frames_have_place_code_and_owner() -> None:
    """The user's before the library's, the one that raised last."""
    frames = frames_of(raised())
    assert [one.own for one in frames[:2]] == [True, True] and not frames[-1].own
    assert frames[1].code == 'json.loads("{")' and frames[1].file == __file__ and frames[1].line > 1
    assert "raised" in frames[0].function and "json" in frames[-1].file


def test_the_innermost_are_kept() -> None:
    """A recursion without end has a thousand."""
    frames = frames_of(raised(200))
    assert len(frames) == FRAMES and not frames[-1].own


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("/home/me/project/app.py", True),
        (str(Path(interfaces.__file__).parent / "email/message.py"), False),
        (str(Path(interfaces.__file__).parent / "demo/desk.py"), True),
        (json.__file__, False),
        (pytest.__file__, False),
        ("<frozen importlib>", False),
        (sys.modules[__name__].__file__, True),
    ],
)
def test_what_is_the_users(file: str, own: bool) -> None:
    """Neither the standard library nor what is installed, nor ours, but for the demo."""
    assert is_own(file) is own


def test_an_error_in_one_line() -> None:
    """Its class, and its words if it has some."""
    assert line_of(ValueError("a\n  b")) == "ValueError: a b"
    assert line_of(KeyError()) == "KeyError"
    assert line_of(ValueError("\x1b[31mred")) == "ValueError: \ufffd[31mred"
