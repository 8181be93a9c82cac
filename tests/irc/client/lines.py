"""Lines as a network says them."""

from interfaces.irc.line import Line, parse

__all__ = ["read"]


def read(text: str) -> Line:
    """The line of ``text``."""
    line = parse(text.encode())
    assert line is not None
    return line
