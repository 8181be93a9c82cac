"""Times as IRC writes them, ``2026-11-28T12:00:00.000Z``, and as Unix seconds. Pure.

IRCv3 server-time and chathistory: UTC, to the millisecond.
"""

from datetime import UTC, datetime

__all__ = ["moment", "stamp"]


def moment(text: str) -> float:
    """Unix seconds of what is written; 0.0 for what is no time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def stamp(seconds: float) -> str:
    """Unix seconds, written."""
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat(timespec='milliseconds')[:-6]}Z"
