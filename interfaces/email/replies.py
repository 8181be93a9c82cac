"""Replies as bytes (RFC 5321 §4.2, RFC 2034 and 3463 enhanced codes). Pure."""

import re

__all__ = ["ENHANCED", "reply"]

ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
LONGEST = 490
"""Octets of text in one line: 512 in all (RFC 5321 §4.5.3.1.5)."""
_UNFIT = re.compile(r"[^ -~]+")


def reply(code: int, enhanced: str, text: str) -> bytes:
    """``code enhanced text``; several lines where ``text`` has them. What is not printable ASCII becomes "?"."""
    lines = [_UNFIT.sub("?", line)[:LONGEST] for line in text.splitlines()] or [""]
    begin = [f"{code}-{enhanced} "] * (len(lines) - 1) + [f"{code} {enhanced} "]
    return "".join(f"{first}{line}\r\n" for first, line in zip(begin, lines, strict=True)).encode("ascii")


OK = reply(250, "2.0.0", "Ok")
SENDER_OK = reply(250, "2.1.0", "Ok")
RECIPIENT = (250, "2.1.5", "Ok")
RECIPIENT_OK = reply(*RECIPIENT)
GO = b"354 End data with <CR><LF>.<CR><LF>\r\n"
BYE = reply(221, "2.0.0", "Bye")
UNKNOWN = reply(500, "5.5.1", "Command not recognised")
LINE = reply(500, "5.5.2", "A command is one line that ends with CRLF")
LONG = reply(500, "5.5.2", "The line is too long")
SYNTAX = reply(501, "5.5.4", "Malformed command")
GREET = reply(503, "5.5.1", "Say EHLO first")
SEQUENCE = reply(503, "5.5.1", "Bad sequence of commands")
ERRORS = reply(421, "4.7.0", "Too many errors")
JUNK = reply(421, "4.7.0", "Too many commands without mail")
WEB = reply(421, "4.7.0", "This is no web server")
TRY = reply(252, "2.5.2", "Send some mail, and it will be tried")
RFC = reply(214, "2.0.0", "See RFC 5321")
FULL = reply(452, "4.5.3", "Too many recipients")
NEED_TLS = reply(530, "5.7.0", "Must issue a STARTTLS command first")
NEED_AUTH = reply(530, "5.7.0", "Authentication required")
AUTH_OK = reply(235, "2.7.0", "Authentication successful")
AUTH_WRONG = reply(535, "5.7.8", "Authentication credentials invalid")
AUTH_LATER = reply(454, "4.7.0", "Temporary authentication failure")
CROWDED = reply(421, "4.7.0", "Too many connections from your address")
DRAINING = reply(421, "4.3.2", "Shutting down, come back soon")
TIMEOUT = reply(421, "4.4.2", "You were silent or slow for too long")
LATE = reply(451, "4.4.5", "No answer in time, try again later")
STORAGE = reply(452, "4.3.1", "Too many messages in flight, try again later")
FIELDS = reply(554, "5.6.0", "Too many header fields")
EXPAND = reply(502, "5.5.1", "Lists are not expanded")
TLS_GO = reply(220, "2.0.0", "Ready to start TLS")
CHUNK_OK = reply(250, "2.0.0", "Ok, go on")
