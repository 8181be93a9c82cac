r"""CTCP: a command inside a message, of which ACTION is the usual one. Pure.

modern.ircdocs.horse/ctcp: ``\x01COMMAND parameters\x01``; the last sign may be missing, what is behind it is left out,
and nothing in it is quoted. Refused is to send a command that is no word, or parameters with such a sign.
"""

import re
from typing import Final

from interfaces.shared.errors import ApplicationError

__all__ = ["form", "read"]

_MARK: Final = "\x01"
_COMMAND: Final = re.compile(r"[!-~]+")


def read(text: str) -> tuple[str, str] | None:
    """The command, in upper case, and its parameters; None for a text that is none."""
    if not text.startswith(_MARK):
        return None
    command, _, said = text[1:].partition(_MARK)[0].partition(" ")
    return (command.upper(), said) if command else None


def form(command: str, text: str = "") -> str:
    """The text of a message that says it. ApplicationError for what would be read as something else."""
    if not _COMMAND.fullmatch(command) or _MARK in text:
        raise ApplicationError(f"{command!r} with {text!r} is no CTCP")
    return f"{_MARK}{command.upper()} {text}{_MARK}" if text else f"{_MARK}{command.upper()}{_MARK}"
