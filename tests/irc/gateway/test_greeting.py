"""What a gateway says of itself."""

from pathlib import Path

import pytest

from interfaces.irc.gateway.greeting import motd, split, tokens
from interfaces.irc.options import IrcOptions
from interfaces.shared.errors import ConfigError


def test_lines_are_cut_and_kept() -> None:
    """Empty ones too; a long one is several."""
    assert split("one\n\n two \r\nthree") == ["one", "", " two", "three"]
    assert [len(line) for line in split("x" * 1000)] == [400, 400, 200]
    assert split("") == [] and split("a\0b\n\0") == ["ab"]


def test_a_file_that_is_not_there_is_a_mistake_of_the_operator(tmp_path: Path) -> None:
    """As is one that is no text."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "missing", tmp_path / "binary", "a\0b"):
        with pytest.raises(ConfigError, match=r"^--irc-motd @.*; write a text, or @ and the path of a file$"):
            motd(f"@{path}")


def test_a_line_that_is_too_long_is_a_mistake_of_the_operator() -> None:
    """Who asks for it is told how to mend it."""
    with pytest.raises(ConfigError, match=r"^--irc-motd: a line is too long: .*; break it into several$"):
        motd("x" * 50_000)


def test_what_cannot_be_is_not_said() -> None:
    """UTF8ONLY stands where lines are refused for it."""
    assert "UTF8ONLY" not in tokens(IrcOptions()) and "UTF8ONLY" in tokens(IrcOptions(utf8_only=True))
